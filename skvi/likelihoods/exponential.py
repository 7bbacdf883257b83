"""Times to an event at a constant rate, some of them censored on the right.

A time exceeds ``t`` with probability ``exp(-t exp(-eta))``: the Weibull distribution of
:mod:`skvi.likelihoods.weibull` with shape one. Without censoring this is also the gamma
distribution of shape one.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import expon

from skvi.likelihoods._base import Likelihood
from skvi.likelihoods.weibull import survival_columns, weibull_expectations

__all__ = ["Exponential"]

_LARGEST = 650.0  # exponent that is still a number


class Exponential(Likelihood):
    """Times of exponential distribution with mean ``exp(eta)``, some of them only exceeded.

    Targets are times, or pairs of a time and one (event seen) or zero (censored then).
    """

    positive_only = True
    ratio = "time ratio"
    n_target_columns = 2

    def columns(self, y, exposure=None):
        """Times, events and the logarithms of times."""
        return survival_columns(y)

    def statistics(self, y, weights):
        """Events and sum of times."""
        return np.array([weights @ y[:, 1], weights @ y[:, 0]])

    def begin(self, statistics):
        """Logarithm of the time per event."""
        events, time = statistics
        return np.array([np.log(time / (events if events > 0.0 else 0.5))]), np.empty(0)

    def log_density(self, y, eta, parameters):
        """Log densities of times seen, log probabilities to exceed those censored."""
        return -y[:, 1] * eta - np.exp(np.minimum(y[:, 2] - eta, _LARGEST))

    def expectations(self, y, mean, variance, parameters):
        """The cumulative hazard has a log-normal distribution."""
        return weibull_expectations(y, mean, variance, 1.0)

    def conditional(self, eta, parameters):
        """Exponential distribution of the time itself, never censored."""
        return expon(scale=np.exp(np.clip(eta, -_LARGEST, _LARGEST)))
