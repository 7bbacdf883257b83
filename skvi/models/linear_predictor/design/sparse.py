"""Rows of a sparse table: zeros are skipped, and centring is a correction of rank one."""

from __future__ import annotations

import numpy as np

from skvi.numerics.jit import kernel

__all__ = ["SparseRows"]


class SparseRows:
    """Rows ``[(x - centre) / scale, 1]`` of a CSR array; no row is ever made dense.

    Parameters
    ----------
    X : CSR array of shape (n_rows, n_features)
        float32 or float64.
    units : Units
    """

    def __init__(self, X, units):
        self._X, self._units, self._n_features = X, units, X.shape[1]
        self._scale = np.ones(units.n_columns)
        self._scale[: X.shape[1]] = units.scale
        # What a row of zeros is, with its sign turned: the part of every row that is the same.
        self._offset = np.zeros(units.n_columns)
        self._offset[: X.shape[1]] = units.centre
        if units.intercept:
            self._offset[-1] = -1.0

    def predictors(self, mean, n_predictors):
        """Means of the predictors."""
        weights = (mean.reshape(n_predictors, -1) / self._scale).T
        return self._X @ weights[: self._n_features] - self._offset @ weights

    def variances(self, root, n_predictors):
        """Covariances of the predictors."""
        scale = np.tile(self._scale, n_predictors)
        covariance = (root.T @ root) / (scale[:, None] * scale)
        n_rows, n_columns = self._X.shape[0], len(self._scale)
        result = np.empty((n_rows, n_predictors, n_predictors))
        blocks = covariance.reshape(n_predictors, n_columns, n_predictors, n_columns)
        for d in range(n_predictors):
            for e in range(d + 1):
                result[:, d, e] = self._forms(np.ascontiguousarray(blocks[d, :, e]))
                result[:, e, d] = result[:, d, e]
        return result[:, 0, 0] if n_predictors == 1 else result

    def independent_variances(self, roots):
        """Variances of several predictors whose weights are independent of one another."""
        return np.column_stack([self.variances(root, 1) for root in roots])

    def back(self, slopes):
        """Sums of rows times slopes."""
        sums = np.zeros((slopes.shape[1], len(self._scale)))
        sums[:, : self._n_features] = (self._X.T @ slopes).T
        sums -= slopes.sum(axis=0)[:, None] * self._offset
        return (sums / self._scale).ravel()

    def gram(self, curvatures):
        """Sum of curvatures times squares of rows."""
        curvatures = curvatures if curvatures.ndim == 3 else curvatures[:, None, None]
        n_predictors, n_columns = curvatures.shape[1], len(self._scale)
        whole = np.empty((n_predictors, n_columns, n_predictors, n_columns))
        for d in range(n_predictors):
            for e in range(d + 1):
                whole[d, :, e] = self._square(np.ascontiguousarray(curvatures[:, d, e]))
                whole[e, :, d] = whole[d, :, e]
        scale = np.tile(self._scale, n_predictors)
        size = n_predictors * n_columns
        return whole.reshape(size, size) / (scale[:, None] * scale)

    def _forms(self, matrix):
        """Values ``a_i' M a_i`` of every row."""
        X, p = self._X, self._n_features
        inner = np.ascontiguousarray(matrix[:p, :p])
        forms = np.empty(X.shape[0])
        _quadratic_forms(X.data, X.indices, X.indptr, inner, forms)
        both = (matrix + matrix.T) @ self._offset
        return forms - X @ both[:p] + self._offset @ matrix @ self._offset

    def _square(self, weights):
        X, p, offset = self._X, self._n_features, self._offset
        inner = np.zeros((p, p))
        _add_squares(X.data, X.indices, X.indptr, weights, inner)
        first = np.zeros(len(offset))
        first[:p] = X.T @ weights
        square = weights.sum() * np.outer(offset, offset)
        square -= np.outer(first, offset) + np.outer(offset, first)
        square[:p, :p] += inner + inner.T
        return square


@kernel
def _quadratic_forms(data, indices, indptr, matrix, forms):
    for n in range(len(indptr) - 1):
        values = data[indptr[n] : indptr[n + 1]]
        columns = indices[indptr[n] : indptr[n + 1]]
        total = 0.0
        for a in range(len(values)):
            line = matrix[columns[a]]
            part = 0.0
            for b in range(len(values)):
                part += line[columns[b]] * values[b]
            total += part * values[a]
        forms[n] = total


@kernel
def _add_squares(data, indices, indptr, weights, gram):
    """Add every pair of entries of a row once, and half of each square."""
    for n in range(len(indptr) - 1):
        values = data[indptr[n] : indptr[n + 1]]
        columns = indices[indptr[n] : indptr[n + 1]]
        for a in range(len(values)):
            weighted = weights[n] * values[a]
            line = gram[columns[a]]
            line[columns[a]] += 0.5 * weighted * values[a]
            for b in range(a):
                line[columns[b]] += weighted * values[b]
