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
    moments = partial(factors.component_moments, components, covariance_type)
    draws = partial(factors.draw_components, components, covariance_type)

    def mean_sd():
        return np.sqrt(np.einsum("kdd->kd", moments()[0]))

    return PosteriorFactors(
        weights=Factor(
            lambda: values.weights,
            lambda: np.sqrt(np.diagonal(factors.weight_moments(weights)[1])),
            lambda: factors.weight_moments(weights)[1],
            partial(factors.draw_weights, weights),
        ),
        means=Factor(
            lambda: values.means, mean_sd, lambda: moments()[0], lambda n, rng: draws(n, rng)[0]
        ),
        precisions=Factor(
            lambda: values.precisions,
            lambda: moments()[1],
            partial(factors.precision_covariance, components, covariance_type),
            lambda n, rng: draws(n, rng)[1],
        ),
    )
