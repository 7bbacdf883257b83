"""The right singular basis of a design, explicit or implicit.

``ExplicitBasis`` holds the basis itself. ``DualBasis`` holds the rows it comes from, for designs
with far more columns than rows: every product goes through the rows, and no array with two axes of
length ``n_features`` (nor the basis itself) is formed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["DualBasis", "ExplicitBasis", "outside"]


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

    def part(self, features):
        """The basis at a slice of the features, shape (n_sliced, rank)."""
        return self.vectors[features]


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

    def part(self, features):
        """The basis at a slice of the features, shape (n_sliced, rank)."""
        return self.rows[:, features].T @ self.left


def outside(basis, rows):
    """Rows less their projections on a basis, each to its own digits.

    Parameters
    ----------
    basis : ExplicitBasis or DualBasis
    rows : ndarray of shape (n_rows, n_features)

    Returns
    -------
    ndarray of shape (n_rows, n_features)
    """
    # What is left may be far smaller than a row: rounding in the span is projected away again.
    for _ in range(3):
        rows = rows - basis.expand(basis.project(rows).T).T
    return rows
