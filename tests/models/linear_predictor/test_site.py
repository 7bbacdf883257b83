"""Sites: exact where they were made, of the slopes of the rows, and additive."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.summary import add, total
from skvi.likelihoods import Gaussian, NegativeBinomial
from skvi.models.linear_predictor.site import Site, expected_value
from skvi.priors import Ridge
from tests.models.linear_predictor.problems import PROBLEMS, Fitted, blocks_of, explicit

every_problem = pytest.mark.parametrize("name", PROBLEMS)


def moved(fit, seed=0):
    """A posterior that is not the optimum."""
    rng = np.random.RandomState(seed)
    posterior = fit.posterior
    mean = posterior.mean + 0.3 * rng.standard_normal(len(posterior.mean))
    return posterior._replace(mean=mean, root=1.5 * posterior.root)


def fit_of(name, **options):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make()
    return Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y, weights), **options)


@pytest.mark.parametrize("independent", [False, True])
@pytest.mark.parametrize("n_parameters", [0, 2])
def test_the_expectation_of_a_quadratic(n_parameters, independent):
    rng = np.random.RandomState(0)
    factor, mean = rng.standard_normal((5, 3)), rng.standard_normal(3)
    root = np.tril(rng.standard_normal((3, 3)))
    theta = rng.standard_normal(n_parameters)
    inner = rng.standard_normal((n_parameters, n_parameters))
    inner = inner + inner.T
    site = Site(
        np.asarray(1.5), rng.standard_normal(3), factor.T @ factor,
        rng.standard_normal(n_parameters), inner,
    )  # fmt: skip
    if independent:
        site = site._replace(precision=np.diag(site.precision).copy())
        root = np.abs(np.diag(root))
    nodes = np.random.RandomState(1).standard_normal((200, 3))
    nodes = nodes - nodes.mean(axis=0)
    nodes = nodes @ np.linalg.inv(np.linalg.cholesky(nodes.T @ nodes / 200)).T
    draws = mean + (nodes * root if independent else nodes @ root)  # with exactly these moments
    matrix = np.diag(site.precision) if independent else site.precision
    values = 1.5 + draws @ site.linear - 0.5 * np.einsum("ij,jk,ik->i", draws, matrix, draws)
    extra = theta @ site.parameter_linear - 0.5 * theta @ inner @ theta
    np.testing.assert_allclose(expected_value(site, mean, root, theta), values.mean() + extra)


@pytest.mark.parametrize("diagonal", [False, True])
@every_problem
def test_exact_where_it_was_made(name, diagonal):
    fit = fit_of(name, diagonal=diagonal)
    posterior = moved(fit)
    state = fit.at(posterior)
    design = explicit(fit.blocks.X, fit.prior.units).astype(float)
    mean = design @ posterior.mean
    root = np.diag(posterior.root) if diagonal else posterior.root
    variance = np.sum((design @ root.T) ** 2, axis=1)
    values = fit.model.likelihood.expectations(fit.blocks.y, mean, variance, np.empty(0))
    assert state.terms["expected_log_likelihood"] == pytest.approx(
        fit.blocks.weights @ values[0], rel=1e-12
    )
    slope, curvature = fit.blocks.weights * values[1], fit.blocks.weights * values[2]
    precision = design.T @ (curvature[:, None] * design)
    site = state.summary
    if diagonal:
        precision = np.diag(precision)
        np.testing.assert_allclose(
            site.linear, design.T @ slope + precision * posterior.mean, rtol=1e-9, atol=1e-9
        )
    else:
        linear = design.T @ (slope + curvature * mean)
        np.testing.assert_allclose(site.linear, linear, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(site.precision, precision, rtol=1e-10, atol=1e-9)


@every_problem
def test_it_touches_the_bound(name):
    """Slopes of the quadratic in mean and root are those of the expected log likelihood."""
    fit = fit_of(name)
    posterior = moved(fit)
    site = fit.at(posterior).summary
    rng = np.random.RandomState(2)
    size = len(posterior.mean)
    for direction in [(rng.standard_normal(size), np.zeros((size, size))),
                      (np.zeros(size), np.tril(rng.standard_normal((size, size))))]:  # fmt: skip
        exact, quadratic = [], []
        for step in (-1e-4, 1e-4):
            mean, root = posterior.mean + step * direction[0], posterior.root + step * direction[1]
            other = posterior._replace(mean=mean, root=root)
            exact.append(fit.at(other).terms["expected_log_likelihood"])
            quadratic.append(expected_value(site, mean, root, np.empty(0)))
        np.testing.assert_allclose(np.diff(quadratic), np.diff(exact), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@every_problem
def test_sites_of_blocks_add_up_to_that_of_all_rows(name, kind):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(3000, 9)
    whole = blocks_of(likelihood, kind(X), y, weights)
    fit = Fitted(likelihood, Ridge(1.0), whole, tol=1e-3)
    cuts = [slice(0, 10), slice(10, 2500), slice(2500, 3000)]
    parts = [ArrayBlocks(kind(X[c]), whole.y[c], weights[c]) for c in cuts]
    posterior = moved(fit)
    expected = fit.at(posterior).summary
    by_part = [total(fit.model.summarize(b, posterior) for b in part) for part in parts]
    for value, target in zip(add(add(*by_part[:2]), by_part[2]), expected, strict=True):
        np.testing.assert_allclose(value, target, rtol=1e-10, atol=1e-9)


@every_problem
def test_weights_count_rows(name):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make()
    fit = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y, weights))
    times = weights.astype(int)
    repeated = blocks_of(likelihood, np.repeat(X, times, axis=0), np.repeat(y, times))
    posterior = moved(fit)
    other = total(fit.model.summarize(block, posterior) for block in repeated)
    for value, target in zip(fit.at(posterior).summary, other, strict=True):
        np.testing.assert_allclose(value, target, rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("likelihood", [Gaussian(), NegativeBinomial()])
def test_hyper_parameters_enter_with_their_slopes(likelihood):
    X, y, weights = PROBLEMS["poisson"][1]()
    fit = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y, weights), tol=1e-6)
    posterior = fit.posterior._replace(parameters=fit.posterior.parameters + 0.2)
    site = fit.at(posterior).summary
    theta = posterior.parameters
    slope = site.parameter_linear - site.parameter_precision @ theta
    step = 1e-4
    ends = [
        fit.at(posterior._replace(parameters=theta + s)).terms["expected_log_likelihood"]
        for s in (-step, step)
    ]
    np.testing.assert_allclose(slope[0], (ends[1] - ends[0]) / (2.0 * step), rtol=1e-5, atol=1e-5)
