"""The factor of a learned prior precision: ``q(alpha)`` given the squares of the weights.

With ``u = log alpha`` the optimal factor is ``exp(n/2 u - s/2 exp(u))`` times the logistic prior of
:mod:`skvi.priors.ridge`: one bump, integrated by the trapezoidal rule.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from skvi.numerics.jit import kernel

__all__ = ["Scale", "precision_variance", "scale_factor"]

_NEGLIGIBLE = -40.0
_STEP = 1e-3


class Scale(NamedTuple):
    """Moments of the factor, and its divergence from the prior.

    Attributes
    ----------
    precision, log_precision, variance : float
        Means of alpha, of its logarithm and of its inverse.
    divergence : float
    """

    precision: float
    log_precision: float
    divergence: float
    variance: float = 1.0


def scale_factor(n_weights, squares, location):
    """Factor of the prior precision.

    Parameters
    ----------
    n_weights : int
        Number of weights it governs.
    squares : float
        Expected sum of their squares, each in the unit in which the precision is one number.
    location : float
        Centre of the prior of its logarithm.

    Returns
    -------
    Scale
    """
    return Scale(*_moments(0.5 * n_weights, 0.5 * squares, float(location)))


def precision_variance(n_weights, squares, location):
    """Variance of the prior precision under its factor, in units of the square of its mean.

    Parameters
    ----------
    n_weights, squares, location
        As :func:`scale_factor` takes them.

    Returns
    -------
    float
    """
    steps = squares * (1.0 - _STEP), squares * (1.0 + _STEP)
    less, more = (scale_factor(n_weights, step, location).precision for step in steps)
    mean = 0.5 * (less + more)
    return (less / mean - more / mean) / (_STEP * squares * mean)


@kernel
def _log_likelihood(u, half_count, half_squares):
    return half_count * u - half_squares * math.exp(u)


@kernel
def _log_prior(u, location):
    distance = abs(u - location)
    return -distance - 2.0 * math.log1p(math.exp(-distance))


@kernel
def _mode(half_count, half_squares, location):
    u = math.log(half_count / half_squares)
    for _ in range(100):
        slope = half_count - half_squares * math.exp(u) - math.tanh(0.5 * (u - location))
        curvature = half_squares * math.exp(u) + 0.5 / math.cosh(0.5 * (u - location)) ** 2
        step = min(max(slope / curvature, -1.0), 1.0)
        u += step
        if abs(step) < 1e-6:
            break
    return u, min(1.0 / math.sqrt(curvature), 1.0)  # two weights: almost level for long


@kernel
def _moments(half_count, half_squares, location):
    mode, sd = _mode(half_count, half_squares, location)
    top = _log_likelihood(mode, half_count, half_squares) + _log_prior(mode, location)
    total, precision, log_precision, likelihood, variance = 0.0, 0.0, 0.0, 0.0, 0.0
    for direction in range(2):
        step = 0.25 * sd if direction else -0.25 * sd
        u = mode + direction * step
        while True:
            inner = _log_likelihood(u, half_count, half_squares)
            height = inner + _log_prior(u, location) - top
            if not height >= _NEGLIGIBLE:
                break
            weight = math.exp(height)
            total += weight
            precision += weight * math.exp(u - mode)
            variance += weight * math.exp(mode - u)
            log_precision += weight * u
            likelihood += weight * inner
            u += step
    log_normalizer = math.log(total * 0.25 * sd) + top
    mean = precision / total * math.exp(mode)
    inverse = variance / total * math.exp(-mode)
    return mean, log_precision / total, likelihood / total - log_normalizer, inverse
