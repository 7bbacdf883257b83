"""Poisson counts with the logarithm as link: ``y ~ Poisson(exp(eta))``.

Under ``eta ~ N(m, v)`` the mean of ``exp(eta)`` is ``exp(m + v / 2)``, so all expectations are
closed forms.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from skvi.likelihoods._base import Likelihood, Targets
from skvi.likelihoods.poisson_distribution import PoissonDistribution
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.special import exp

__all__ = ["Poisson"]

_LARGEST = 700.0  # exponent that is still a number


class Poisson(Likelihood):
    """Counts of mean ``exposure * exp(eta)`` and a variance equal to it.

    Targets that are no whole numbers (rates, with what they are rates of as weights) count as in
    :class:`sklearn.linear_model.PoissonRegressor`, with ``log Gamma(y + 1)`` for ``log y!``: a
    working likelihood. Predictive distributions are of counts, with no probability between them;
    their ``logpdf``, and so ``log_predictive_density``, is that of the working likelihood.
    """

    exposure = "offset"
    discrete = True
    positive_only = True
    ratio = "rate ratio"

    def columns(self, y, exposure=None):
        """Counts and ``-log y!``."""
        Targets.not_negative(y)
        return np.column_stack([y[:, 0], -gammaln(y[:, 0] + 1.0)])

    def statistics(self, y, weights):
        """Number of rows and sum of counts."""
        return np.array([weights.sum(), weights @ y[:, 0]])

    def begin(self, statistics):
        """Logarithm of the mean, half a count more on either side."""
        weight, total = statistics
        return np.array([np.log((total + 0.5) / (weight + 0.5))]), np.empty(0)

    def log_density(self, y, eta, parameters):
        """``y eta - exp(eta) - log y!``."""
        return y[:, 1] + y[:, 0] * eta - np.exp(np.minimum(eta, _LARGEST))

    def expectations(self, y, mean, variance, parameters):
        """The mean of ``exp(eta)`` is that of a log-normal variable."""
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        _expectations(frozen(y), frozen(mean), frozen(variance), value, slope, curvature)
        return value, slope, curvature

    def conditional(self, eta, parameters):
        """Poisson distribution."""
        return PoissonDistribution(eta)


@kernel
def _expectations(y, mean, variance, value, slope, curvature):
    for i in range(mean.shape[0]):
        rate = exp(min(mean[i] + 0.5 * variance[i], _LARGEST))
        value[i] = y[i, 1] + y[i, 0] * mean[i] - rate
        slope[i] = y[i, 0] - rate
        curvature[i] = rate
