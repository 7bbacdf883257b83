"""Counts with more variance than a Poisson: ``y ~ NegativeBinomial(mean exp(eta), dispersion)``.

With ``r`` the dispersion, the variance is ``mean + mean^2 / r``. Expectations need
``E softplus(eta - log r)`` alone: by the mixture of :mod:`skvi.numerics.logistic_normal`, or, far
below zero, where ``r`` multiplies its error, by the series of ``log(1 + exp(x))`` in ``exp(x)``.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln

from skvi.likelihoods._base import Likelihood, Targets, check_option
from skvi.likelihoods.negative_binomial_distribution import NegativeBinomialDistribution
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.logistic_normal import logistic_normal
from skvi.numerics.special import log_gamma_difference

__all__ = ["NegativeBinomial"]

_FAR_BELOW = -7.0


class NegativeBinomial(Likelihood):
    """Counts of mean ``exposure * exp(eta)`` and variance ``mean + mean^2 / dispersion``.

    Parameters
    ----------
    dispersion : float or None, default=None
        None learns it.
    """

    exposure = "offset"
    discrete = True
    positive_only = True
    reach = 13.8
    ratio = "rate ratio"

    def __init__(self, dispersion=None):
        self.dispersion = dispersion

    def check(self):
        """Raise an error unless the dispersion is positive or None."""
        if self.dispersion is not None:
            check_option(self, "dispersion", "positive, or None", lambda r: 1e-8 < r < 1e12)

    def columns(self, y, exposure=None):
        """Counts and ``-log y!``."""
        Targets.counts(y)
        return np.column_stack([y[:, 0], -gammaln(y[:, 0] + 1.0)])

    def begin(self, statistics):
        """Logarithm of the mean; the dispersion of the moments, at least one and at most 100."""
        weight, first, second = statistics
        mean = (first + 0.5) / (weight + 0.5)
        predictor = np.array([np.log(mean)])
        if self.dispersion is not None:
            return predictor, np.empty(0)
        Targets.not_all_zero(self, first)
        excess = max(second / weight - mean**2 - mean, 1e-2 * mean**2)
        return predictor, np.array([np.log(np.clip(mean**2 / excess, 1.0, 100.0))])

    def log_density(self, y, eta, parameters):
        """Negative binomial log probabilities."""
        r = self._dispersion(parameters)
        shifted = eta - np.log(r)
        ways = gammaln(y[:, 0] + r) - gammaln(r) + y[:, 1]
        return ways + y[:, 0] * shifted - (y[:, 0] + r) * np.logaddexp(0.0, shifted)

    def expectations(self, y, mean, variance, parameters):
        """``E softplus`` of the predictor less ``log r``."""
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        r = self._dispersion(parameters)
        _expectations(frozen(y), mean - np.log(r), frozen(variance), r, value, slope, curvature)
        return value, slope, curvature

    def conditional(self, eta, parameters):
        """Negative binomial distribution."""
        return NegativeBinomialDistribution(eta, self._dispersion(parameters))

    def named(self, parameters):
        """The dispersion."""
        return {"dispersion": self._dispersion(parameters)}

    def _dispersion(self, parameters):
        return float(np.exp(parameters[0])) if len(parameters) else float(self.dispersion)


@kernel
def _expectations(y, shifted, variance, r, value, slope, curvature):
    logistic_normal(shifted, variance, value, slope, curvature)
    for i in range(shifted.shape[0]):
        if shifted[i] + 3.0 * variance[i] < _FAR_BELOW:
            first = math.exp(shifted[i] + 0.5 * variance[i])
            second = math.exp(2.0 * (shifted[i] + variance[i]))
            third = math.exp(3.0 * (shifted[i] + 1.5 * variance[i]))
            value[i] = first - second / 2.0 + third / 3.0
            slope[i] = first - second + third
            curvature[i] = first - 2.0 * second + 3.0 * third
        total = y[i, 0] + r
        ways = log_gamma_difference(r, y[i, 0]) + y[i, 1]
        value[i] = ways + y[i, 0] * shifted[i] - total * value[i]
        slope[i] = y[i, 0] - total * slope[i]
        curvature[i] *= total
