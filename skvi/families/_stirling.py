"""Log-gamma arithmetic that does not cancel for huge arguments.

Everything rests on Binet's function ``mu``, the remainder of Stirling's formula,

    log Gamma(a) = (a - 1/2) log a - a + log(2 pi)/2 + mu(a),

which is small, decreasing and convex. Divergences, entropies and densities of the gamma,
Dirichlet and Wishart families are sums of ``ratio_excess`` terms and of ``mu``: all large parts
have been taken out by hand.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

__all__ = [
    "HALF_LOG_TWO_PI",
    "binet",
    "binet_slope",
    "digamma_difference",
    "gamma_entropy",
    "log_gamma_difference",
    "ratio_excess",
    "same_mean_divergence",
]

HALF_LOG_TWO_PI = 0.5 * np.log(2.0 * np.pi)

# Coefficients of mu in odd powers of 1/a, from 1/a on.
_SERIES = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156)
_SLOPE_SERIES = tuple(-(2 * k + 1) * coefficient for k, coefficient in enumerate(_SERIES))
_SERIES_FROM = 10.0

# x - log(1 + x) = x^2 times these powers of x.
_EXCESS_SERIES = (1 / 2, -1 / 3, 1 / 4, -1 / 5, 1 / 6)


def _horner(coefficients, x):
    total = coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        total = total * x + coefficient
    return total


def _by_size(a, direct, series):
    """``direct(a)`` for small ``a`` and ``series(a)`` for large, each computed only if needed."""
    a = np.asarray(a, dtype=np.float64)
    small = a < _SERIES_FROM
    if small.all():
        return direct(a)
    if not small.any():
        return series(a)
    below, above = np.minimum(a, _SERIES_FROM), np.maximum(a, _SERIES_FROM)
    return np.where(small, direct(below), series(above))


def binet(a):
    """Stirling's remainder ``mu(a)``; absolute error below 1e-14."""
    return _by_size(a, _binet_direct, _binet_series)


def _binet_direct(a):
    return gammaln(a) - (a - 0.5) * np.log(a) + a - HALF_LOG_TWO_PI


def _binet_series(a):
    return _horner(_SERIES, 1.0 / (a * a)) / a


def binet_slope(a):
    """Slope ``mu'(a) = digamma(a) - log(a) + 1/(2a)``."""
    return _by_size(a, _slope_direct, _slope_series)


def _slope_direct(a):
    return digamma(a) - np.log(a) + 0.5 / a


def _slope_series(a):
    inverse_square = 1.0 / (a * a)
    return _horner(_SLOPE_SERIES, inverse_square) * inverse_square


def ratio_excess(numerator, denominator):
    """``r - 1 - log(r)`` for ``r = numerator / denominator > 0``: zero at one, never negative."""
    offset = np.asarray((numerator - denominator) / denominator)
    size = np.abs(offset)
    near = np.where(size < 0.5, offset, 0.0)
    excess = near - np.log1p(near)
    tiny = size < 1e-3
    if tiny.any():
        excess = np.where(tiny, near * near * _horner(_EXCESS_SERIES, near), excess)
    if size.max(initial=0.0) >= 0.5:
        far = offset - (np.log(numerator) - np.log(denominator))
        excess = np.where(size < 0.5, excess, far)
    return excess


def same_mean_divergence(a, b):
    """KL divergence from a gamma of shape ``b`` to one of shape ``a`` with the same mean.

    This is ``f(b) - f(a) - (b - a) f'(a)`` with ``f(a) = log Gamma(a) - a log(a) + a``. It is what
    is left of every gamma-like divergence ``KL(a || b)`` once the means are accounted for.
    """
    remainder = binet(b) - binet(a) - (b - a) * binet_slope(a)
    return 0.5 * ratio_excess(b, a) + np.maximum(remainder, 0.0)


def gamma_entropy(shape):
    """Entropy of a gamma variable of rate one."""
    slope = (shape - 1.0) * binet_slope(shape)
    return 0.5 * np.log(shape) + HALF_LOG_TWO_PI + 0.5 - 0.5 / shape + binet(shape) - slope


def log_gamma_difference(a, n):
    """``log Gamma(a + n) - log Gamma(a)`` for ``a > 0`` and ``a + n > 0``."""
    a, n = np.asarray(a, dtype=np.float64), np.asarray(n, dtype=np.float64)
    use_stirling = (a >= _SERIES_FROM) & (a + n >= 0.5 * _SERIES_FROM)
    large, step = np.maximum(a, _SERIES_FROM), np.where(use_stirling, n, 0.0)
    shifted = large + step
    stirling = (shifted - 0.5) * np.log1p(step / large) + step * (np.log(large) - 1.0)
    stirling = stirling + binet(shifted) - binet(large)
    return np.where(use_stirling, stirling, gammaln(a + n) - gammaln(a))


def digamma_difference(a, n):
    """``digamma(a + n) - digamma(a)`` for ``a > 0`` and ``n >= 0``."""
    total = a + n
    remainder = binet_slope(total) - binet_slope(a)
    return np.log1p(n / a) + 0.5 * (n / a) / total + remainder
