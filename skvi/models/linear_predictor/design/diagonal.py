"""Rows whose weights are independent under the posterior: any number of columns.

Of the covariance of the weights only variances are kept, and of squares of rows only their
diagonal, so that everything is one reading of the values that are not zero.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse

from skvi.numerics.jit import kernel

__all__ = ["DiagonalRows"]


class DiagonalRows:
    """Rows ``[(x - centre) / scale, 1]`` of one predictor.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        The centre of sparse rows is the origin.
    units : Units
    """

    def __init__(self, X, units):
        self._units, self._sparse = units, issparse(X)
        self._X = X if self._sparse else X - units.centre

    def both(self, mean, root):
        """Means and variances of the predictors, in one reading.

        Parameters
        ----------
        mean, root : ndarray of shape (n_columns,)
            Means and standard deviations of the weights.

        Returns
        -------
        mean, variance : ndarray of shape (n_rows,)
        """
        p, scale = len(self._units.scale), self._units.scale
        own = np.column_stack([mean[:p] / scale, (root[:p] / scale) ** 2])
        intercept = (mean[p], root[p] ** 2) if self._units.intercept else (0.0, 0.0)
        if not self._sparse:
            means, squares = self._X @ own[:, 0], self._X**2 @ own[:, 1]
            return means + intercept[0], squares + intercept[1]
        result = np.empty((2, self._X.shape[0]))
        X = self._X
        _add_predictors(X.data, X.indices, X.indptr, own, result[0], result[1])
        return result[0] + intercept[0], result[1] + intercept[1]

    def sums(self, slopes, curvatures):
        """Sums of slopes times rows, and of curvatures times their squares.

        Parameters
        ----------
        slopes, curvatures : ndarray of shape (n_rows,)

        Returns
        -------
        linear, square : ndarray of shape (n_columns,)
        """
        X, scale = self._X, self._units.scale
        if self._sparse:
            sums = np.zeros((X.shape[1], 2))
            _add_columns(X.data, X.indices, X.indptr, slopes, curvatures, sums)
            linear, square = sums[:, 0] / scale, sums[:, 1] / scale**2
        else:
            linear, square = (slopes @ X) / scale, (curvatures @ X**2) / scale**2
        if self._units.intercept:
            linear, square = np.append(linear, slopes.sum()), np.append(square, curvatures.sum())
        return linear, square


@kernel
def _add_predictors(data, indices, indptr, weights, means, variances):
    for n in range(means.shape[0]):
        mean, variance = 0.0, 0.0
        for k in range(indptr[n], indptr[n + 1]):
            x, j = data[k], indices[k]
            mean += x * weights[j, 0]
            variance += x * (x * weights[j, 1])  # in double precision
        means[n], variances[n] = mean, variance


@kernel
def _add_columns(data, indices, indptr, slopes, curvatures, sums):
    for n in range(slopes.shape[0]):
        slope, curvature = slopes[n], curvatures[n]
        for k in range(indptr[n], indptr[n + 1]):
            x, j = data[k], indices[k]
            sums[j, 0] += x * slope
            sums[j, 1] += x * (x * curvature)
