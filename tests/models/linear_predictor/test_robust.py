"""By-products against explicit downdates, explicit sandwiches and refits."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.likelihoods import Categorical
from skvi.models.linear_predictor.posterior import weight_covariance
from skvi.models.linear_predictor.robust import cavity, leverages, robust_covariance
from skvi.priors import Ridge
from tests.models.linear_predictor.problems import PROBLEMS, Fitted, blocks_of

every_problem = pytest.mark.parametrize("name", PROBLEMS)


def fit_of(name, intercept=True):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(80, 4)
    blocks = blocks_of(likelihood, X, y, weights)
    return Fitted(likelihood, Ridge(1.0), blocks, fit_intercept=intercept)


def softmax_fit(n_rows=90):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n_rows, 3))
    logits = X @ rng.standard_normal((3, 3))
    y = np.argmax(logits + rng.gumbel(size=logits.shape), axis=1).astype(float)
    likelihood = Categorical(3)
    return Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y), tol=1e-6)


def rows_of_fit(fit):
    """Design, moments, slopes and curvatures of every row, explicitly."""
    units, d = fit.prior.units, fit.posterior.n_predictors
    design = np.column_stack(
        [(fit.blocks.X - units.centre) / units.scale, np.ones(len(fit.blocks.X))]
    )
    design = design[:, : units.n_columns]
    maps = np.stack([np.kron(np.eye(d), row) for row in design])
    covariance = fit.posterior.root.T @ fit.posterior.root
    mean = maps @ fit.posterior.mean
    variance = maps @ covariance @ maps.swapaxes(1, 2)
    if d == 1:
        moments = fit.blocks.y, mean[:, 0], variance[:, 0, 0], fit.posterior.parameters
        _, slope, curvature = fit.model.likelihood.expectations(*moments)
        return maps, covariance, mean, variance, slope[:, None], curvature[:, None, None]
    moments = fit.blocks.y, mean, variance, fit.posterior.parameters
    return maps, covariance, mean, variance, *fit.model.likelihood.expectations(*moments)[1:]


@pytest.mark.parametrize("name", [*PROBLEMS, "softmax"])
def test_a_cavity_is_an_explicit_downdate(name):
    fit = softmax_fit() if name == "softmax" else fit_of(name)
    maps, covariance, mean, variance, slope, curvature = rows_of_fit(fit)
    one = fit.posterior.n_predictors == 1
    parts = (mean[:, 0], variance[:, 0, 0], slope[:, 0], curvature[:, 0, 0])
    without = cavity(*(parts if one else (mean, variance, slope, curvature)))
    precision = np.linalg.inv(covariance)
    for i in range(0, len(maps), 7):
        A = maps[i]
        left = np.linalg.inv(precision - A.T @ curvature[i] @ A)
        pull = precision @ fit.posterior.mean - A.T @ (slope[i] + curvature[i] @ mean[i])
        np.testing.assert_allclose(without[0][i], np.squeeze(A @ left @ pull), rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(without[1][i], np.squeeze(A @ left @ A.T), rtol=1e-8)


def test_leverage_near_one_stays_finite():
    mean, variance = cavity(np.zeros(2), np.ones(2), np.ones(2), np.array([1.0, 1.5]))
    assert np.all(np.isfinite(mean))
    assert np.all(variance > 0.0)


def test_cavities_of_several_predictors_are_proper():
    """Where a row's curvature is more than the precision of its predictors."""
    rng = np.random.RandomState(0)
    root = rng.standard_normal((50, 2, 2))
    variance = root @ root.swapaxes(1, 2)
    half = rng.standard_normal((50, 2, 2)) * np.geomspace(0.01, 100.0, 50)[:, None, None]
    curvature = half + half.swapaxes(1, 2)
    shares = np.linalg.eigvals(curvature @ variance).real.max(axis=1)
    assert np.any(shares > 1.0)
    np.testing.assert_allclose(leverages(variance, curvature), np.minimum(shares, 1.0), rtol=2e-6)
    mean, wider = cavity(rng.standard_normal((50, 2)), variance, np.ones((50, 2)), curvature)
    assert np.all(np.isfinite(mean))
    assert np.all(np.linalg.eigvalsh(wider) > 0.0)
    below = shares < 0.9
    explicit = np.linalg.inv(np.linalg.inv(variance) - curvature)
    np.testing.assert_allclose(wider[below], explicit[below], rtol=1e-6)
    flat = variance[:, 0, 0], curvature[:, 0, 0]
    expected = np.minimum(flat[0] * flat[1], 1.0)
    np.testing.assert_allclose(leverages(*flat), expected, rtol=2e-6)


def sandwich(fit):
    """Of standardised weights, from one row at a time."""
    maps, covariance, _, variance, slope, curvature = rows_of_fit(fit)
    weights = np.ones(len(maps)) if fit.blocks.weights is None else fit.blocks.weights
    identity = np.eye(slope.shape[1])
    meat = 0.0
    for A, v, g, lam, weight in zip(maps, variance, slope, curvature, weights, strict=True):
        pull = A.T @ np.linalg.solve(identity - lam @ v, g)
        meat = meat + weight * np.outer(pull, pull)
    return covariance @ meat @ covariance


def to_table(fit):
    """Matrix from standardised weights to those of the columns as they are."""
    units = fit.prior.units
    p = len(units.scale)
    one = np.diag(np.append(1.0 / units.scale, np.ones(units.n_columns - p)))
    if units.intercept:
        one[p, :p] = -units.centre / units.scale
    return np.kron(np.eye(fit.posterior.n_predictors), one)


@pytest.mark.parametrize("intercept", [False, True])
@every_problem
def test_the_robust_covariance_is_an_explicit_sandwich(name, intercept):
    fit = fit_of(name, intercept)
    change = to_table(fit)
    actual = robust_covariance(fit.model, fit.blocks, fit.posterior)
    np.testing.assert_allclose(actual, change @ sandwich(fit) @ change.T, rtol=1e-9, atol=1e-12)
    covariance = change @ (fit.posterior.root.T @ fit.posterior.root) @ change.T
    np.testing.assert_allclose(weight_covariance(fit.posterior), covariance, rtol=1e-10, atol=1e-14)


def test_the_robust_covariance_of_several_predictors():
    fit = softmax_fit()
    change = to_table(fit)
    actual = robust_covariance(fit.model, fit.blocks, fit.posterior)
    np.testing.assert_allclose(actual, change @ sandwich(fit) @ change.T, rtol=1e-9, atol=1e-12)


@every_problem
def test_it_is_the_spread_of_leave_one_out_posterior_means(name):
    """Jackknife by refits: the sum of squares of what each row moves."""
    likelihood, make = PROBLEMS[name]
    X, y, _ = make(200, 3)
    fit = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y))
    change = to_table(fit)
    whole = change @ fit.posterior.mean
    moved = []
    for i in range(len(X)):
        keep = np.arange(len(X)) != i
        other = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X[keep], y[keep]))
        moved.append(to_table(other) @ other.posterior.mean - whole)
    jackknife = np.sqrt(np.sum(np.square(moved), axis=0))
    robust = np.sqrt(np.diag(robust_covariance(fit.model, fit.blocks, fit.posterior)))
    np.testing.assert_allclose(robust, jackknife, rtol=0.05)
