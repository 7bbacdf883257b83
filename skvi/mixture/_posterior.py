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
    draws = partial(factors.draw_components, components, covariance_type)
    return PosteriorFactors(
        weights=Factor(
            lambda: values.weights,
            lambda: np.sqrt(np.diagonal(factors.weight_moments(weights)[1])),
            lambda: factors.weight_moments(weights)[1],
            partial(factors.draw_weights, weights),
        ),
        means=Factor(
            lambda: values.means,
            lambda: np.sqrt(np.einsum("kdd->kd", covariance())),
            covariance,
            lambda n, rng: draws(n, rng)[0],
        ),
        precisions=Factor(
            lambda: values.precisions,
            partial(factors.precision_sd, components, covariance_type),
            partial(factors.precision_covariance, components, covariance_type),
            lambda n, rng: draws(n, rng)[1],
        ),
    )
