"""The five verbs together: bounds in any units, offsets, weights, and rows of any size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from skvi.inference.blocks import ArrayBlocks
from skvi.likelihoods import Gaussian, Heteroscedastic, Poisson
from skvi.models.linear_predictor import model as module
from skvi.models.linear_predictor.posterior import in_table_units
from skvi.models.linear_predictor.prior import INTERCEPT_PRECISION
from skvi.priors import Normal, Ridge
from tests.models.linear_predictor.problems import PROBLEMS, Fitted, blocks_of

every_problem = pytest.mark.parametrize("name", PROBLEMS)


@pytest.mark.parametrize("intercept", [False, True])
def test_a_normal_target_of_known_noise_has_the_exact_evidence(intercept):
    rng = np.random.RandomState(0)
    X, weights = rng.standard_normal((30, 3)) + 2.0, rng.randint(1, 3, 30).astype(float)
    y = X @ [0.5, -1.0, 2.0] + 0.7 * rng.standard_normal(30)
    likelihood = Gaussian(0.7)
    blocks = blocks_of(likelihood, X, y, weights)
    fit = Fitted(likelihood, Normal(0.3, 4.0), blocks, fit_intercept=intercept)
    times = weights.astype(int)
    design, target = np.repeat(X - fit.prior.units.centre, times, axis=0), np.repeat(y, times)
    mean = np.full(len(target), fit.prior.predictor[0]) if intercept else np.zeros(len(target))
    mean = mean + design @ np.full(3, 0.3)
    covariance = 4.0 * design @ design.T + 0.49 * np.eye(len(target))
    covariance += intercept / INTERCEPT_PRECISION
    expected = multivariate_normal(mean, covariance, allow_singular=False).logpdf(target)
    assert fit.state.bound == pytest.approx(expected, rel=1e-9)


@every_problem
def test_columns_in_other_units_have_the_same_fit(name):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make()
    moved = X * [1.0, 10.0, 0.1, 1e3, 1e-3] + 100.0
    variance = 1.0 / np.array([1.0, 10.0, 0.1, 1e3, 1e-3]) ** 2
    one = Fitted(likelihood, Normal(0.0, np.ones(5)), blocks_of(likelihood, X, y, weights))
    other = Fitted(likelihood, Normal(0.0, variance), blocks_of(likelihood, moved, y, weights))
    assert one.state.bound == pytest.approx(other.state.bound, rel=1e-9)
    ours, theirs = (in_table_units(f.posterior, f.posterior.flat_mean())[0] for f in (one, other))
    np.testing.assert_allclose(theirs[:5], ours[:5] * np.sqrt(variance), rtol=1e-5)


def test_targets_in_another_unit_have_the_bound_of_targets_as_they_were():
    rng = np.random.RandomState(1)
    X = rng.standard_normal((40, 3))
    y = 100.0 + 30.0 * (X @ [0.5, -1.0, 2.0] + rng.standard_normal(40))
    one = Fitted(Gaussian(30.0), Ridge(2.0), blocks_of(Gaussian(30.0), X, y), fit_intercept=False)
    options = {"target_unit": 30.0, "fit_intercept": False}
    other = Fitted(Gaussian(1.0), Ridge(2.0), blocks_of(Gaussian(1.0), X, y / 30.0), **options)
    assert one.state.bound == pytest.approx(other.state.bound, rel=1e-10)
    np.testing.assert_allclose(one.posterior.mean, 30.0 * other.posterior.mean, rtol=1e-9)


@every_problem
def test_an_offset_is_a_column_of_weight_one(name):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(100, 3)
    offset = X[:, 0] - 0.5
    columns = np.column_stack([likelihood.columns(y[:, None]), offset])
    rows = ArrayBlocks(X[:, 1:], columns, weights)
    prior = Normal(0.0, 1.0)
    fit = Fitted(likelihood, prior, rows, has_offset=True, fit_intercept=False)
    # The same by a weight that the prior all but fixes at one, and a column of ones at minus half.
    design = np.column_stack([X, np.ones(100)])
    known = Normal([1.0, 0.0, 0.0, -0.5], np.array([1e-12, 1.0, 1.0, 1e-12]))
    blocks = blocks_of(likelihood, design, y, weights)
    other = Fitted(likelihood, known, blocks, fit_intercept=False)
    assert fit.state.bound == pytest.approx(other.state.bound, rel=1e-7)
    weights = in_table_units(other.posterior, other.posterior.flat_mean())[0]
    ours = in_table_units(fit.posterior, fit.posterior.flat_mean())[0]
    np.testing.assert_allclose(ours, weights[1:3], atol=1e-5)


@every_problem
def test_single_precision_rows(name):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(3000, 9)
    X = X.astype(np.float32)
    one, other = (
        Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, table, y, weights), tol=1e-4)
        for table in (X.astype(np.float64), X)
    )
    assert other.blocks.X.dtype == np.float32
    moved = np.abs(one.posterior.mean - other.posterior.mean) / one.posterior.sds()
    assert moved.max() < 1e-3
    assert other.state.bound == pytest.approx(one.state.bound, rel=1e-6)


@every_problem
def test_rows_are_read_a_few_at_a_time(name, monkeypatch):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(1000, 4)
    blocks = blocks_of(likelihood, X, y, weights)
    one = Fitted(likelihood, Ridge(1.0), blocks)
    monkeypatch.setattr(module, "_rows_at_a_time", lambda n_features: 7)
    other = Fitted(likelihood, Ridge(1.0), blocks)
    np.testing.assert_allclose(one.posterior.mean, other.posterior.mean, rtol=1e-7, atol=1e-9)
    assert one.state.bound == pytest.approx(other.state.bound, rel=1e-11)


def test_predictors_of_chosen_columns():
    rng = np.random.RandomState(2)
    X = rng.standard_normal((300, 3))
    y = X @ [1.0, -0.5, 0.3] + np.exp(0.5 * (0.3 + 0.8 * X[:, 1])) * rng.standard_normal(300)
    likelihood = Heteroscedastic()
    columns = [np.arange(3), np.array([1])]
    blocks = blocks_of(likelihood, X, y)
    fit = Fitted(likelihood, Ridge(1.0), blocks, columns_of=columns, tol=1e-6)
    weights = in_table_units(fit.posterior, fit.posterior.flat_mean())
    assert weights[1, 0] == weights[1, 2] == 0.0
    np.testing.assert_allclose(weights[0, :3], [1.0, -0.5, 0.3], atol=0.2)
    assert abs(weights[1, 1]) > 0.2
    history = np.array(fit.monitor.history)
    assert np.diff(history).min() >= -1e-11 * (1.0 + np.abs(history).max())


def test_terms_sum_to_the_bound_and_are_named():
    X, y, weights = PROBLEMS["poisson"][1]()
    fit = Fitted(Poisson(), Ridge(), blocks_of(Poisson(), X, y, weights))
    assert set(fit.state.terms) == {"expected_log_likelihood", "coef", "scale"}
    assert fit.state.terms["scale"] < 0.0
    assert fit.state.bound == sum(fit.state.terms.values())


def test_predictive_densities_are_in_the_units_of_the_target():
    likelihood = Gaussian(1.0)
    X = np.random.RandomState(3).standard_normal((20, 2))
    blocks = blocks_of(likelihood, X, X[:, 0])
    fit = Fitted(likelihood, Ridge(1.0), blocks, target_unit=4.0)
    mean, variance = np.array([0.5]), np.array([0.2])
    actual = fit.model.predictive_log_density(np.array([[1.0]]), mean, variance, np.empty(0))
    expected = -0.5 * (0.25 / 1.2 + np.log(2.0 * np.pi * 1.2)) - np.log(4.0)
    np.testing.assert_allclose(actual, expected, rtol=1e-10)
