"""Held-out scores of regressors with a linear predictor, for targets as ``fit`` takes them."""

from __future__ import annotations

import numpy as np
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_is_fitted, column_or_1d

from skvi._compat import _check_sample_weight
from skvi.linear_model._target import survival_columns

__all__ = ["ScoringMixin"]


class ScoringMixin:
    """Log predictive densities and ``score``, of censored targets as well."""

    def log_predictive_density(self, X, y, *, exposure=None, offset=None):
        """Log posterior-predictive density (probability, where targets are counts) of targets.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Targets as in ``fit``; of a censored time, the probability to exceed it is given.
        exposure, offset : array-like of shape (n_samples,), default=None
            As in :meth:`predict`.

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            In nats.

        Raises
        ------
        ValueError
            If ``y`` does not have the shape of the predictions, or is not of finite numbers.
        """
        return self._log_density(X, y, exposure=exposure, offset=offset)

    def score(self, X, y, sample_weight=None, *, exposure=None, offset=None):
        r"""The coefficient of determination :math:`R^2` of :meth:`predict`.

        Where ``y`` says which times are censored, it is the mean of
        :meth:`log_predictive_density` instead: a time that is only exceeded has no residual.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, 2)
            Targets as in ``fit``.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights.
        exposure, offset : array-like of shape (n_samples,), default=None
            As in :meth:`predict`.

        Returns
        -------
        score : float
            The larger, the better.
        """
        beside = {"exposure": exposure, "offset": offset}
        y = self._observed(y)
        if np.ndim(y) == 1:
            mean = self.predict(X, **beside)
            return r2_score(y, mean, sample_weight=sample_weight)
        log_density = self.log_predictive_density(X, y, **beside)
        weights = _check_sample_weight(sample_weight, log_density)
        counted = weights != 0.0  # nothing times minus infinity is nothing
        return float(np.average(log_density[counted], weights=weights[counted]))

    def _observed(self, y):
        """Targets as one array: times beside what is known of their events, where that is said."""
        check_is_fitted(self)
        n_columns = self._model.likelihood.n_target_columns
        if n_columns == 1:
            return column_or_1d(y, warn=True)
        return np.asarray(survival_columns(y, n_columns))

    def _checked_target(self, y):
        y = super()._checked_target(self._observed(y))
        if y.ndim > 1:
            self._model.likelihood.columns(y)  # raises an error where events are none
        return y

    def _log_density_of(self, law, y):
        if y.ndim == 1:
            return super()._log_density_of(law, y)
        return np.where(y[:, 1] == 0.0, law.logsf(y[:, 0]), law.logpdf(y[:, 0]))
