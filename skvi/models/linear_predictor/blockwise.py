"""Softmax regression with the weights of different classes independent under the posterior.

For many rows and classes: the covariance of all weights would take as many products as there are
pairs of classes. Here every class has its own matrix, and its logits are independent of the others'
in every row.
"""

from __future__ import annotations

import numpy as np

from skvi.models.linear_predictor.design import rows_of
from skvi.models.linear_predictor.model import LinearPredictorModel

__all__ = ["BlockwisePredictorModel"]


class BlockwisePredictorModel(LinearPredictorModel):
    """A likelihood of several predictors whose weights are independent of one another.

    Parameters
    ----------
    likelihood : IndependentClasses
    prior, fit_intercept, n_features
        As of :class:`LinearPredictorModel`.
    """

    blockwise = True

    def update(self, prior, summary, posterior=None):
        """The posterior at which the site and the prior balance, of a common shift as of none.

        No target sees what all classes have in common; the prior has it at its own mean.
        """
        updated = super().update(prior, summary, posterior)
        distance = (updated.mean - prior.mean).reshape(self.likelihood.n_predictors, -1)
        return updated._replace(mean=updated.mean - np.tile(distance.mean(axis=0), len(distance)))

    def conditioned(self, vector, posterior):
        """The covariances times a vector, nothing of it common to all predictors."""
        root = posterior.root
        blocks = root.swapaxes(1, 2) @ (root @ vector.reshape(*root.shape[:2], 1))
        return (blocks - blocks.mean(axis=0)).ravel()

    def moments(self, X, offset, posterior):
        """Normal distribution of the predictors: covariances are diagonal matrices."""
        rows, mean, variance = self._independent(X, posterior)
        matrices = np.zeros((*variance.shape, variance.shape[1]))
        diagonal = np.arange(variance.shape[1])
        matrices[:, diagonal, diagonal] = variance
        return rows_of(X, posterior.units, posterior.n_predictors), mean, matrices

    def _independent(self, X, posterior):
        """Rows of one predictor, and means and variances of all of them."""
        rows, n_predictors = rows_of(X, posterior.units), posterior.n_predictors
        variance = rows.independent_variances(posterior.root)
        return rows, rows.predictors(posterior.mean, n_predictors), variance

    def _sums(self, X, y, weights, posterior, spread):
        """Sums over some rows: value, linear and precision of the site."""
        rows, mean, variance = self._independent(X, posterior)
        if spread is not None:
            variance = variance + spread
        likelihood = self.likelihood
        value, slope, curvature = likelihood.expectations(y, mean, variance, posterior.parameters)
        pull = (slope + curvature * mean) * weights[:, None]
        curvature = np.ascontiguousarray((curvature * weights[:, None]).T)
        linear = rows.back(pull)
        precision = np.stack([rows.gram(row) for row in curvature])
        return weights @ value, linear, precision, np.zeros(0), np.zeros((0, 0))
