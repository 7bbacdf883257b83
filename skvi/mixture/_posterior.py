"""The named factors that a fitted Gaussian mixture shows as ``posterior_``."""

from __future__ import annotations

from functools import partial

import numpy as np

from skvi.models.gaussian_mixture import factors, parameters
from skvi.posterior import Factor, PosteriorFactors

__all__ = ["mixture_factors"]


def mixture_factors(posterior, covariance_type):
    """Factors ``weights``, ``means`` and ``precisions`` of a mixture posterior."""
    weights, components = posterior.weights, posterior.components
    values = parameters.published(posterior, covariance_type)
    covariance = partial(factors.mean_covariance, components, covariance_type)
    return PosteriorFactors(
        weights=Factor(
            partial(getattr, values, "weights"),
            partial(_weight_sd, weights),
            partial(_weight_covariance, weights),
            partial(factors.draw_weights, weights),
        ),
        means=Factor(
            partial(getattr, values, "means"),
            partial(_mean_sd, covariance),
            covariance,
            partial(_draws, components, covariance_type, 0),
        ),
        precisions=Factor(
            partial(getattr, values, "precisions"),
            partial(factors.precision_sd, components, covariance_type),
            partial(factors.precision_covariance, components, covariance_type),
            partial(_draws, components, covariance_type, 1),
        ),
    )


def _weight_covariance(weights):
    return factors.weight_moments(weights)[1]


def _weight_sd(weights):
    return np.sqrt(np.diagonal(_weight_covariance(weights)))


def _mean_sd(covariance):
    return np.sqrt(np.einsum("kdd->kd", covariance()))


def _draws(components, covariance_type, which, n_samples, rng):
    return factors.draw_components(components, covariance_type, n_samples, rng)[which]
