"""Draws of weights and of predictors from the posterior."""

from __future__ import annotations

import numpy as np

from skvi.models.linear_predictor.design import rows_of
from skvi.models.linear_predictor.posterior import in_table_units

__all__ = ["drawn_predictors", "drawn_weights"]


def drawn_weights(posterior, n_samples, rng):
    """Weights in the units of the table.

    Returns
    -------
    ndarray of shape (n_samples, n_predictors, n_columns)
        The intercept, where there is one, behind the features.
    """
    weights = in_table_units(posterior, _standardised(posterior, n_samples, rng))
    basis = posterior.units.basis
    if basis is None:
        return weights
    n_features = len(basis.centre)
    noise = rng.standard_normal((n_samples, posterior.n_predictors, n_features))
    noise *= basis.spread
    inside = (noise / basis.spread**2) @ basis.vectors
    noise = np.sqrt(posterior.scale.variance) * (noise - inside @ basis.vectors.T)
    weights[..., :n_features] += noise
    if posterior.units.intercept:
        weights[..., n_features] -= noise @ basis.centre
    return weights


def drawn_predictors(X, offset, posterior, n_samples, rng):
    """Predictors of some rows under common draws of the weights.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
    offset : ndarray of shape (n_rows,) or None
    posterior : Posterior
    n_samples : int
    rng : RandomState

    Returns
    -------
    ndarray of shape (n_samples, n_rows) or (n_samples, n_rows, n_predictors)
    """
    if posterior.units.basis is not None:
        weights = drawn_weights(posterior, n_samples, rng)
        return _from_weights(X, offset, weights, posterior.units.basis.centre)
    rows, n_predictors = rows_of(X, posterior.units), posterior.n_predictors
    flat = _standardised(posterior, n_samples, rng)
    eta = rows.predictors(flat.reshape(-1), n_samples * n_predictors)
    eta = eta.reshape(-1, n_samples, n_predictors).swapaxes(0, 1)
    if n_predictors > 1:
        return eta
    return eta[..., 0] if offset is None else eta[..., 0] + offset


def _from_weights(X, offset, weights, centre):
    n_samples, n_predictors, _ = weights.shape
    n_features = X.shape[1]
    eta = X @ weights[..., :n_features].reshape(-1, n_features).T
    if weights.shape[2] > n_features:
        eta = eta + weights[..., n_features].ravel()
    else:
        eta = eta - (weights @ centre).ravel()  # columns at their means without an intercept
    eta = np.asarray(eta).reshape(-1, n_samples, n_predictors).swapaxes(0, 1)
    if n_predictors > 1:
        return eta
    return eta[..., 0] if offset is None else eta[..., 0] + offset


def _standardised(posterior, n_samples, rng):
    """Flat weights of standardised columns, of shape (n_samples, n_weights)."""
    root = posterior.flat_root()
    noise = rng.standard_normal((n_samples, len(root)))
    return posterior.flat_mean() + (noise * root if root.ndim == 1 else noise @ root)
