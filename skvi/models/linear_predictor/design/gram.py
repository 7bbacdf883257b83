"""Weighted squares of centred dense rows, of weights of either sign."""

from __future__ import annotations

import numpy as np

from skvi.numerics.aligned import aligned_zeros
from skvi.numerics.frozen import frozen
from skvi.numerics.tile_gram import TILE_ROWS, add_rows, lower_to_full, padded_width

__all__ = ["weighted_gram"]


def weighted_gram(X, units, weights):
    """``sum_i weight_i a_i a_i'`` with ``a_i = [(x_i - centre) / scale, 1]``.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    units : Units
    weights : ndarray of shape (n_rows,)

    Returns
    -------
    ndarray of shape (n_columns, n_columns)
    """
    if weights.min(initial=0.0) >= 0.0:
        gram = _gram(X, units, weights)
    else:
        gram = _gram(X, units, np.maximum(weights, 0.0))
        gram -= _gram(X, units, np.maximum(-weights, 0.0))
    n_features = X.shape[1]
    gram[:n_features] /= units.scale[:, None]
    gram[:, :n_features] /= units.scale
    return gram


def _gram(X, units, weights):
    width = padded_width(X.shape[1] + 1, np.float64)
    tile, lower = aligned_zeros((TILE_ROWS, width)), aligned_zeros((width, width))
    none = frozen(np.empty((len(weights), 0)))
    shift = np.ascontiguousarray(units.centre, dtype=np.float64)
    add_rows(frozen(X), none, frozen(weights), shift, tile, lower)
    result = np.empty((units.n_columns, units.n_columns))
    lower_to_full(lower, result)
    return result
