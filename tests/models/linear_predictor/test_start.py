"""Starts: where they are, what they cost, and that they do not decide where a fit ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.blocks import ArrayBlocks, ChunkBlocks
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.natural_gradient import natural_gradient_ascent
from skvi.models.linear_predictor import start as module
from skvi.models.linear_predictor.start import starting_site
from skvi.priors import Ridge
from tests.models.linear_predictor.problems import PROBLEMS, Fitted, blocks_of, explicit

every_problem = pytest.mark.parametrize("name", PROBLEMS)


def many_rows(name, n_rows=40_000, kind=np.asarray, order=None):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(n_rows, 5)
    if order is not None:
        rows = order(y)
        X, y, weights = X[rows], y[rows], weights[rows]
    return likelihood, blocks_of(likelihood, kind(X), y, weights)


def plain_start(monkeypatch):
    """No samples from now on."""
    monkeypatch.setattr(module, "_WORTHWHILE", np.inf)


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("order", [None, np.argsort])
@every_problem
def test_a_sample_leads_to_the_same_optimum(name, order, kind, monkeypatch):
    likelihood, blocks = many_rows(name, kind=kind, order=order)
    sampled = Fitted(likelihood, Ridge(1.0), blocks)
    plain_start(monkeypatch)
    plain = Fitted(likelihood, Ridge(1.0), blocks)
    assert sampled.state.bound == pytest.approx(plain.state.bound, rel=1e-11)
    sd = plain.posterior.sds()
    assert np.abs((sampled.posterior.mean - plain.posterior.mean) / sd).max() < 1e-4
    np.testing.assert_allclose(sampled.posterior.sds(), sd, rtol=1e-5)


@every_problem
def test_a_sample_begins_nearer_the_end(name, monkeypatch):
    likelihood, blocks = many_rows(name)
    sampled = Fitted(likelihood, Ridge(1.0), blocks, tol=1e-3)
    plain_start(monkeypatch)
    plain = Fitted(likelihood, Ridge(1.0), blocks, tol=1e-3)
    assert sampled.monitor.history[0] > plain.monitor.history[0]
    assert len(sampled.monitor.history) <= len(plain.monitor.history)


def test_a_sample_is_even_and_stands_for_all_rows(monkeypatch):
    likelihood, blocks = many_rows("poisson", 33_000)
    taken = []
    inner = natural_gradient_ascent

    def watched(model, sample, *arguments):
        taken.append(sample)
        return inner(model, sample, *arguments)

    monkeypatch.setattr(module, "natural_gradient_ascent", watched)
    Fitted(likelihood, Ridge(1.0), blocks, tol=1e-3)
    (sample,) = taken
    assert sample.n_rows == pytest.approx(33_000 / 8, rel=0.01)
    assert sample.total_weight == pytest.approx(blocks.total_weight, rel=1e-12)
    rows = {tuple(row) for row in blocks.X}
    assert all(tuple(row) in rows for row in sample.X)


def test_few_rows_are_not_sampled(monkeypatch):
    likelihood, blocks = many_rows("poisson", 31_000)

    def never(*arguments):
        raise AssertionError("no sample is worth it")

    monkeypatch.setattr(module, "natural_gradient_ascent", never)
    Fitted(likelihood, Ridge(1.0), blocks, tol=1e-3)


def test_chunks_are_sampled_too():
    likelihood, blocks = many_rows("poisson")
    cuts = [slice(low, low + 7000) for low in range(0, 40_000, 7000)]
    parts = [(blocks.X[c], blocks.y[c], blocks.weights[c]) for c in cuts]
    chunks = ChunkBlocks(parts, lambda chunk: chunk)
    one, other = (Fitted(likelihood, Ridge(1.0), rows) for rows in (blocks, chunks))
    assert one.state.bound == pytest.approx(other.state.bound, rel=1e-11)


@pytest.mark.parametrize("intercept", [False, True])
@every_problem
def test_the_plain_start_is_at_the_predictor_of_the_mean_target(name, intercept):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make()
    blocks = blocks_of(likelihood, X, y, weights)
    fit = Fitted(likelihood, Ridge(1.0), blocks, fit_intercept=intercept)
    site = starting_site(fit.model, blocks, fit.prior)
    predictor = fit.prior.predictor[0] if intercept else 0.0
    design = explicit(X, fit.prior.units).astype(float)
    mean = np.full(len(X), predictor)
    variance = np.full(len(X), likelihood.starting_variance)
    _, slope, curvature = likelihood.expectations(blocks.y, mean, variance, np.empty(0))
    linear = design.T @ (weights * (slope + curvature * mean))
    if not intercept:  # where a whole first step overshoots, a half of it, or of that
        share = np.log2(site.linear[0] / linear[0])
        assert share == pytest.approx(round(share), abs=1e-9)
        assert share <= 1e-9
        linear *= 2.0 ** round(share)
    np.testing.assert_allclose(site.linear, linear, rtol=1e-9, atol=1e-9)
    precision = design.T @ ((weights * curvature)[:, None] * design)
    np.testing.assert_allclose(site.precision, precision, rtol=1e-9, atol=1e-9)


def test_another_start_ends_at_the_same_optimum():
    """The bound is concave in mean and root for log-concave likelihoods."""
    likelihood, make = PROBLEMS["logistic"]
    X, y, weights = make()
    fit = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y, weights))
    rng = np.random.RandomState(0)
    size = len(fit.posterior.mean)
    for scale in (0.1, 10.0):
        site = fit.begin.summary._replace(
            linear=scale * rng.standard_normal(size), precision=scale * np.eye(size)
        )
        monitor = Monitor(1e-8, 3000, 1.0)
        begin = evaluate(fit.model, fit.prior, site)
        state = natural_gradient_ascent(fit.model, fit.blocks, fit.prior, begin, monitor)
        assert state.bound == pytest.approx(fit.state.bound, rel=1e-11)
        np.testing.assert_allclose(state.posterior.mean, fit.posterior.mean, atol=1e-6)


def test_rows_of_one_block_are_enough():
    likelihood, blocks = many_rows("poisson")
    whole = ArrayBlocks(blocks.X, blocks.y, blocks.weights, whole=True)
    assert len(whole) == 1
    one, other = (Fitted(likelihood, Ridge(1.0), rows) for rows in (blocks, whole))
    assert one.state.bound == pytest.approx(other.state.bound, rel=1e-11)
