"""Rows of a dense table with independent predictors, read as they are: no centred copy is made.

Variances come from the triangular products of :mod:`skvi.numerics.row_distances`, curvatures from
those of :mod:`skvi.numerics.tile_gram`, both of which centre the rows in cache; means and slopes
are centred by a correction, which costs no digits while columns are near the origin.
"""

from __future__ import annotations

import numpy as np

from skvi.models.linear_predictor.design.gram import weighted_gram
from skvi.numerics.feature_tiles import BASE_LINES, tile_rows
from skvi.numerics.frozen import frozen
from skvi.numerics.processor import VECTOR_BYTES
from skvi.numerics.row_distances import distances, distances_work_size

__all__ = ["TiledRows", "suits_tiles"]

_FEWEST_ROWS = 256
_COLUMNS = (8, 400)
_FARTHEST = 1e3  # of a column's mean, in standard deviations
_QUAD = 4


def suits_tiles(X, units):
    """Whether rows are many, and their columns near enough to the origin.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
    units : Units

    Returns
    -------
    bool
    """
    low, high = _COLUMNS
    if len(X) < _FEWEST_ROWS or not low <= X.shape[1] <= high:
        return False
    return bool(np.all(np.abs(units.centre) <= _FARTHEST * units.scale))


class TiledRows:
    """Rows ``[(x - centre) / scale, 1]`` of one predictor, or of several independent ones.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        float32 or float64.
    units : Units
    """

    def __init__(self, X, units):
        self._X, self._units = X, units

    def predictors(self, mean, n_predictors):
        """Means of the predictors."""
        return self._linear(mean.reshape(n_predictors, -1))

    def variances(self, root, n_predictors):
        """Variances of the predictor."""
        return self.independent_variances(root[None])[:, 0]

    def independent_variances(self, roots):
        """Variances of several predictors whose weights are independent of one another.

        Parameters
        ----------
        roots : ndarray of shape (n_predictors, n_columns, n_columns)
            Roots of the covariances of their weights.

        Returns
        -------
        ndarray of shape (n_rows, n_predictors)
        """
        units = self._units
        count, n_features = len(roots), len(units.centre)
        n_quads = -(-n_features // _QUAD)
        padded = np.zeros((count, n_quads * _QUAD, n_features))
        padded[:, :n_features] = roots[:, :n_features, :n_features] / units.scale
        factor = padded.reshape(count, n_quads, _QUAD, n_features).swapaxes(2, 3)
        rows = tile_rows(2 * n_features + BASE_LINES + 1, VECTOR_BYTES // 8, 8)
        work = np.empty(distances_work_size(n_features, rows))
        result = np.empty((len(self._X), count))
        nothing = frozen(np.zeros((count, n_features)))
        arrays = frozen(self._X), frozen(units.centre), nothing, frozen(factor)
        distances(*arrays, work, result, rows, True)
        if units.intercept:
            result += self._linear(roots[:, n_features]) ** 2
        return result

    def back(self, slopes):
        """Sums of rows times slopes."""
        units, totals = self._units, slopes.sum(axis=0)
        sums = slopes.T @ self._X - totals[:, None] * units.centre
        sums /= units.scale
        return (np.column_stack([sums, totals]) if units.intercept else sums).ravel()

    def gram(self, curvatures):
        """Sum of curvatures times squares of rows."""
        return weighted_gram(self._X, self._units, curvatures)

    def _linear(self, weights):
        """Products of the rows with some weights, of shape (n_rows, n_weights)."""
        n_features, units = len(self._units.centre), self._units
        own = weights[:, :n_features] / units.scale
        constant = -(own @ units.centre)
        if units.intercept:
            constant += weights[:, n_features]
        if len(own) == 1:
            values = (self._X @ own[0].astype(self._X.dtype, copy=False))[:, None]
        else:
            values = self._X @ own.T.astype(self._X.dtype, copy=False)
        return values.astype(np.float64, copy=False) + constant
