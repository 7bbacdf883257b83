"""Predictions of a regression whose coefficients have scales of their own."""

from __future__ import annotations

from functools import partial

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted

from skvi.linear_model._prediction import LinearPredictionMixin
from skvi.linear_model._shrunk_summary import ensemble_table
from skvi.models.shrinkage.published import (
    ensemble_of,
    gaussian_points,
    prior_precisions,
    regression_posterior,
)
from skvi.posterior import Factor, PosteriorFactors, check_n_samples

__all__ = ["ShrunkPredictionMixin"]

_MOST_NUMBERS = 1 << 20


class ShrunkPredictionMixin(LinearPredictionMixin):
    """What a fit shows: an ensemble, or in the gaussian family a linear regression posterior."""

    def predict_dist(self, X):
        """Posterior-predictive distribution of every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        distribution : StudentTMixture
            Frozen, over the rows. The noise is included.
        """
        ensemble = self._ensemble()
        if ensemble is None:
            return LinearPredictionMixin.predict_dist(self, X)
        return ensemble.predictive(self._checked_rows(X))

    def sample_y(self, X, n_samples=1, random_state=0):
        """Joint draws of new targets: each draw is one set of coefficients and fresh noise.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples_X, n_features)
            Rows.
        n_samples : int, default=1
            Number of draws.
        random_state : int, RandomState instance or None, default=0
            Seed or generator.

        Returns
        -------
        y : ndarray of shape (n_samples_X, n_samples)
            Draws.
        """
        ensemble = self._ensemble()
        if ensemble is None:
            return LinearPredictionMixin.sample_y(self, X, n_samples, random_state)
        check_n_samples(n_samples)
        X, rng = self._checked_rows(X), check_random_state(random_state)
        coef, at_zero, sigma = ensemble.sample(n_samples, rng)
        mean = safe_sparse_dot(X, coef.T, dense_output=True) + at_zero
        return self._cast(mean + sigma * rng.standard_normal(mean.shape))

    def summary(self):
        """Table of the coefficients; needs pandas.

        Returns
        -------
        table : pandas.DataFrame
            One row per coefficient (the intercept first): mean, sd, 5 %, 50 % and 95 % quantiles,
            the probability of being positive and, where the prior has a spike, that of not being
            zero.
        """
        ensemble = self._ensemble()
        if ensemble is None:
            return LinearPredictionMixin.summary(self)
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = [f"x{j}" for j in range(self.n_features_in_)]
        return ensemble_table(ensemble, names)

    @property
    def posterior_(self):
        """Named factors of the posterior: ``coef``, ``intercept`` and ``noise`` (its sd)."""
        ensemble = self._ensemble()
        if ensemble is None:
            return LinearPredictionMixin.posterior_.fget(self)
        return _factors(ensemble)

    def _ensemble(self, model=None, state=None):
        """Members and marginals, kept for as long as the fit is; None in the gaussian family."""
        if model is None:
            check_is_fitted(self)
        model, state = model or self._model, state or self._state
        return model.shown(state, "ensemble", ensemble_of)

    def _posterior(self):
        check_is_fitted(self)
        return self._model.shown(self._state, "regression", regression_posterior)

    def _point_values(self, model, state):
        """Fitted attributes, by their names."""
        values = {"family_": model.family, "lambda_": prior_precisions(state)}
        ensemble = self._ensemble(model, state)
        if ensemble is None:
            names = ("coef_", "intercept_", "alpha_")
            return values | dict(zip(names, gaussian_points(model, state), strict=True))
        values["coef_"], values["intercept_"] = ensemble.mean, ensemble.intercept
        values["alpha_"] = float(ensemble.weight @ ensemble.sigma**-2.0)
        if ensemble.inclusion is not None:
            values["inclusion_probability_"] = ensemble.inclusion
        return values

    def _predictive_parts(self, X):
        ensemble = self._ensemble()
        if ensemble is None:
            yield from LinearPredictionMixin._predictive_parts(self, X)
            return
        rows = self._checked_rows(X)
        step = max(_MOST_NUMBERS // len(ensemble.weight), 1)
        for start in range(0, rows.shape[0], step):
            yield ensemble.predictive(rows[start : start + step])


def _factors(ensemble):
    def draws(which, n_samples, rng):
        return ensemble.sample(n_samples, rng)[which]

    at_zero = ensemble.predictive(np.zeros((1, len(ensemble.mean))), noise=False)
    mean_sigma = float(ensemble.weight @ ensemble.sigma)
    sd_sigma = float(np.sqrt(ensemble.weight @ (ensemble.sigma - mean_sigma) ** 2))
    return PosteriorFactors(
        coef=Factor(
            lambda: ensemble.mean, lambda: ensemble.sd, ensemble.covariance, partial(draws, 0)
        ),
        intercept=_scalar(ensemble.intercept, float(at_zero.std()[0]), partial(draws, 1)),
        noise=_scalar(mean_sigma, sd_sigma, partial(draws, 2)),
    )


def _scalar(mean, sd, draw):
    def value():
        return np.asarray(mean)

    def spread():
        return np.asarray(sd)

    return Factor(value, spread, lambda: np.full((1, 1), sd**2), draw)
