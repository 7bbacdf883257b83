"""Classes by the softmax function, with one predictor for each: for independent logits.

The same likelihood as :class:`~skvi.likelihoods.Categorical` with all K symmetric logits, whose
common shift no target sees. It serves posteriors in which the logits of a row are independent: the
variances of small ones enter by a power series, of others by the nodes of ``Categorical``.
"""

from __future__ import annotations

import numpy as np

from skvi.likelihoods._softmax_series import softmax_series
from skvi.likelihoods.categorical import Categorical, contrasts, expected_probabilities
from skvi.numerics.frozen import frozen

__all__ = ["IndependentClasses"]

_SMALL = 0.1  # the series is then better than the nodes


class IndependentClasses(Categorical):
    """Classes 0, 1, ... without order: softmax of ``eta``.

    Parameters
    ----------
    n_classes : int
        At least two.
    """

    @property
    def n_predictors(self):
        """One for each class."""
        return int(self.n_classes)

    def begin(self, statistics):
        """Logits that give the shares of the classes, half of a target more in each."""
        logits = np.log(statistics + 0.5)
        return logits - logits.mean(), np.empty(0)

    def expectations(self, y, mean, variance, parameters):
        """Expected log probability; variances may be diagonals, of shape (n, n_classes)."""
        if variance.ndim == 2 and variance.max(initial=0.0) <= _SMALL:
            value, slope, curvature = (np.empty(s) for s in (len(mean), mean.shape, mean.shape))
            arrays = frozen(y), frozen(mean), frozen(variance)
            softmax_series(*arrays, value, slope, curvature)
            return value, slope, curvature
        return self._by_nodes(y, mean, variance, parameters)

    def class_logits(self):
        """Logits relative to their mean, in terms of the predictors."""
        return np.eye(self.n_predictors) - 1.0 / self.n_predictors

    def expected_probabilities(self, mean, variance):
        """Probabilities of the classes averaged over normal predictors."""
        C = contrasts(self.n_predictors)
        return expected_probabilities(mean @ C, C.T @ variance @ C)

    def _by_nodes(self, y, mean, variance, parameters):
        C = contrasts(self.n_predictors)
        matrices = (C.T * variance[:, None, :]) @ C if variance.ndim == 2 else C.T @ variance @ C
        inner = Categorical(self.n_classes)
        value, slope, curvature = inner.expectations(y, mean @ C, matrices, parameters)
        back = C @ curvature @ C.T
        diagonal = np.maximum(np.diagonal(back, axis1=1, axis2=2), 0.0)
        if variance.ndim == 3:  # what independent logits make of a target is no more than this
            diagonal = diagonal[:, None, :] * np.eye(self.n_predictors)
        return value, slope @ C.T, diagonal

    def _logits(self, eta):
        return np.asarray(eta)
