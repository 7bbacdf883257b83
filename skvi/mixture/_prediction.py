"""Densities, clusterings and draws of a fitted mixture: what follows from its posterior."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skvi.mixture._posterior import mixture_factors
from skvi.models.gaussian_mixture import predictive
from skvi.posterior import check_n_samples
from skvi.validation import new_rows

__all__ = ["MixturePredictionMixin"]


class MixturePredictionMixin:
    """Predictions of an estimator whose state holds a Gaussian mixture posterior."""

    def fit_predict(self, X, y=None, sample_weight=None):
        """Fit the mixture and give the most probable component of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            Repetition counts.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Component labels.
        """
        return self.fit(X, sample_weight=sample_weight).predict(X)

    def predict_proba(self, X):
        """Responsibilities: probability of every component for each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        responsibilities : ndarray of shape (n_samples, n_components)
            Rows sum to one.
        """
        X = self._rows(X)
        logs = predictive.log_probabilities(X, self._state.posterior, self._model.covariance_type)
        return np.exp(logs).astype(X.dtype, copy=False)

    def predict(self, X):
        """Most probable component of every row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        labels : ndarray of shape (n_samples,)
            Component labels, in the order of ``weights_``.
        """
        return self.predict_proba(X).argmax(axis=1)

    def score_samples(self, X):
        """Log posterior-predictive density of every row: exact, and integrates to one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        log_density : ndarray of shape (n_samples,)
            In nats.
        """
        X = self._rows(X)
        return predictive.log_predictive_density(
            X, self._state.posterior, self._model.covariance_type
        )

    def score(self, X, y=None):
        """Mean log posterior-predictive density.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None
            Not used.

        Returns
        -------
        score : float
            Mean of :meth:`score_samples`, in nats per row.
        """
        return float(self.score_samples(X).mean())

    def sample(self, n_samples=1):
        """Draw rows from the posterior predictive distribution.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Rows.
        labels : ndarray of shape (n_samples,)
            The component each was drawn from.
        """
        check_is_fitted(self)
        check_n_samples(n_samples)
        rng = check_random_state(self.random_state)
        return predictive.sample(n_samples, self._state.posterior, self._model.covariance_type, rng)

    @property
    def lower_bound_(self):
        """The bound under its name in scikit-learn: ``elbo_``, with every constant."""
        return self.elbo_

    @property
    def lower_bounds_(self):
        """The bounds under their name in scikit-learn: ``elbo_history_``."""
        return self.elbo_history_

    @property
    def posterior_(self):
        """Named factors of the posterior: ``weights``, ``means`` and ``precisions``."""
        check_is_fitted(self)
        return mixture_factors(self._state.posterior, self._model.covariance_type)

    def _rows(self, X):
        return new_rows(self, X, order="C")
