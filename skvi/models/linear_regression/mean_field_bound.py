"""The bound of a mean-field posterior, term by term, right after a sweep."""

from __future__ import annotations

import numpy as np

from skvi.models.linear_regression.prior import INTERCEPT_PRECISION

__all__ = ["mean_field_terms"]

_LOG_TWO_PI = np.log(2.0 * np.pi)


def mean_field_terms(target, form, state, moments, spectrum):
    """The four terms of the bound of one target.

    Parameters
    ----------
    target : Target
    form : GaussianForm
    state : State
    moments : WeightMoments
        Under the q of the weights in ``state``.
    spectrum : Spectrum

    Returns
    -------
    ndarray of shape (4,)
    """
    weights = _weights(target, form, state, moments, spectrum)
    if target.fit_intercept:
        weights = weights + _intercept(state, moments)
    likelihood = _likelihood(target, state.noise, moments)
    return np.array([likelihood, weights, -state.noise.divergence, -state.scale.divergence])


def _likelihood(target, noise, moments):
    n = target.weight
    squares = moments.residual + n * moments.intercept
    constant = -0.5 * n * _LOG_TWO_PI - n * target.log_scale
    return constant + 0.5 * n * noise.log_precision - 0.5 * noise.precision * squares


def _weights(target, form, state, moments, spectrum):
    """Entropy of q of the weights plus their expected log prior."""
    p, ratio = target.n_features, state.ratio
    log_precisions = np.sum(np.log(target.eigenvalues + ratio)) + p * np.log(state.noise_at_weights)
    n_null = p - target.eigenvalues.shape[0]
    if n_null:
        log_precisions = log_precisions + n_null * np.log(ratio)
    entropy = 0.5 * p * (_LOG_TWO_PI + 1.0) - 0.5 * log_precisions
    if target.n_flat:
        return entropy + np.sum(np.log(spectrum.transform)) + p * target.log_scale
    scale, noise = state.scale, state.noise
    log_prior = 0.5 * p * (scale.log_precision - _LOG_TWO_PI)
    if form.scaled_by_noise:
        log_prior = log_prior + 0.5 * p * noise.log_precision
    factor = noise.precision if form.scaled_by_noise else 1.0
    return entropy + log_prior - 0.5 * factor * scale.precision * moments.norm


def _intercept(state, moments):
    noise = state.noise
    log_prior = 0.5 * (np.log(INTERCEPT_PRECISION) + noise.log_precision)
    log_prior = log_prior - 0.5 * noise.precision * INTERCEPT_PRECISION * moments.intercept
    return log_prior + 0.5 * (1.0 + np.log(moments.intercept))
