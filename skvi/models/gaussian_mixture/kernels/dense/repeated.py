"""The compiled pass over the same few rows again and again, about the origin."""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.kernels.dense.logit_code import SPARE_LINES
from skvi.models.gaussian_mixture.kernels.dense.prepare import (
    PREDICTED_PER_EPSILON,
    layout_of,
    pass_scratch,
)
from skvi.models.gaussian_mixture.kernels.dense.row_pass import accumulate
from skvi.numerics.frozen import frozen
from skvi.numerics.moments import Moments, weight_outer

__all__ = ["RepeatedPass"]

_LOGIT_ERROR = 1e-6
_LEAST_ERROR = 1e-200
_ERROR_PER_NORM = PREDICTED_PER_EPSILON * float(np.finfo(np.float64).eps)


class RepeatedPass:
    """Passes of one caller for components with full covariances.

    Parameters
    ----------
    X : ndarray of shape (n, D), read-only
        Rows about their mean.
    weights : ndarray of shape (n,), read-only
    n_components : int

    Attributes
    ----------
    table : ndarray of shape (ceil(K / 4), 1 + D + D (D + 1) / 2, 4)
        Coefficients of the logits in one, the entries of a row and their products, four components
        side by side: to be written before every pass.
    totals : ndarray of shape (2,)
        Entropy of the responsibilities of the last pass, and log-normaliser of the rows.
    """

    def __init__(self, X, weights, n_components):
        n_features = X.shape[1]
        self.layout = layout = layout_of("full", n_features, n_components, np.float64)
        self.table = np.zeros((-(-n_components // 4), layout.n_features, 4))
        self.n_rows, self.totals = len(X), np.zeros(2)
        self.before = X, weights, frozen(np.zeros(n_features)), frozen(self.table.reshape(-1))
        self.before += layout.pairs, pass_scratch(layout)
        self.after = layout.first, layout.panel, layout.rows, n_components

    def run(self, sums, norm):
        """Replace sums by those under the responsibilities of the table.

        Parameters
        ----------
        sums : ndarray of shape (any, padded)
            One of :meth:`sums_of`.
        norm : float
            At least the norm of any expected precision.

        Returns
        -------
        float
            Log-normaliser of the rows under the table, the second of ``totals``; nan where the
            logits of some row are not accurate, and sums are not those of all rows.
        """
        sums.fill(0.0)
        self.totals.fill(0.0)
        limit = _LOGIT_ERROR / max(_ERROR_PER_NORM * norm, _LEAST_ERROR)
        done = accumulate(*self.before, sums, self.totals, *self.after, limit)
        return self.totals.item(1) if done == self.n_rows else np.nan

    def sums_of(self, moments):
        """Sums of rows that have these moments.

        Parameters
        ----------
        moments : Moments
            Of K components each, with one leading axis.

        Returns
        -------
        ndarray of shape (C, P + spare, padded)
        """
        weight, mean, scatter = moments
        n_mixtures, n_components, n_features = mean.shape
        row, column = self.layout.pairs[::2], self.layout.pairs[1::2]
        products = (scatter + weight_outer(weight, mean, 4))[..., row, column]
        size = self.layout.n_features + SPARE_LINES
        sums = np.zeros((n_mixtures, size, self.layout.padded))
        used = sums[:, :, :n_components].swapaxes(1, 2)
        used[:, :, 0] = weight
        used[:, :, 1 : 1 + n_features] = weight[..., None] * mean
        used[:, :, 1 + n_features : self.layout.n_features] = products
        return sums

    def moments_of(self, sums):
        """Moments from sums of some mixtures, the inverse of :meth:`sums_of`."""
        n_features, n_components = self.layout.n_dimensions, self.layout.n_components
        used = sums[:, : self.layout.n_features, :n_components].swapaxes(1, 2)
        row, column = self.layout.pairs[::2], self.layout.pairs[1::2]
        second = np.empty((*used.shape[:2], n_features, n_features))
        second[..., row, column] = second[..., column, row] = used[:, :, 1 + n_features :]
        weight, first = used[:, :, 0].copy(), used[:, :, 1 : 1 + n_features]
        return Moments.from_sums(weight, first, second, np.zeros(n_features))
