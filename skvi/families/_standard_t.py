"""The Student-t distribution about zero with scale one; infinite degrees of freedom are normal."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from skvi.families._stirling import log_gamma_difference

__all__ = ["decay", "log_constant", "standard_cdf", "standard_draws", "standard_ppf"]

# Times the square root of the degrees of freedom; terms left out beyond are below 1e-15.
_FAR = 1e8


def log_constant(nu):
    """Log density at zero."""
    nu = np.asarray(nu, dtype=np.float64)
    heavy = np.where(np.isinf(nu), 1.0, nu)
    constant = log_gamma_difference(0.5 * heavy, 0.5) - 0.5 * np.log(np.pi * heavy)
    return np.where(np.isinf(nu), -0.5 * np.log(2.0 * np.pi), constant)


def decay(nu, z):
    """Fall of the log density from zero to ``z``."""
    nu = np.asarray(nu, dtype=np.float64)
    with np.errstate(over="ignore"):
        square = z * z
    if np.all(np.isinf(nu)):
        return 0.5 * square
    heavy = np.where(np.isinf(nu), 1.0, nu)
    with np.errstate(over="ignore"):
        ratio = square / heavy
    decay = 0.5 * (heavy + 1.0) * _log_one_plus(ratio, z, heavy)
    return np.where(np.isinf(nu), 0.5 * square, decay)


def _log_one_plus(ratio, z, nu):
    """``log(1 + z^2 / nu)``, also where the square of ``z`` is no number."""
    logarithm = np.log1p(ratio)
    if np.all(np.isfinite(logarithm)):
        return logarithm
    with np.errstate(divide="ignore"):
        return np.where(np.isinf(logarithm), 2.0 * np.log(np.abs(z)) - np.log(nu), logarithm)


def standard_cdf(nu, z):
    """Probabilities of values up to ``z``."""
    nu = np.asarray(nu, dtype=np.float64)
    if np.all(np.isinf(nu)):
        return ndtr(z)
    heavy = _heavy_cdf(np.where(np.isinf(nu), 1.0, nu), z)
    return np.where(np.isinf(nu), ndtr(z), heavy) if np.any(np.isinf(nu)) else heavy


def standard_ppf(nu, level):
    """Standard quantiles, one call per distinct number of degrees of freedom."""
    nu = np.asarray(nu, dtype=np.float64)
    if np.all(nu == nu.flat[0]):
        nu = nu[:1, :1]
    heavy = _heavy_ppf(np.where(np.isinf(nu), 1.0, nu), level)
    return np.where(np.isinf(nu), ndtri(level), heavy)


def _heavy_cdf(nu, z):
    probability = stdtr(nu, z)
    far = np.abs(z) > _FAR * np.sqrt(nu)
    if not np.any(far):
        return probability
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        tail = np.exp(_log_power(nu) - nu * np.log(np.abs(z)))
    return np.where(far, np.where(z < 0.0, tail, 1.0 - tail), probability)


def _heavy_ppf(nu, level):
    quantile = stdtrit(nu, level)
    if np.all(np.abs(quantile) < _FAR * np.sqrt(nu)):
        return quantile
    tail = np.minimum(level, 1.0 - level)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        power = np.exp((_log_power(nu) - np.log(tail)) / nu)
    far = (power > _FAR * np.sqrt(nu)) | ~np.isfinite(quantile)
    return np.where(far, np.where(level < 0.5, -power, power), quantile)


def _log_power(nu):
    """Logarithm of ``c``: far out, where scipy has no digits, a tail is ``c z^-nu``."""
    return log_constant(nu) + 0.5 * (nu - 1.0) * np.log(nu)


def standard_draws(nu, rng):
    """One draw for every number of degrees of freedom."""
    normal = rng.standard_normal(nu.shape)
    heavy = np.where(np.isinf(nu), 1.0, nu)
    mixing = rng.standard_gamma(0.5 * heavy) / (0.5 * heavy)
    return np.where(np.isinf(nu), normal, normal / np.sqrt(mixing))
