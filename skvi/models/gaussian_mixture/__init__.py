"""Gaussian mixtures."""

from __future__ import annotations

from skvi.models.gaussian_mixture.model import (
    GaussianMixtureModel,
    MixturePosterior,
    MixturePrior,
)
from skvi.models.gaussian_mixture.parameters import PointValues, published
from skvi.models.gaussian_mixture.predictive import (
    log_predictive_density,
    log_probabilities,
    sample,
)
from skvi.models.gaussian_mixture.start import subsample

__all__ = [
    "GaussianMixtureModel",
    "MixturePosterior",
    "MixturePrior",
    "PointValues",
    "log_predictive_density",
    "log_probabilities",
    "published",
    "sample",
    "subsample",
]
