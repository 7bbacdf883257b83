"""Weight, mean and square about the mean of each column, in one reading of the rows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel

__all__ = ["ColumnMoments", "column_moments"]


class ColumnMoments(NamedTuple):
    """Additive moments of the columns of some rows.

    Attributes
    ----------
    weight : ndarray of shape ()
        Total weight.
    mean : ndarray of shape (n_columns,)
    square : ndarray of shape (n_columns,)
        Weighted sum of squares about the mean.
    """

    weight: np.ndarray
    mean: np.ndarray
    square: np.ndarray

    def merged(self, other):
        """Moments of the rows of both (Chan, Golub and LeVeque, 1983)."""
        weight = self.weight + other.weight
        share = np.divide(other.weight, weight, out=np.zeros(()), where=weight != 0.0)
        apart = other.mean - self.mean
        mean = self.mean + share * apart
        square = self.square + other.square + (self.weight * share) * apart**2
        return ColumnMoments(weight, mean, square)

    def scaled(self, factor):
        """Moments of the same rows, each counted ``factor`` times."""
        return ColumnMoments(self.weight * factor, self.mean, self.square * factor)


def column_moments(X, weights):
    """Moments of the columns of one block.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_columns)
        float32 or float64.
    weights : ndarray of shape (n_rows,)
        Positive.

    Returns
    -------
    ColumnMoments
    """
    weight = weights.sum()
    if sparse.issparse(X):
        mean = (X.T @ weights) / weight
        squared = X.copy()
        squared.data = squared.data.astype(np.float64) ** 2
        square = np.maximum(squared.T @ weights - weight * mean**2, 0.0)
        return ColumnMoments(np.asarray(weight), mean, square)
    shift = X[0].astype(np.float64)
    first, second = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    _add_columns(frozen(X), frozen(weights), shift, first, second)
    offset = first / weight
    square = np.maximum(second - weight * offset**2, 0.0)
    return ColumnMoments(np.asarray(weight), shift + offset, square)


@kernel
def _add_columns(X, weights, shift, first, second):
    for n in range(X.shape[0]):
        weight, row = weights[n], X[n]
        for j in range(shift.shape[0]):
            distance = row[j] - shift[j]
            weighted = weight * distance
            first[j] += weighted
            second[j] += weighted * distance
