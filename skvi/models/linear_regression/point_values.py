"""Point values of a linear regression posterior, in the units of the data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from skvi.models.linear_regression.marginals import inflation

__all__ = ["PointValues", "point_values"]

# The way from the mode to the lowest noise, in logarithms, is no tail if it is shorter; its last
# part has a share of the integral, or more, if there is no end to it.
_SHORTEST, _PART, _LEAST_SHARE = 10.0, 0.25, 0.06


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


def point_values(posterior, prior):
    """Posterior means at a posterior (expanded, where it is a mean-field one).

    Parameters
    ----------
    posterior : Posterior
    prior : Prior

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
        noise_precision = np.where(
            _diverges(posterior, prior), np.inf, by_scale.sum(axis=1) * units
        )
    return PointValues(coef, intercept, noise_precision, weight_precision * weight_units)


def _mean_prior_variance(posterior):
    variance = posterior.weight * posterior.noise_variance / posterior.precision
    heavy = inflation(posterior.degrees_of_freedom)
    with np.errstate(invalid="ignore"):  # nodes of weight zero
        variance *= heavy
    return np.where(posterior.weight > 0.0, variance, 0.0).sum(axis=1)


def _diverges(posterior, prior):
    """Whether the integral of ``1 / sigma^2`` grows as far as nodes of the noise go."""
    nodes = zip(prior.noise, posterior.weight, posterior.noise_variance, strict=True)
    return np.array(
        [not _is_bounded(noise) and _grows(weight, variance) for noise, weight, variance in nodes]
    )


def _is_bounded(noise):
    """Whether a prior of the noise has means of ``1 / sigma^2`` under any data."""
    form = noise.conjugate_form()
    return form is not None and np.min(form.rate) > 0.0


def _grows(weight, noise_variance):
    """Whether the last part of the way down from the mode adds as much as any other."""
    used = weight > 0.0
    weight, position = weight[used], np.log(noise_variance[used])
    lowest, mode = position.min(), position[np.argmax(weight)]
    if mode - lowest < _SHORTEST:
        return False
    terms = weight * np.exp(lowest - position)
    last = position - lowest <= _PART * (mode - lowest)
    return bool(terms[last].sum() >= _LEAST_SHARE * terms.sum())
