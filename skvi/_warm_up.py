"""Compile what the estimators use, once, before it is needed."""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["warm_up"]


def warm_up() -> None:
    """Compile the common kernels, for float64 and float32 rows, into the cache on disk.

    For container builds and before process pools: the first fit of a new process then compiles
    nothing, and takes a few tenths of a second more than the second, to load what is there.

    Examples
    --------
    >>> import skvi
    >>> skvi.warm_up()
    """
    rows = np.random.RandomState(0).standard_normal((2100, 3))
    for dtype in (np.float64, np.float32):
        X = rows.astype(dtype)
        _warm_up_regression(X, X[:, 0] + rows[:, 1])
        _warm_up_linear_predictors(X[:300], X[:300, 0] + rows[:300, 1])
        _warm_up_mixtures(X[:600])
    _warm_up_mixtures_far_apart()


def _warm_up_regression(X, y):
    from skvi.linear_model import VariationalBayesianRegression

    VariationalBayesianRegression().fit(X, y).predict_interval(X[:2])
    VariationalBayesianRegression().fit(sparse.csr_array(X), y)


def _warm_up_linear_predictors(X, y):
    """Rows by columns, sparse ones, and fewer rows than columns; the likelihoods most used."""
    from skvi import linear_model

    logistic = linear_model.VariationalLogisticRegression(tol=1.0)
    counts = np.floor(np.exp(np.abs(y)))
    for table in (X, sparse.csr_array(X), X.reshape(20, -1)):
        logistic.fit(table, y[: table.shape[0]] > 0.0).predict_proba(table[:2])
    for n_classes in (3, 6):
        codes = np.digitize(y, np.linspace(-1.0, 1.0, n_classes - 1))
        for table in (X, sparse.csr_array(X)):
            logistic.fit(table, codes).predict_proba(table[:2])
    linear_model.VariationalOrdinalRegression(tol=1.0).fit(X, codes).predict_proba(X[:2])
    for likelihood in ("poisson", "negative_binomial", "gamma"):
        model = linear_model.VariationalGLMRegressor(likelihood=likelihood, tol=1.0)
        model.fit(X, counts).predict_interval(X[:2])
    for likelihood in ("student_t", "heteroscedastic"):
        linear_model.VariationalBayesianRegression(likelihood=likelihood, tol=1.0).fit(X, y)
    linear_model.VariationalQuantileRegressor(tol=1.0).fit(X, y).predict(X[:2])


def _warm_up_mixtures(X):
    from skvi.mixture import VariationalGaussianMixture

    for covariance_type in ("full", "tied", "diag", "spherical"):
        mixture = VariationalGaussianMixture(
            2, covariance_type=covariance_type, n_init=2, tol=0.1, random_state=0
        )
        mixture.fit(X).score_samples(X)


def _warm_up_mixtures_far_apart():
    """Many components far apart, for the pass that leaves out those far from a row."""
    from skvi.mixture import VariationalGaussianMixture

    places = np.repeat(np.eye(16, 12), 256, axis=0) * 100.0
    places += np.random.RandomState(0).standard_normal(places.shape)
    for covariance_type in ("full", "diag"):
        VariationalGaussianMixture(
            16, covariance_type=covariance_type, tol=1e6, random_state=0
        ).fit(places)
