"""Few rows as compiled laps want them: the lanes of a vector are rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.numerics.frozen import frozen

__all__ = ["Tiles"]

_TILE = 256


class Tiles(NamedTuple):
    """Rows in tiles, column by column.

    Attributes
    ----------
    columns : ndarray of shape (B, D, T)
        The last tile is filled up with its last row.
    weights : ndarray of shape (B, T)
        Zero where a tile is filled up.
    """

    columns: np.ndarray
    weights: np.ndarray

    @classmethod
    def of(cls, X, weights):
        """Tiles of rows ``(n, D)`` and their weights."""
        n_rows, n_features = X.shape
        n_tiles = -(-n_rows // _TILE)
        size = -(-n_rows // n_tiles)
        rows = np.minimum(np.arange(n_tiles * size), n_rows - 1)
        filled = np.zeros(n_tiles * size)
        filled[:n_rows] = weights
        columns = X[rows].reshape(n_tiles, size, n_features).swapaxes(1, 2)
        return cls(frozen(columns), frozen(filled.reshape(n_tiles, size)))
