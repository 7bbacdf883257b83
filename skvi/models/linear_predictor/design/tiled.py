"""Rows of a dense table with one predictor, read as they are: no centred copy is made.

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
    """Rows ``[(x - centre) / scale, 1]`` of one predictor.

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
        return self._linear(mean)[:, None]

    def variances(self, root, n_predictors):
        """Variances of the predictors."""
        n_features, units = len(self._units.centre), self._units
        triangle = root[:n_features, :n_features] / units.scale
        n_quads = -(-n_features // _QUAD)
        padded = np.zeros((n_quads * _QUAD, n_features))
        padded[:n_features] = triangle
        factor = padded.reshape(n_quads, _QUAD, n_features).swapaxes(1, 2)
        rows = tile_rows(2 * n_features + BASE_LINES + 1, VECTOR_BYTES // 8, 8)
        work = np.empty(distances_work_size(n_features, rows))
        result = np.empty((len(self._X), 1))
        centre, nothing = frozen(units.centre), np.zeros((1, n_features))
        arrays = frozen(self._X), centre, frozen(nothing), frozen(factor)[None]
        distances(*arrays, work, result, rows, True)
        variance = result[:, 0]
        if units.intercept:
            variance += self._linear(root[n_features]) ** 2
        return variance

    def back(self, slopes):
        """Sums of rows times slopes."""
        units, slopes = self._units, slopes[:, 0]
        total = slopes.sum()
        sums = (slopes @ self._X - total * units.centre) / units.scale
        return np.append(sums, total) if units.intercept else sums

    def gram(self, curvatures):
        """Sum of curvatures times squares of rows."""
        return weighted_gram(self._X, self._units, curvatures)

    def _linear(self, weights):
        """Products of the rows with some weights."""
        n_features, units = len(self._units.centre), self._units
        own = weights[:n_features] / units.scale
        constant = -(own @ units.centre)
        if units.intercept:
            constant += weights[n_features]
        values = self._X @ own.astype(self._X.dtype, copy=False)
        return values.astype(np.float64, copy=False) + constant
