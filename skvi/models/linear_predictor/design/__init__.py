"""Rows of a linear predictor: what ``A`` may be.

A design gives, for some rows, the four products that a Gaussian posterior of the weights needs:
``predictors``, ``variances``, ``back`` and ``gram`` (see :class:`Rows`). The model knows nothing
else of them, so that a design may be a dense or a sparse table, or anything that can multiply.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from scipy.sparse import issparse

from skvi.models.linear_predictor.design.dense import DenseRows
from skvi.models.linear_predictor.design.sparse import SparseRows
from skvi.models.linear_predictor.design.tiled import TiledRows, suits_tiles

__all__ = ["Rows", "Units", "rows_of"]


class Units(NamedTuple):
    """Where the columns of a table are measured from, and in what.

    Attributes
    ----------
    centre : ndarray of shape (n_features,)
    scale : ndarray of shape (n_features,)
        Positive.
    intercept : bool
        Whether a column of ones is added behind the others.
    basis : Basis or None
        What rows are multiplied by first, where there are more columns than rows.
    """

    centre: np.ndarray
    scale: np.ndarray
    intercept: bool
    basis: Any = None

    @property
    def n_columns(self):
        """Number of columns of the design."""
        return len(self.centre) + self.intercept


class Rows(Protocol):
    """Some rows ``a_i`` of a design. Weights are flat: one predictor's after the other's."""

    def predictors(self, mean: np.ndarray, n_predictors: int) -> np.ndarray:
        """Means ``a_i' mu_d``, of shape (n_rows, n_predictors)."""

    def variances(self, root: np.ndarray, n_predictors: int) -> np.ndarray:
        """Covariances of a row's predictors, with ``root' root`` that of the weights.

        Of shape (n_rows,) for one predictor, else (n_rows, n_predictors, n_predictors).
        """

    def independent_variances(self, roots: np.ndarray) -> np.ndarray:
        """Variances where predictors are independent, of shape (n_rows, n_predictors)."""

    def back(self, slopes: np.ndarray) -> np.ndarray:
        """Sums ``sum_i slopes_id a_i``, flat, for slopes of shape (n_rows, n_predictors)."""

    def gram(self, curvatures: np.ndarray) -> np.ndarray:
        """Sum of ``curvature_i (x) a_i a_i'``, for curvatures in the shape of the variances."""


def rows_of(X, units, n_predictors=1):
    """Rows of a table, measured in some units.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
    units : Units
    n_predictors : int, default=1

    Returns
    -------
    Rows
    """
    if issparse(X):
        return SparseRows(X, units)
    if n_predictors == 1 and suits_tiles(X, units):
        return TiledRows(X, units)
    return DenseRows(X, units)
