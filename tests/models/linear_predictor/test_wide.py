"""Fits in the basis of the rows are the fits of all columns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.natural_gradient import natural_gradient_ascent
from skvi.likelihoods import Bernoulli, Categorical, Gaussian, Ordinal, Poisson
from skvi.models.linear_predictor import wide
from skvi.models.linear_predictor.draws import drawn_predictors, drawn_weights
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.linear_predictor.posterior import (
    in_table_units,
    weight_covariance,
    weight_variances,
)
from skvi.priors import Flat, Normal, Ridge
from tests.models.linear_predictor.problems import blocks_of

N_ROWS, N_COLUMNS = 25, 40
CASES = {
    "poisson": Poisson(),
    "bernoulli": Bernoulli(),
    "normal": Gaussian(1.0),
    "noise": Gaussian(),
    "softmax": Categorical(3),
    "ordinal": Ordinal(3),
}
PRIORS = {
    "fixed": Ridge(20.0),
    "normal": Normal(0.0, np.linspace(0.01, 0.1, N_COLUMNS)),
}


def rows_for(likelihood, zeros=0.0):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((N_ROWS, N_COLUMNS)) * (rng.uniform(size=(N_ROWS, N_COLUMNS)) >= zeros)
    X[:, 0] += 2.0
    eta = 0.3 * X[:, :5].sum(axis=1)
    y = {
        "Poisson": lambda: rng.poisson(np.exp(eta)),
        "Bernoulli": lambda: rng.uniform(size=N_ROWS) < 1.0 / (1.0 + np.exp(-eta)),
        "Gaussian": lambda: eta + rng.standard_normal(N_ROWS),
    }.get(type(likelihood).__name__, lambda: np.arange(N_ROWS) % 3)()
    return X, y.astype(float), rng.randint(1, 3, N_ROWS).astype(float)


class Route:
    """A fit in the basis of the rows, or of all columns."""

    def __init__(self, likelihood, prior, blocks, in_basis, tol=1e-9, **options):
        options = {"fit_intercept": not likelihood.own_intercept, **options}
        self.model = LinearPredictorModel(likelihood, prior, n_features=N_COLUMNS, **options)
        self.blocks = blocks
        facts = self.model.facts(blocks)
        inner, table, facts, basis = self.model, blocks, facts, None
        if in_basis:
            inner, table, facts, basis = self.model.in_own_basis(blocks, facts)
            assert basis is not None
            assert table.n_features <= N_ROWS
        resolved = inner.prior(facts)
        begin = evaluate(inner, resolved, inner.start(table, np.random.RandomState(0), resolved))
        self.monitor = Monitor(tol, 3000, blocks.total_weight)
        self.state = natural_gradient_ascent(inner, table, resolved, begin, self.monitor)
        posterior = self.state.posterior
        self.posterior = posterior._replace(units=posterior.units._replace(basis=basis))

    def moments(self, X):
        return self.model.moments(X, None, self.posterior)[1:]


@pytest.fixture(autouse=True)
def _no_fewest_columns(monkeypatch):
    monkeypatch.setattr(wide, "_FEWEST_COLUMNS", 0)


def assert_alike(one, other, X, rtol=1e-5):
    assert one.state.bound == pytest.approx(other.state.bound, rel=1e-8)
    flat = [in_table_units(each.posterior, each.posterior.flat_mean()) for each in (one, other)]
    np.testing.assert_allclose(*flat, rtol=rtol, atol=rtol * np.abs(flat[1]).max())
    size = one.posterior.n_predictors
    sds = [np.sqrt(weight_variances(each.posterior, np.eye(size))) for each in (one, other)]
    np.testing.assert_allclose(*sds, rtol=rtol)
    covariances = [weight_covariance(each.posterior) for each in (one, other)]
    limit = rtol * np.abs(covariances[1]).max()
    np.testing.assert_allclose(*covariances, rtol=rtol, atol=limit)
    if one.model.fit_intercept:
        ends = np.sqrt(np.diag(covariances[0])).reshape(size, -1)[:, -1]
        np.testing.assert_allclose(sds[0][:, -1], ends, rtol=1e-10)
    for value, expected in zip(one.moments(X), other.moments(X), strict=True):
        limit = rtol * np.abs(expected).max()
        np.testing.assert_allclose(value, expected, rtol=rtol, atol=limit)
    assert one.posterior.scale.precision == pytest.approx(other.posterior.scale.precision, rel=1e-5)


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("name", CASES)
def test_the_fit_of_all_columns(name, prior):
    likelihood = CASES[name]
    X, y, weights = rows_for(likelihood)
    blocks = blocks_of(likelihood, X, y, weights)
    tol = 1e-6 if name == "softmax" else 1e-9  # its expectations are means over nodes
    routes = [Route(likelihood, PRIORS[prior], blocks, b, tol) for b in (True, False)]
    new = np.random.RandomState(1).standard_normal((7, N_COLUMNS))
    assert_alike(*routes, new, 1e-4)
    assert_alike(*routes, X, 1e-4)


@pytest.mark.parametrize("name", ["poisson", "bernoulli", "normal", "noise", "ordinal"])
def test_a_learned_precision_gains_by_it(name):
    """What no row contains keeps its prior given the precision, in place of on average over it."""
    likelihood = CASES[name]
    blocks = blocks_of(likelihood, *rows_for(likelihood))
    one, other = (Route(likelihood, Ridge(), blocks, b, 1e-6) for b in (True, False))
    assert other.state.bound < one.state.bound < other.state.bound + 1.0


@pytest.mark.parametrize("prior", ["fixed", "normal"])
@pytest.mark.parametrize("intercept", [False, True])
def test_sparse_rows(intercept, prior):
    likelihood = Poisson()
    X, y, weights = rows_for(likelihood, zeros=0.7)
    options = {"fit_intercept": intercept}
    one, other = (
        Route(
            likelihood, PRIORS[prior], blocks_of(likelihood, kind(X), y, weights), True, **options
        )
        for kind in (sparse.csr_array, np.asarray)
    )
    assert_alike(one, other, X, 1e-6)
    for value, expected in zip(one.moments(sparse.csr_array(X)), other.moments(X), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("prior", ["fixed", "normal"])
def test_targets_in_another_unit(prior):
    """The same model of ``y / 10``: weights are a tenth, in both routes."""
    likelihood = Gaussian()
    X, y, weights = rows_for(likelihood)
    blocks = blocks_of(likelihood, X, y / 10.0, weights)
    routes = [Route(likelihood, PRIORS[prior], blocks, b, target_unit=10.0) for b in (True, False)]
    assert_alike(*routes, X, 1e-4)


@pytest.mark.parametrize("name", ["poisson", "softmax", "ordinal"])
def test_draws_have_the_moments_of_the_posterior(name):
    likelihood = CASES[name]
    X, y, weights = rows_for(likelihood)
    route = Route(likelihood, Ridge(20.0), blocks_of(likelihood, X, y, weights), True)
    n = 20_000
    draws = drawn_weights(route.posterior, n, np.random.RandomState(2))
    sds = np.sqrt(weight_variances(route.posterior, np.eye(route.posterior.n_predictors)))
    np.testing.assert_allclose(draws.std(axis=0), sds, rtol=5.0 / np.sqrt(2.0 * n))
    mean = in_table_units(route.posterior, route.posterior.flat_mean())
    assert np.all(np.abs(draws.mean(axis=0) - mean) <= 5.0 * sds / np.sqrt(n))
    new = 1.0 + np.random.RandomState(3).standard_normal((5, N_COLUMNS))
    mean, variance = route.moments(new)
    eta = drawn_predictors(new, None, route.posterior, n, np.random.RandomState(4))
    if mean.ndim > 1:
        variance = np.diagonal(variance, axis1=1, axis2=2)
    sd = np.sqrt(variance)
    assert np.all(np.abs(eta.mean(axis=0) - mean) <= 5.0 * sd / np.sqrt(n))
    np.testing.assert_allclose(eta.std(axis=0), sd, rtol=5.0 / np.sqrt(2.0 * n))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_a_basis_keeps_all_products_of_rows(kind):
    X, _, _ = rows_for(Poisson(), zeros=0.5)
    centre, spread = X.mean(axis=0), np.linspace(0.5, 2.0, N_COLUMNS)
    table, basis = wide.reduced(blocks_of(Poisson(), kind(X), np.ones(N_ROWS)), centre, spread)
    scaled = (X - centre) * spread
    assert table.n_features == N_ROWS - 1
    np.testing.assert_allclose(table.X @ table.X.T, scaled @ scaled.T, atol=1e-10)
    np.testing.assert_allclose(basis.coordinates(kind(X)), table.X, atol=1e-10)
    vectors = basis.vectors / spread[:, None]
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(N_ROWS - 1), atol=1e-10)
    np.testing.assert_allclose(basis.outside(kind(X), table.X), 0.0, atol=1e-10)
    new = np.random.RandomState(5).standard_normal((4, N_COLUMNS))
    left = np.eye(N_COLUMNS) - vectors @ vectors.T
    expected = np.sum((((new - centre) * spread) @ left) ** 2, axis=1)
    outside = basis.outside(kind(new), basis.coordinates(kind(new)))
    np.testing.assert_allclose(outside, expected, rtol=1e-10)
    variances = spread**2 * np.diag(left)
    np.testing.assert_allclose(basis.left_out(), variances, rtol=1e-8, atol=1e-12)


def test_which_fits_have_a_basis():
    X, y, _ = rows_for(Poisson())
    blocks = blocks_of(Poisson(), X, y)

    def has_basis(prior, rows=blocks):
        model = LinearPredictorModel(Poisson(), prior, n_features=rows.n_features)
        return model.in_own_basis(rows, model.facts(rows))[3] is not None

    assert has_basis(Ridge())
    assert has_basis(Normal(0.0, 2.0))
    assert not has_basis(Normal(0.5, 2.0))
    assert not has_basis(Normal(0.0, np.eye(N_COLUMNS) + 0.1))
    assert not has_basis(Flat())
    assert not has_basis(Ridge(), blocks_of(Poisson(), X[:, :20], y))
