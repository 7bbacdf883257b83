"""Times to an event, some of them censored on the right: accelerated Weibull lifetimes.

A time exceeds ``t`` with probability ``exp(-(t exp(-eta))^k)``. With ``d`` one where the event was
seen and zero where the time is only exceeded, and ``r = log t - eta``, a row contributes
``d (log k - log t + k r) - exp(k r)``; under ``eta ~ N(m, v)`` the last term has the expectation
``exp(k (log t - m) + k^2 v / 2)``, so all expectations are closed forms (Kalbfleisch and Prentice,
The Statistical Analysis of Failure Time Data, section 3.6).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln
from scipy.stats import weibull_min

from skvi.likelihoods._base import Likelihood, LikelihoodError, Targets, check_option
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.special import exp

__all__ = ["Weibull", "survival_columns", "weibull_expectations"]

_LARGEST = 650.0  # exponent that leaves room for factors of the shape squared
_SPREAD = np.pi / np.sqrt(6.0)  # standard deviation of the logarithm of a time of shape one


class Weibull(Likelihood):
    """Times of Weibull distribution with scale ``exp(eta)``, some of them only exceeded.

    Targets are times, or pairs of a time and one (event seen) or zero (censored then).

    Parameters
    ----------
    shape : float or None, default=None
        Power of time in the cumulative hazard: above one the hazard grows. None learns it.
    """

    positive_only = True
    reach = 6.9
    sharpest = ("shape", 1)
    ratio = "time ratio"
    n_target_columns = 2

    def __init__(self, shape=None):
        self.shape = shape

    def check(self):
        """Raise an error unless the shape is positive or None."""
        if self.shape is not None:
            check_option(self, "shape", "positive, or None", lambda k: 1e-6 < k < 1e6)

    def columns(self, y, exposure=None):
        """Times, events and the logarithms of times."""
        return survival_columns(y)

    def statistics(self, y, weights):
        """Number of rows, events, and sums of times, their logarithms and squares of these."""
        time, event, log_time = y.T
        logs = [weights @ log_time, weights @ log_time**2]
        return np.array([weights.sum(), weights @ event, weights @ time, *logs])

    def begin(self, statistics):
        """Scale of the mean time per event; the shape of the spread of log times."""
        weight, events, time, logs, squares = statistics
        shape = self.shape
        if shape is None:
            variance = max(squares / weight - (logs / weight) ** 2, 0.0)
            shape = np.clip(_SPREAD / np.sqrt(variance + 1e-6), 0.2, 20.0)
        mean = time / (events if events > 0.0 else 0.5)
        predictor = np.array([np.log(mean) - gammaln(1.0 + 1.0 / shape)])
        return predictor, np.empty(0) if self.shape is not None else np.array([np.log(shape)])

    def log_density(self, y, eta, parameters):
        """Log densities of times seen, log probabilities to exceed those censored."""
        k = self._shape(parameters)
        scaled = k * (y[:, 2] - eta)
        return y[:, 1] * (np.log(k) - y[:, 2] + scaled) - np.exp(np.minimum(scaled, _LARGEST))

    def expectations(self, y, mean, variance, parameters):
        """The cumulative hazard has a log-normal distribution."""
        return weibull_expectations(y, mean, variance, self._shape(parameters))

    def parameter_slopes(self, y, mean, variance, parameters, weights):
        """Closed forms in ``log k``."""
        if not len(parameters):
            return np.empty(0), np.empty((0, 0))
        k = self._shape(parameters)
        scaled, spread = k * (y[:, 2] - mean), k * k * variance
        hazard = weights * np.exp(np.minimum(scaled + 0.5 * spread, _LARGEST))
        moved = scaled + spread
        events = weights * y[:, 1]
        slope = events.sum() + events @ scaled - hazard @ moved
        curvature = hazard @ (moved**2 + moved + spread) - events @ scaled
        return np.array([slope]), np.array([[curvature]])

    def conditional(self, eta, parameters):
        """Weibull distribution of the time itself, never censored."""
        scale = np.exp(np.clip(eta, -_LARGEST, _LARGEST))
        return weibull_min(self._shape(parameters), scale=scale)

    def named(self, parameters):
        """The shape."""
        return {"shape": self._shape(parameters)}

    def _shape(self, parameters):
        return float(np.exp(parameters[0])) if len(parameters) else float(self.shape)


def survival_columns(y):
    """Times, events and log times; raises an error where they are none."""
    time = y[:, 0]
    Targets.positive(time)
    event = y[:, 1] if y.shape[1] > 1 else np.ones(len(y))
    bad = (event != 0.0) & (event != 1.0)
    if np.any(bad):
        raise LikelihoodError(
            f"the second column of y holds {event[bad][0]:g}; expected 1 (event seen) or 0 "
            "(censored)."
        )
    return np.column_stack([time, event, np.log(time)])


def weibull_expectations(y, mean, variance, shape):
    """Expected log density of each row, its slope and its curvature."""
    value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
    inputs = frozen(y), frozen(mean), frozen(variance)
    _expectations(*inputs, shape, np.log(shape), value, slope, curvature)
    return value, slope, curvature


@kernel
def _expectations(y, mean, variance, k, log_k, value, slope, curvature):
    for i in range(mean.shape[0]):
        scaled = k * (y[i, 2] - mean[i])
        hazard = exp(min(scaled + 0.5 * k * k * variance[i], _LARGEST))
        value[i] = y[i, 1] * (log_k - y[i, 2] + scaled) - hazard
        slope[i] = k * (hazard - y[i, 1])
        curvature[i] = k * k * hazard
