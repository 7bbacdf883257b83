"""Rows of a dense table, centred; the scale of the columns is left to the weights."""

from __future__ import annotations

import numpy as np

from skvi.models.linear_predictor.design.gram import weighted_gram

__all__ = ["DenseRows"]


class DenseRows:
    """Rows ``[(x - centre) / scale, 1]``.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        float32 or float64.
    units : Units
    """

    def __init__(self, X, units):
        self._X, self._units = X, units
        self._columns = np.empty((len(X), units.n_columns))
        np.subtract(X, units.centre, out=self._columns[:, : X.shape[1]])
        self._scale = np.ones(units.n_columns)
        self._scale[: X.shape[1]] = units.scale
        if units.intercept:
            self._columns[:, -1] = 1.0

    def predictors(self, mean, n_predictors):
        """Means of the predictors."""
        return self._columns @ (mean.reshape(n_predictors, -1) / self._scale).T

    def variances(self, root, n_predictors):
        """Covariances of the predictors."""
        if n_predictors == 1:
            image = self._columns @ (root / self._scale).T
            return np.einsum("ij,ij->i", image, image)
        scale = np.tile(self._scale, n_predictors)
        covariance = (root.T @ root) / (scale[:, None] * scale)
        n_columns = len(self._scale)
        result = np.empty((len(self._X), n_predictors, n_predictors))
        for d in range(n_predictors):
            left = covariance[d * n_columns : (d + 1) * n_columns, : (d + 1) * n_columns]
            image = (self._columns @ left).reshape(len(self._X), d + 1, n_columns)
            result[:, d, : d + 1] = np.einsum("nej,nj->ne", image, self._columns)
            result[:, : d + 1, d] = result[:, d, : d + 1]
        return result

    def independent_variances(self, roots):
        """Variances of several predictors whose weights are independent of one another."""
        return np.column_stack([self.variances(root, 1) for root in roots])

    def back(self, slopes):
        """Sums of rows times slopes."""
        return ((slopes.T @ self._columns) / self._scale).ravel()

    def gram(self, curvatures):
        """Sum of curvatures times squares of rows."""
        if curvatures.ndim == 1:
            return weighted_gram(self._X, self._units, curvatures)
        n_predictors, n_columns = curvatures.shape[1], len(self._scale)
        whole = np.empty((n_predictors, n_columns, n_predictors, n_columns))
        for d in range(n_predictors):
            weighted = curvatures[:, d, : d + 1, None] * self._columns[:, None, :]
            product = self._columns.T @ weighted.reshape(len(self._X), -1)
            whole[d, :, : d + 1] = product.reshape(n_columns, d + 1, n_columns)
            whole[: d + 1, :, d] = whole[d, :, : d + 1].transpose(1, 2, 0)
        scale = np.tile(self._scale, n_predictors)
        size = n_predictors * n_columns
        return whole.reshape(size, size) / (scale[:, None] * scale)
