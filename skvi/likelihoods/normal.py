"""Normal targets: ``y ~ N(eta, scale^2)``.

Under ``eta ~ N(m, v)`` the expected log density is that at the mean less ``v / (2 scale^2)``. What
likelihoods with a scale share is here as well: its range, and its place among the
hyper-parameters, the first.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from skvi.likelihoods._base import Likelihood, check_option

__all__ = ["Gaussian", "check_scale", "scale_of", "spread"]

_HALF_LOG_2PI = 0.9189385332046727
SCALE_REACH = 6.9
"""Noise down to a thousandth of the spread of the target."""

_LARGEST_LOG = 300.0  # scales whose squares are numbers
_SMALLEST_SHARE = 1e-12  # of the mean square: a variance below is rounding


class Gaussian(Likelihood):
    """Targets with normal noise about the predictor.

    Parameters
    ----------
    scale : float or None, default=None
        Standard deviation of the noise; None learns it.
    """

    in_units_of_target = True
    reach = SCALE_REACH
    sharpest = ("scale", -1)

    def __init__(self, scale=None):
        self.scale = scale

    def check(self):
        """Raise an error unless the scale is positive or None."""
        check_scale(self)

    def begin(self, statistics):
        """Mean and standard deviation of the targets."""
        mean, deviation = spread(statistics)
        free = np.log([deviation]) if self.scale is None else np.empty(0)
        return np.array([mean]), free

    def log_density(self, y, eta, parameters):
        """Normal log density."""
        scale = scale_of(self, parameters)
        return -_HALF_LOG_2PI - np.log(scale) - 0.5 * ((y[:, 0] - eta) / scale) ** 2

    def expectations(self, y, mean, variance, parameters):
        """The log density is a parabola in the predictor."""
        scale = scale_of(self, parameters)
        residual = (y[:, 0] - mean) / scale
        value = -0.5 * (residual**2 + variance / scale**2) - (_HALF_LOG_2PI + np.log(scale))
        return value, residual / scale, np.full(len(mean), scale**-2.0)

    def log_marginal(self, y, mean, variance, parameters):
        """Normal, variances added."""
        total = variance + scale_of(self, parameters) ** 2
        return -_HALF_LOG_2PI - 0.5 * (np.log(total) + (y[:, 0] - mean) ** 2 / total)

    def parameter_slopes(self, y, mean, variance, parameters, weights):
        """Those of ``-log scale - E r^2 / (2 scale^2)``."""
        scale, n_free = scale_of(self, parameters), len(parameters)
        square = (((y[:, 0] - mean) / scale) ** 2 + variance / scale**2) @ weights
        slope, curvature = square - weights.sum(), 2.0 * square
        return np.full(n_free, slope), np.full((n_free, n_free), curvature)

    def conditional(self, eta, parameters):
        """Normal distribution."""
        return norm(eta, scale_of(self, parameters))

    def named(self, parameters):
        """The scale."""
        return {"scale": scale_of(self, parameters)}


def check_scale(likelihood):
    """Raise an error unless the argument ``scale`` is positive or None."""
    if likelihood.scale is not None:
        check_option(likelihood, "scale", "positive, or None", lambda s: 1e-100 < s < 1e100)


def scale_of(likelihood, parameters):
    """Scale of a likelihood: the first hyper-parameter is its logarithm where it is learned."""
    if likelihood.scale is not None:
        return float(likelihood.scale)
    return float(np.exp(np.clip(parameters[0], -_LARGEST_LOG, _LARGEST_LOG)))


def spread(statistics):
    """Mean and standard deviation of targets, the latter positive even where they are equal."""
    weight, first, second = statistics
    mean, square = first / weight, second / weight
    variance = max(square - mean**2, _SMALLEST_SHARE * square)
    return mean, np.sqrt(variance) if variance > 0.0 else 1.0
