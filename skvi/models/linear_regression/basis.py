"""The right singular basis of a design, explicit or implicit.

``ExplicitBasis`` holds the basis itself. ``DualBasis`` holds the rows it comes from, for designs
with far more columns than rows: every product goes through the rows, and no array with two axes of
length ``n_features`` (nor the basis itself) is formed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["DualBasis", "ExplicitBasis"]

_CHUNK = 1024


class ExplicitBasis(NamedTuple):
    """Orthonormal columns kept as an array.

    Attributes
    ----------
    vectors : ndarray of shape (n_features, rank)
    """

    vectors: np.ndarray

    @property
    def rank(self):
        """Number of basis vectors."""
        return self.vectors.shape[1]

    def project(self, rows):
        """Coordinates of rows, shape (n_rows, rank)."""
        return rows @ self.vectors

    def expand(self, coordinates):
        """Vectors with the given coordinates, shape (n_features, ...)."""
        return self.vectors @ coordinates

    def weighted_squares(self, factor):
        """``vectors**2 @ factor``, shape (n_features, ...)."""
        return self.vectors**2 @ factor


class DualBasis(NamedTuple):
    """The basis ``rows' left``, never formed.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_features)
    left : ndarray of shape (n_rows, rank)
        Left singular vectors over singular values.
    """

    rows: np.ndarray
    left: np.ndarray

    @property
    def rank(self):
        """Number of basis vectors."""
        return self.left.shape[1]

    def project(self, rows):
        """Coordinates of rows, shape (n_rows, rank)."""
        return (rows @ self.rows.T) @ self.left

    def expand(self, coordinates):
        """Vectors with the given coordinates, shape (n_features, ...)."""
        return self.rows.T @ (self.left @ coordinates)

    def weighted_squares(self, factor):
        """``vectors**2 @ factor``, shape (n_features, ...), a chunk of features at a time."""
        columns = range(0, self.rows.shape[1], _CHUNK)
        chunks = (self.rows[:, j : j + _CHUNK].T @ self.left for j in columns)
        return np.concatenate([chunk**2 @ factor for chunk in chunks])
