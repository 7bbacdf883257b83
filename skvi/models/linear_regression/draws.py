"""Moments of the scales, and joint draws of weights, intercept and noise."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from skvi.models.linear_regression.basis import outside
from skvi.models.linear_regression.prior import INTERCEPT_PRECISION
from skvi.models.linear_regression.unseen import is_faint

__all__ = ["Draws", "ScaleMoments", "noise_moments", "prior_precision", "sample"]


class ScaleMoments(NamedTuple):
    """Posterior moments of the noise.

    Attributes
    ----------
    precision : float
        Mean of ``1 / sigma^2``.
    variance : float
        Mean of ``sigma^2``; inf where it does not exist.
    mean, sd : float
        Of ``sigma``.
    """

    precision: float
    variance: float
    mean: float
    sd: float


class Draws(NamedTuple):
    """Joint draws from the posterior of one target.

    Attributes
    ----------
    coef : ndarray of shape (n_samples, n_features)
    intercept : ndarray of shape (n_samples,)
        Zero without an intercept.
    sigma : ndarray of shape (n_samples,)
    """

    coef: np.ndarray
    intercept: np.ndarray
    sigma: np.ndarray


def noise_moments(posterior, target=0):
    """Moments of the noise of one target.

    Parameters
    ----------
    posterior : Posterior
        Expanded.
    target : int, default=0

    Returns
    -------
    ScaleMoments
    """
    weight, scale2 = posterior.weight[target], posterior.noise_variance[target]
    half = 0.5 * posterior.degrees_of_freedom[target]
    unit = posterior.spectrum.y_scale[target]
    square = weight @ (scale2 * _power_moment(half, 1.0))
    mean = weight @ (np.sqrt(scale2) * _power_moment(half, 0.5))
    sd = np.sqrt(max(square - mean**2, 0.0)) if np.isfinite(square) else np.inf
    with np.errstate(over="ignore"):  # in the units of the target a moment may be no number: inf
        precision = weight @ (1.0 / scale2) / unit / unit
        moments = precision, square * unit * unit, mean * unit, sd * unit
    return ScaleMoments(*(float(moment) for moment in moments))


def prior_precision(posterior, target=0):
    """Posterior mean of ``alpha`` (relative to the noise), in the units of the columns."""
    mean = float(posterior.weight[target] @ posterior.precision[target])
    return mean * posterior.spectrum.x_scale**2


def sample(posterior, n_samples, rng, target=0):
    """Joint draws of weights, intercept and noise of one target.

    Parameters
    ----------
    posterior : Posterior
        Expanded.
    n_samples : int
    rng : RandomState
    target : int, default=0

    Returns
    -------
    Draws
    """
    spectrum, unit = posterior.spectrum, posterior.spectrum.y_scale[target]
    weight = posterior.weight[target]
    node = rng.choice(weight.shape[0], size=n_samples, p=weight / weight.sum())
    mixing = _mixing(posterior.degrees_of_freedom[target, node], rng)
    spread = np.sqrt(posterior.coefficient_variance[target, node] / mixing)
    coef = spectrum.prior_mean + unit * _coefficient_draws(posterior, target, node, spread, rng)
    intercept = np.zeros(n_samples)
    if posterior.fit_intercept:
        sd = spread / np.sqrt(spectrum.weight + INTERCEPT_PRECISION)
        centred = spectrum.y_mean[target] + unit * sd * rng.standard_normal(n_samples)
        intercept = centred - coef @ spectrum.x_mean
    sigma = unit * np.sqrt(posterior.noise_variance[target, node] / mixing)
    return Draws(coef, intercept, sigma)


def _coefficient_draws(posterior, target, node, spread, rng):
    spectrum = posterior.spectrum
    locations = posterior.locations(target).T[node]
    root = np.sqrt(posterior.inverse_precisions(target)).T[node]
    if spectrum.n_null:
        noise = rng.standard_normal((node.shape[0], spectrum.n_features))
        seen = spectrum.basis.project(noise)
        unseen = (spread / np.sqrt(posterior.precision[target, node]))[:, None]
        coordinates = locations + spread[:, None] * root * seen
        if is_faint(posterior, target):
            noise = outside(spectrum.basis, noise)
        else:
            coordinates = coordinates - unseen * seen
        vectors = spectrum.basis.expand(coordinates.T).T + unseen * noise
    else:
        seen = rng.standard_normal(locations.shape)
        vectors = spectrum.basis.expand((locations + spread[:, None] * root * seen).T).T
    transform = spectrum.transform
    return vectors * transform if transform.ndim == 1 else vectors @ transform.T


def _mixing(degrees_of_freedom, rng):
    half = np.where(np.isinf(degrees_of_freedom), 1.0, 0.5 * degrees_of_freedom)
    draws = rng.standard_gamma(half) / half
    return np.where(np.isinf(degrees_of_freedom), 1.0, draws)


def _power_moment(half, power):
    """``E t**-power`` of a Gamma(half, half) variable; inf where it does not exist."""
    exists = half > power
    finite = np.where(np.isinf(half) | ~exists, power + 1.0, half)
    log_moment = gammaln(finite - power) - gammaln(finite) + power * np.log(finite)
    moment = np.where(np.isinf(half), 1.0, np.exp(log_moment))
    return np.where(exists, moment, np.inf)
