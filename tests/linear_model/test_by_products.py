"""Leave-one-out densities against refits, robust standard deviations against the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit
from sklearn.base import clone

from skvi import (
    VariationalBayesianRegression,
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
    VariationalQuantileRegressor,
)
from skvi.priors import Flat, Normal


def problem(kind, n_rows, n_columns, seed, overdispersion=None):
    """Correlated columns with labels or counts."""
    rng = np.random.RandomState(seed)
    X = np.sqrt(0.5) * (rng.standard_normal((n_rows, n_columns)) + rng.standard_normal((n_rows, 1)))
    eta = 0.5 + X @ (0.6 * rng.standard_normal(n_columns) / np.sqrt(0.125 * n_columns))
    if kind == "logistic":
        return X, (rng.uniform(size=n_rows) < expit(eta)).astype(int)
    mean = np.exp(0.5 * eta)
    if overdispersion is not None:
        mean = mean * rng.gamma(overdispersion, 1.0 / overdispersion, n_rows)
    return X, rng.poisson(mean)


def estimator(kind, prior):
    if kind == "logistic":
        return VariationalLogisticRegression(prior=prior)
    return VariationalGLMRegressor(likelihood="poisson", prior=prior)


@pytest.mark.parametrize("kind", ["logistic", "poisson"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_leave_one_out_is_that_of_refits(kind, seed):
    X, y = problem(kind, 60, 8, seed)
    fit = estimator(kind, Normal(0.0, 1.0)).fit(X, y)
    inside = fit.log_predictive_density(X, y).sum()
    refits = 0.0
    for row in range(len(X)):
        kept = np.arange(len(X)) != row
        without = estimator(kind, Normal(0.0, 1.0)).fit(X[kept], y[kept])
        refits += without.log_predictive_density(X[[row]], y[[row]])[0]
    assert abs(fit.loo(refit=False).elpd - refits) < 0.15
    assert abs(fit.loo().elpd - refits) < 0.02
    assert inside - refits > 2.0


LEARNED = {
    "softmax": VariationalLogisticRegression(),
    "ordinal": VariationalOrdinalRegression(),
    "negative_binomial": VariationalGLMRegressor(likelihood="negative_binomial"),
    "gamma": VariationalGLMRegressor(likelihood="gamma"),
    "tweedie": VariationalGLMRegressor(likelihood="tweedie"),
    "weibull": VariationalGLMRegressor(likelihood="weibull"),
    "quantile": VariationalQuantileRegressor(),
    "student_t": VariationalBayesianRegression(likelihood="student_t"),
    "heteroscedastic": VariationalBayesianRegression(likelihood="heteroscedastic"),
}


@pytest.mark.parametrize("name", LEARNED)
def test_leave_one_out_with_all_learned_is_that_of_refits(name):
    X, counts = problem("poisson", 60, 8, 0)
    noisy = counts + np.random.RandomState(1).gamma(2.0, 0.2, 60)
    y = {
        "softmax": np.minimum(counts, 2),
        "ordinal": np.minimum(counts, 2),
        "negative_binomial": counts,
        "tweedie": counts,
    }.get(name, noisy)
    fit, refits = clone(LEARNED[name]).fit(X, y), np.empty(60)
    for row in range(60):
        kept = np.arange(60) != row
        without = clone(LEARNED[name]).fit(X[kept], y[kept])
        refits[row] = without.log_predictive_density(X[[row]], y[[row]])[0]
    loo = fit.loo()
    assert abs(loo.elpd - refits.sum()) < 0.3
    apart = np.sort(np.abs(loo.log_density - refits))
    assert apart[-2] < 0.03  # one row is so far out that it decides the unit of the target
    assert apart[-1] < 0.3
    closed = fit.loo(refit=False)
    np.testing.assert_array_equal(loo.leverage, closed.leverage)
    assert np.any(loo.log_density != closed.log_density)
    if name != "softmax":
        np.testing.assert_allclose(loo.pit, closed.pit, atol=0.15)


def test_refits_are_asked_for_in_three_ways():
    X, y = problem("logistic", 60, 8, 0)
    fit = estimator("logistic", Normal(0.0, 1.0)).fit(X, y)
    assert fit.loo(refit=True).elpd == fit.loo().elpd
    with pytest.raises(ValueError, match="refit=2 is not allowed"):
        fit.loo(refit=2)
    wide = VariationalLogisticRegression(family="diagonal").fit(X, y)
    assert wide.loo().elpd == wide.loo(refit=False).elpd
    with pytest.raises(ValueError, match="refit=True needs"):
        wide.loo(refit=True)


def test_of_variances_that_depend_on_columns_transforms_are_uniform():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((150, 2))
    y = X[:, 0] + np.exp(0.7 * X[:, 1]) * rng.standard_normal(150)
    fit = VariationalBayesianRegression(likelihood="heteroscedastic").fit(X, y)
    pit = fit.loo().pit
    assert stats.kstest(pit, "uniform").pvalue > 0.01
    np.testing.assert_allclose(fit.loo(refit=False).pit, pit, atol=0.1)
    inside = fit.predict_dist(X).cdf(y)
    assert np.corrcoef(pit, inside)[0, 1] > 0.99


def bootstrap_sd(kind, X, y, n_sets=200):
    """Standard deviations of posterior means over data sets drawn from the rows."""
    rng, n = np.random.RandomState(1), len(X)
    means = []
    for _ in range(n_sets):
        chosen = rng.randint(n, size=n)
        means.append(np.ravel(estimator(kind, Flat()).fit(X[chosen], y[chosen]).coef_))
    return np.std(means, axis=0, ddof=1)


def standard_deviations(fit, robust):
    return fit.summary(robust=robust)["sd"].to_numpy()[1:]


def test_robust_deviations_are_those_of_the_bootstrap_where_counts_are_overdispersed():
    # In two of twelve data sets, each with a few rows of large counts, they are 25 % above it.
    robust, model_based = [], []
    for seed in range(6):
        X, y = problem("poisson", 300, 5, seed, overdispersion=1.0)
        fit, bootstrap = estimator("poisson", Flat()).fit(X, y), bootstrap_sd("poisson", X, y)
        robust.append(np.mean(standard_deviations(fit, True) / bootstrap))
        model_based.append(np.mean(standard_deviations(fit, False) / bootstrap))
    assert abs(np.mean(robust) - 1.0) < 0.1
    assert np.sum(np.abs(np.array(robust) - 1.0) < 0.1) >= 5
    assert np.max(model_based) < 0.8


@pytest.mark.parametrize("kind", ["logistic", "poisson"])
def test_robust_deviations_are_those_of_the_model_where_it_is_right(kind):
    ratios = []
    for seed in range(20):
        fit = estimator(kind, Flat()).fit(*problem(kind, 300, 5, seed))
        ratios.append(standard_deviations(fit, True) / standard_deviations(fit, False))
    assert abs(np.mean(ratios) - 1.0) < 0.05
