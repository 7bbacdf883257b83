"""Point values of a linear regression posterior, in the units of the data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["PointValues", "point_values"]


class PointValues(NamedTuple):
    """Posterior means.

    Attributes
    ----------
    coef : ndarray of shape (n_targets, n_features)
    intercept : ndarray of shape (n_targets,)
        Zero without an intercept.
    noise_precision : ndarray of shape (n_targets,)
        Of ``1 / sigma^2``.
    weight_precision : ndarray of shape (n_targets,)
        Of the prior precision of the weights: ``alpha / sigma^2`` under a ridge prior.
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
    weight_precision = np.sum(by_scale * posterior.precision, axis=1)
    with np.errstate(over="ignore"):  # a precision may be beyond the largest number: inf
        units = (1.0 / spectrum.y_scale) ** 2
        weight_units = (spectrum.x_scale / spectrum.y_scale) ** 2
        precisions = by_scale.sum(axis=1) * units, weight_precision * weight_units
    return PointValues(coef, intercept, *precisions)
