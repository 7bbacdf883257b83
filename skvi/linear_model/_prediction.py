"""Predictive distributions, draws and tables of a fitted linear regression."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted

from skvi.linear_model._posterior import regression_factors
from skvi.linear_model._summary import coefficient_table
from skvi.models.linear_regression import draws, marginals
from skvi.models.linear_regression.condensed import condensed
from skvi.models.linear_regression.mean_field import expanded
from skvi.posterior import check_n_samples
from skvi.predictive import PredictiveMixin, StackedDistribution
from skvi.validation import new_rows

__all__ = ["LinearPredictionMixin"]

_MOST_NUMBERS = 1 << 18  # of components of all rows at a time: what a cache holds


class LinearPredictionMixin(PredictiveMixin):
    """Predictions of an estimator whose state holds a linear regression posterior."""

    def predict_dist(self, X):
        """Exact posterior-predictive distribution of every row: a mixture of Student-t.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        distribution : StudentTMixture or StackedDistribution
            Frozen, over the rows (and targets), with ``mean``, ``std``, ``var``, ``pdf``,
            ``logpdf``, ``cdf``, ``sf``, ``ppf``, ``interval`` and ``rvs``. The noise is included.
        """
        return self._predictive(self._checked_rows(X), condensed(self._posterior()))

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
        y : ndarray of shape (n_samples_X, n_samples) or (n_samples_X, n_targets, n_samples)
            Draws.

        Raises
        ------
        ValueError
            If ``n_samples`` is not a whole number of at least 1.
        """
        check_n_samples(n_samples)
        X, posterior, rng = (
            self._checked_rows(X),
            self._posterior(),
            check_random_state(random_state),
        )
        drawn = []
        for target in range(posterior.spectrum.n_targets):
            coef, intercept, sigma = draws.sample(posterior, n_samples, rng, target)
            mean = safe_sparse_dot(X, coef.T, dense_output=True) + intercept
            drawn.append(mean + sigma * rng.standard_normal(mean.shape))
        return self._cast(drawn[0] if self._single else np.stack(drawn, axis=1))

    def summary(self):
        """Table of the coefficients; needs pandas.

        Returns
        -------
        table : pandas.DataFrame
            One row per coefficient (the intercept first): mean, sd, 5 %, 50 % and 95 % quantiles
            and the probability of being positive. With several targets they are the outer index,
            under the names of the columns of ``y`` where it was a frame.
        """
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", None)
        if names is None:
            names = [f"x{j}" for j in range(self.n_features_in_)]
        targets = self._target_names
        if targets is None and not self._single:
            targets = [f"y{t}" for t in range(len(self.coef_))]
        return coefficient_table(condensed(self._posterior()), names, targets)

    @property
    def sigma_(self):
        """Posterior covariance of the coefficients."""
        return self.posterior_.coef.cov

    @property
    def posterior_(self):
        """Named factors of the posterior: ``coef``, ``intercept`` and ``noise`` (its sd)."""
        return regression_factors(self._posterior(), squeeze=self._single)

    def _predictive(self, rows, posterior):
        targets = range(posterior.spectrum.n_targets)
        parts = [marginals.predictive(rows, posterior, target) for target in targets]
        return parts[0] if self._single else StackedDistribution(parts)

    def _predictive_parts(self, X):
        rows, posterior = self._checked_rows(X), condensed(self._posterior())
        step = max(_MOST_NUMBERS // posterior.weight.size, 1)
        for start in range(0, rows.shape[0], step):
            yield self._predictive(rows[start : start + step], posterior)

    def _posterior(self):
        check_is_fitted(self)
        return expanded(self._state.posterior)

    def _checked_rows(self, X):
        return new_rows(self, X, accept_sparse="csr")

    def _predict_mean(self, X):
        X = new_rows(self, X, accept_sparse="csr", limited=False)
        return safe_sparse_dot(X, self.coef_.T, dense_output=True) + self.intercept_
