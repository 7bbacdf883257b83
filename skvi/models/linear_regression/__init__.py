"""Linear regression with Gaussian noise: exact and mean-field posteriors from one factorisation."""

from __future__ import annotations

from skvi.models.linear_regression.draws import Draws, noise_moments, prior_precision, sample
from skvi.models.linear_regression.marginals import (
    coefficients,
    covariance,
    intercept,
    predictive,
)
from skvi.models.linear_regression.mean_field import expanded
from skvi.models.linear_regression.model import LinearRegressionModel
from skvi.models.linear_regression.posterior import Posterior

__all__ = [
    "Draws",
    "LinearRegressionModel",
    "Posterior",
    "coefficients",
    "covariance",
    "expanded",
    "intercept",
    "noise_moments",
    "predictive",
    "prior_precision",
    "sample",
]
