"""A linear predictor whose weights are independent under the posterior, for many columns.

The five verbs are those of :class:`~skvi.models.linear_predictor.model.LinearPredictorModel` with
diagonals in place of matrices. Their steps take every weight on its own; over all rows the means
are moved together instead, by :mod:`skvi.models.linear_predictor.quasi_newton`.
"""

from __future__ import annotations

from skvi.models.linear_predictor.design.diagonal import DiagonalRows
from skvi.models.linear_predictor.model import LinearPredictorModel

__all__ = ["DiagonalPredictorModel"]


class DiagonalPredictorModel(LinearPredictorModel):
    """A likelihood of one predictor with independent normal weights.

    Parameters
    ----------
    likelihood, prior, fit_intercept, n_features, has_offset, target_location, target_unit
        As of :class:`LinearPredictorModel`.
    """

    diagonal = True
    column_means = None
    """Of sparse columns with an intercept: in the units of the weights."""

    def conditioned(self, vector, posterior):
        """The variances as a matrix, times a vector; sparse columns taken to their means."""
        return self._of_one(vector, posterior.root**2)

    def _of_one(self, vector, variance):
        means = self.column_means
        result = variance * vector
        if means is not None:
            result[:-1] -= variance[:-1] * means * vector[-1]
            result[-1] -= means @ result[:-1]
        return result

    def moments(self, X, offset, posterior):
        """Normal distribution of the predictors of some rows."""
        if posterior.response is not None:
            return super().moments(X, offset, posterior)
        rows = DiagonalRows(X, posterior.units)
        mean, variance = rows.both(posterior.mean, posterior.root)
        return rows, mean if offset is None else mean + offset, variance

    def _products(self, rows, slope, curvature, inner, posterior):
        """Site of some rows: slopes at the posterior, and the diagonal of the curvature."""
        linear, square = rows.sums(slope, curvature)
        return linear + square * posterior.mean, square
