"""Positive targets with a constant coefficient of variation: gamma, mean ``exp(eta)``.

With shape ``a`` the log density is ``a log a - log Gamma(a) + (a - 1) log y - a eta -
a y exp(-eta)``; under ``eta ~ N(m, v)`` the mean of ``exp(-eta)`` is ``exp(v / 2 - m)``, so all
expectations are closed forms. With ``x = log y - m`` they are written as
``a (1 + x - exp(x + v / 2))`` and ``a log a - a - log Gamma(a)``, which loses no digits at large
shapes. The start of the shape is Minka's approximation of its maximum
likelihood estimate (2002) from ``log(mean y) - mean(log y)``.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln, polygamma, psi
from scipy.stats import gamma

from skvi.likelihoods._base import Likelihood, Targets, check_option
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.special import exp

__all__ = ["Gamma"]

_LARGEST = 700.0  # exponent that is still a number
_MANY = 1e5  # shapes from which two terms of Stirling's series are enough
_HALF_LOG_2PI = 0.9189385332046727


class Gamma(Likelihood):
    """Positive targets of mean ``exp(eta)`` and variance ``mean^2 / shape``.

    Parameters
    ----------
    shape : float or None, default=None
        None learns it.
    """

    positive_only = True
    reach = 13.8
    sharpest = ("shape", 1)
    ratio = "mean ratio"

    def __init__(self, shape=None):
        self.shape = shape

    def check(self):
        """Raise an error unless the shape is positive or None."""
        if self.shape is not None:
            check_option(self, "shape", "positive, or None", lambda a: 1e-8 < a < 1e16)

    def columns(self, y, exposure=None):
        """Targets and their logarithms."""
        Targets.positive(y)
        return np.column_stack([y[:, 0], np.log(y[:, 0])])

    def statistics(self, y, weights):
        """Number of rows, sum of targets and of their logarithms."""
        return np.array([weights.sum(), weights @ y[:, 0], weights @ y[:, 1]])

    def begin(self, statistics):
        """Logarithm of the mean; the shape of all targets about one mean, at most 1e4."""
        weight, total, logs = statistics
        predictor = np.log(total / weight)
        if self.shape is not None:
            return np.array([predictor]), np.empty(0)
        gap = max(predictor - logs / weight, 1e-5)
        shape = (3.0 - gap + np.sqrt((gap - 3.0) ** 2 + 24.0 * gap)) / (12.0 * gap)
        return np.array([predictor]), np.array([np.log(min(shape, 1e4))])

    def log_density(self, y, eta, parameters):
        """Gamma log densities."""
        return self.expectations(y, eta, np.zeros(len(eta)), parameters)[0]

    def expectations(self, y, mean, variance, parameters):
        """The mean of ``exp(-eta)`` is that of a log-normal variable."""
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        a = self._shape(parameters)
        inputs = frozen(y), frozen(mean), frozen(variance)
        _expectations(*inputs, a, np.log(a), value, slope, curvature)
        value += _log_constant(a)
        return value, slope, curvature

    def parameter_slopes(self, y, mean, variance, parameters, weights):
        """Closed forms in ``log a``."""
        if not len(parameters):
            return np.empty(0), np.empty((0, 0))
        a, log_a = self._shape(parameters), parameters[0]
        log_ratio = y[:, 1] - mean
        excess = np.expm1(np.minimum(log_ratio + 0.5 * variance, _LARGEST - max(log_a, 0.0)))
        first, second = _constant_slopes(a)
        slope = a * (weights @ (first + log_ratio - excess))
        curvature = weights.sum() * second - slope
        return np.array([slope]), np.array([[curvature]])

    def conditional(self, eta, parameters):
        """Gamma distribution."""
        a = self._shape(parameters)
        return gamma(a, scale=np.exp(np.clip(eta, -_LARGEST, _LARGEST)) / a)

    def named(self, parameters):
        """The shape."""
        return {"shape": self._shape(parameters)}

    def _shape(self, parameters):
        return float(np.exp(parameters[0])) if len(parameters) else float(self.shape)


def _log_constant(a):
    """``a log a - a - log Gamma(a)``."""
    if a < _MANY:
        return a * np.log(a) - a - gammaln(a)
    return 0.5 * np.log(a) - _HALF_LOG_2PI - 1.0 / (12.0 * a)


def _constant_slopes(a):
    """``log a - psi(a)``, the derivative of that, and ``a^2`` times minus the second."""
    if a < _MANY:
        return np.log(a) - psi(a), a * (a * polygamma(1, a) - 1.0)
    return 0.5 / a + 1.0 / (12.0 * a * a), 0.5 + 1.0 / (6.0 * a)


@kernel
def _expectations(y, mean, variance, a, log_a, value, slope, curvature):
    for i in range(mean.shape[0]):
        log_ratio = y[i, 1] - mean[i]
        moved = log_ratio + 0.5 * variance[i]
        scaled = exp(min(log_a + moved, _LARGEST))
        excess = a * math.expm1(moved) if abs(moved) < 1.0 else scaled - a
        value[i] = a * log_ratio - y[i, 1] - excess
        slope[i] = excess
        curvature[i] = scaled
