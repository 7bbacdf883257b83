"""Instances of every likelihood, with hyper-parameters and targets drawn from it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln

from skvi import likelihoods


class LikelihoodCase(NamedTuple):
    """A likelihood and what it takes to draw targets.

    ``parameters`` are its free hyper-parameters; ``location`` is a typical value of each predictor.
    """

    likelihood: Any
    parameters: np.ndarray = np.empty(0)
    location: Any = 0.0


def logistic_log_density(y, eta, scale):
    z = (y - eta) / scale
    return -z - np.log(scale) - 2.0 * np.logaddexp(0.0, -z)


def logistic_mean(eta, scale):
    return eta


def logistic_rvs(eta, rng, scale):
    return rng.logistic(eta, scale)


def truncated_log_mass(y, eta):
    rate = np.exp(eta)
    return y * eta - rate - gammaln(y + 1.0) - np.log(-np.expm1(-rate))


LIKELIHOODS = {
    "Bernoulli": {"default": LikelihoodCase(likelihoods.Bernoulli())},
    "NegativeBinomial": {
        "learned": LikelihoodCase(likelihoods.NegativeBinomial(), np.log([2.0]), 1.0),
        "given": LikelihoodCase(likelihoods.NegativeBinomial(3.0), location=1.0),
    },
    "Categorical": {
        "three": LikelihoodCase(likelihoods.Categorical(3), location=np.zeros(2)),
        "two": LikelihoodCase(likelihoods.Categorical(2)),
    },
    "LogDensity": {
        "logistic": LikelihoodCase(
            likelihoods.LogDensity(
                logistic_log_density,
                parameters={"scale": 1.0},
                mean=logistic_mean,
                rvs=logistic_rvs,
            ),
            np.log([0.5]),
        ),
        "counts": LikelihoodCase(
            likelihoods.LogDensity(truncated_log_mass, discrete=True, support=(1, np.inf)),
            location=0.5,
        ),
    },
    "Ordinal": {"default": LikelihoodCase(likelihoods.Ordinal(4), np.array([-1.0, 0.0, 0.3]))},
    "Exponential": {"default": LikelihoodCase(likelihoods.Exponential(), location=0.5)},
    "Gamma": {
        "learned": LikelihoodCase(likelihoods.Gamma(), np.log([3.0]), 0.5),
        "given": LikelihoodCase(likelihoods.Gamma(0.7), location=0.5),
    },
    "Poisson": {"default": LikelihoodCase(likelihoods.Poisson(), location=1.0)},
    "Tweedie": {
        "learned": LikelihoodCase(likelihoods.Tweedie(), np.log([0.8]), 0.5),
        "given": LikelihoodCase(likelihoods.Tweedie(1.2, 1.5), location=0.5),
    },
    "Weibull": {
        "learned": LikelihoodCase(likelihoods.Weibull(), np.log([1.6]), 0.5),
        "given": LikelihoodCase(likelihoods.Weibull(0.8), location=0.5),
    },
    "AsymmetricLaplace": {
        "median": LikelihoodCase(likelihoods.AsymmetricLaplace(), np.log([0.4])),
        "upper": LikelihoodCase(likelihoods.AsymmetricLaplace(0.8, scale=0.3)),
    },
    "Gaussian": {
        "learned": LikelihoodCase(likelihoods.Gaussian(), np.log([0.5])),
        "given": LikelihoodCase(likelihoods.Gaussian(0.7)),
    },
    "Heteroscedastic": {
        "default": LikelihoodCase(likelihoods.Heteroscedastic(), location=np.array([0.0, -1.0]))
    },
    "Probit": {"default": LikelihoodCase(likelihoods.Probit())},
    "StudentT": {
        "learned": LikelihoodCase(likelihoods.StudentT(), np.array([-1.0, -1.0])),
        "df given": LikelihoodCase(likelihoods.StudentT(df=4.0), np.log([0.5])),
        "given": LikelihoodCase(likelihoods.StudentT(df=3.0, scale=0.4)),
    },
}
