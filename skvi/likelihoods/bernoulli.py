"""Bernoulli and binomial targets with the logistic function as link.

``E softplus(eta)`` under a normal comes from the mixture of :mod:`skvi.numerics.logistic_normal`,
right at any variance: no bound on the likelihood is taken.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, gammaln
from scipy.stats import binom

from skvi.likelihoods._base import Likelihood, LikelihoodError, Targets
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.logistic_normal import logistic_normal

__all__ = ["Bernoulli", "binomial_columns", "whole_trials"]

_MOST_TRIALS = 2.0**53


class Bernoulli(Likelihood):
    """Successes among trials (one trial a row, unless an exposure counts more) with log odds eta.

    ``y ~ Binomial(trials, sigmoid(eta))``.
    """

    exposure = "trials"
    discrete = True
    positive_only = True
    ratio = "odds ratio"

    def columns(self, y, exposure=None):
        """Successes, trials and the logarithm of the binomial coefficient."""
        return binomial_columns(y, exposure)

    def statistics(self, y, weights):
        """Successes and trials."""
        return np.array([weights @ y[:, 0], weights @ y[:, 1]])

    def begin(self, statistics):
        """Log odds of all successes, half of one more on either side."""
        successes, trials = statistics
        return np.array([np.log((successes + 0.5) / (trials - successes + 0.5))]), np.empty(0)

    def log_density(self, y, eta, parameters):
        """``log C(n, y) + y eta - n log(1 + exp(eta))``."""
        return y[:, 2] + y[:, 0] * eta - y[:, 1] * np.logaddexp(0.0, eta)

    def expectations(self, y, mean, variance, parameters):
        """The mean alone enters ``y eta``; the rest is ``E softplus``."""
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        _expectations(frozen(y), frozen(mean), frozen(variance), value, slope, curvature)
        return value, slope, curvature

    def conditional(self, eta, parameters, trials=1):
        """Binomial distribution."""
        return binom(whole_trials(trials), expit(eta))


def binomial_columns(y, exposure):
    """Successes, trials and log binomial coefficients; raises an error where they do not fit."""
    successes = y[:, 0]
    trials = np.ones(len(y)) if exposure is None else exposure
    Targets.counts(trials, "exposure")
    Targets.counts(successes)
    beyond = successes > trials
    if np.any(beyond):
        raise LikelihoodError(
            f"y holds {successes[beyond][0]:g} successes in {trials[beyond][0]:g} trials; expected "
            "at most as many as trials: give numbers of trials as exposure."
        )
    ways = gammaln(trials + 1.0) - gammaln(successes + 1.0) - gammaln(trials - successes + 1.0)
    return np.column_stack([successes, trials, ways])


def whole_trials(trials):
    """Numbers of trials as integers; raises an error where they are none."""
    trials = np.asarray(trials, dtype=np.float64)
    Targets.counts(trials, "exposure")
    if np.any(trials > _MOST_TRIALS):
        raise LikelihoodError(
            f"exposure holds {trials.max():g} trials; expected at most {_MOST_TRIALS:g}."
        )
    return trials.astype(np.int64)


@kernel
def _expectations(y, mean, variance, value, slope, curvature):
    logistic_normal(mean, variance, value, slope, curvature)
    for i in range(mean.shape[0]):
        successes, trials = y[i, 0], y[i, 1]
        value[i] = y[i, 2] + successes * mean[i] - trials * value[i]
        slope[i] = successes - trials * slope[i]
        curvature[i] *= trials
