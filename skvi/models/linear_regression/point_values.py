"""Point values of a linear regression posterior, in the units of the data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from skvi.models.linear_regression.marginals import inflation

__all__ = ["PointValues", "point_values"]

_LAST_TERM = 0.1


class PointValues(NamedTuple):
    """Posterior means.

    Attributes
    ----------
    coef : ndarray of shape (n_targets, n_features)
    intercept : ndarray of shape (n_targets,)
        Zero without an intercept.
    noise_precision : ndarray of shape (n_targets,)
        Of ``1 / sigma^2``; inf where it has no mean.
    weight_precision : ndarray of shape (n_targets,)
        Of the prior precision of the weights, ``alpha / sigma^2``, where ``alpha`` is fixed. Where
        it is learned that has no mean: the inverse of the mean prior variance ``sigma^2 / alpha``,
        zero where that is infinite.
    """

    coef: np.ndarray
    intercept: np.ndarray
    noise_precision: np.ndarray
    weight_precision: np.ndarray


def point_values(posterior):
    """Posterior means at a posterior (expanded, where it is a mean-field one).

    Parameters
    ----------
    posterior : Posterior

    Returns
    -------
    PointValues
    """
    spectrum = posterior.spectrum
    targets = range(spectrum.n_targets)
    location = [posterior.locations(t) @ posterior.weight[t] for t in targets]
    whitened = spectrum.basis.expand(np.column_stack(location)) * spectrum.y_scale
    transform = spectrum.transform
    deviation = transform[:, None] * whitened if transform.ndim == 1 else transform @ whitened
    coef = spectrum.prior_mean + deviation.T
    intercept = np.zeros(len(targets))
    if posterior.fit_intercept:
        intercept = spectrum.y_mean - coef @ spectrum.x_mean
    by_scale = posterior.weight / posterior.noise_variance
    if (posterior.precision == posterior.precision[:, :1]).all():
        weight_precision = np.sum(by_scale * posterior.precision, axis=1)
    else:
        weight_precision = 1.0 / _mean_prior_variance(posterior)
    with np.errstate(over="ignore"):  # a precision may be beyond the largest number: inf
        units = (1.0 / spectrum.y_scale) ** 2
        size = linalg.norm(transform, check_finite=False) / np.sqrt(len(transform))
        weight_units = (1.0 / size / spectrum.y_scale) ** 2
        noise_precision = np.where(_diverges(posterior), np.inf, by_scale.sum(axis=1) * units)
    return PointValues(coef, intercept, noise_precision, weight_precision * weight_units)


def _mean_prior_variance(posterior):
    variance = posterior.weight * posterior.noise_variance / posterior.precision
    heavy = inflation(posterior.degrees_of_freedom)
    with np.errstate(invalid="ignore"):  # nodes of weight zero
        return np.nansum(variance * heavy, axis=1)


def _diverges(posterior):
    """Whether the integral of ``1 / sigma^2`` grows as far as nodes of the noise go."""
    has_nodes = np.isinf(posterior.degrees_of_freedom).all(axis=1)
    if not has_nodes.any():
        return has_nodes
    lowest = np.argmin(np.where(posterior.weight > 0.0, posterior.noise_variance, np.inf), axis=1)
    terms = posterior.weight / posterior.noise_variance
    last = np.take_along_axis(terms, lowest[:, None], axis=1)[:, 0]
    return has_nodes & (last >= _LAST_TERM * terms.max(axis=1))
