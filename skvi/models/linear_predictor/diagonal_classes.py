"""Softmax regression whose weights are all independent under the posterior, for many columns.

Every class has its own weights, and its logits are independent of the others' in every row: means
move together by :mod:`skvi.models.linear_predictor.quasi_newton`, as those of one predictor do.
"""

from __future__ import annotations

import numpy as np

from skvi.models.linear_predictor.design import rows_of
from skvi.models.linear_predictor.design.diagonal import DiagonalRows
from skvi.models.linear_predictor.diagonal import DiagonalPredictorModel

__all__ = ["DiagonalClassesModel"]


class DiagonalClassesModel(DiagonalPredictorModel):
    """A likelihood of classes with independent normal weights.

    Parameters
    ----------
    likelihood : IndependentClasses
    prior, fit_intercept, n_features
        As of :class:`~skvi.models.linear_predictor.model.LinearPredictorModel`.
    """

    def update(self, prior, summary, posterior=None):
        """The posterior at which the site and the prior balance, of a common shift as of none.

        No target sees what all classes have in common; the prior has it at its own mean.
        """
        updated = super().update(prior, summary, posterior)
        return updated._replace(mean=prior.mean + self._apart(updated.mean - prior.mean))

    def conditioned(self, vector, posterior):
        """The variances as a matrix, times a vector, nothing of it common to all classes."""
        parts = zip(self._of_classes(vector), self._of_classes(posterior.root), strict=True)
        return self._apart(np.concatenate([self._of_one(part, root**2) for part, root in parts]))

    def moments(self, X, offset, posterior):
        """Normal distribution of the predictors: covariances are diagonal matrices."""
        _, mean, variance = self._independent(X, posterior)
        matrices = variance[:, :, None] * np.eye(variance.shape[1])
        return rows_of(X, posterior.units, posterior.n_predictors), mean, matrices

    def _independent(self, X, posterior):
        """Rows of one predictor, and means and variances of all of them."""
        rows = DiagonalRows(X, posterior.units)
        classes = zip(
            self._of_classes(posterior.flat_mean()),
            self._of_classes(_flat(posterior, posterior.root)),
            strict=True,
        )
        mean, variance = zip(*(rows.both(*one) for one in classes), strict=True)
        return rows, np.column_stack(mean), np.column_stack(variance)

    def _sums(self, X, y, weights, posterior, spread):
        """Sums over some rows: value, linear and precision of the site."""
        rows, mean, variance = self._independent(X, posterior)
        if spread is not None:
            variance = variance + spread
        values = self.likelihood.expectations(y, mean, variance, posterior.parameters)
        value, slope, curvature = values
        weighted = (np.ascontiguousarray((each * weights[:, None]).T) for each in values[1:])
        sums = [rows.sums(*one) for one in zip(*weighted, strict=True)]
        linear, square = (
            np.concatenate(part)[posterior.active] for part in zip(*sums, strict=True)
        )
        linear = linear + square * posterior.mean
        return weights @ value, linear, square, np.zeros(0), np.zeros((0, 0))

    def _of_classes(self, flat):
        return flat.reshape(self.likelihood.n_predictors, -1)

    def _apart(self, flat):
        """What is not common to all classes."""
        classes = self._of_classes(flat)
        return (classes - classes.mean(axis=0)).ravel()


def _flat(posterior, active):
    if posterior.is_whole:
        return active
    flat = np.zeros(posterior.n_weights)
    flat[posterior.active] = active
    return flat
