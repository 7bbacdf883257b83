"""Likelihoods of a linear predictor, one per file."""

from __future__ import annotations

from skvi.likelihoods.bernoulli import Bernoulli
from skvi.likelihoods.categorical import Categorical
from skvi.likelihoods.exponential import Exponential
from skvi.likelihoods.gamma import Gamma
from skvi.likelihoods.heteroscedastic import Heteroscedastic
from skvi.likelihoods.negative_binomial import NegativeBinomial
from skvi.likelihoods.normal import Gaussian
from skvi.likelihoods.ordinal import Ordinal
from skvi.likelihoods.poisson import Poisson
from skvi.likelihoods.probit import Probit
from skvi.likelihoods.quantile import AsymmetricLaplace
from skvi.likelihoods.student_t import StudentT
from skvi.likelihoods.tweedie import Tweedie
from skvi.likelihoods.user import LogDensity
from skvi.likelihoods.weibull import Weibull

__all__ = [
    "AsymmetricLaplace",
    "Bernoulli",
    "Categorical",
    "Exponential",
    "Gamma",
    "Gaussian",
    "Heteroscedastic",
    "LogDensity",
    "NegativeBinomial",
    "Ordinal",
    "Poisson",
    "Probit",
    "StudentT",
    "Tweedie",
    "Weibull",
]
