"""Draws that begin at the factors: against enumeration, quadrature and long chains."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import gammaln, logsumexp

from skvi import VariationalBayesianRegression
from skvi.models.shrinkage.published import refresh
from skvi.priors import Gamma, Horseshoe, Laplace, Ridge, SpikeSlab, StudentT
from tests.models.shrinkage.problems import correlated, fitted, rows


def enumerated(X, y, inclusion, slab, shape, rate):
    """Exact inclusion probabilities under a normal slab, by all sets of columns."""
    n, p = X.shape
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    r = y - y.mean()
    log_evidence, sets = [], []
    for chosen in itertools.product((False, True), repeat=p):
        A, k = Z[:, chosen], sum(chosen)
        P = A.T @ A + np.eye(k) / slab**2
        left = r @ r - (A.T @ r) @ np.linalg.solve(P, A.T @ r)
        value = -0.5 * np.linalg.slogdet(P)[1] - k * np.log(slab)
        value += k * np.log(inclusion) + (p - k) * np.log1p(-inclusion)
        value += gammaln(shape + 0.5 * n) - (shape + 0.5 * n) * np.log(rate + 0.5 * left)
        log_evidence.append(value)
        sets.append(chosen)
    weight = np.exp(np.array(log_evidence) - logsumexp(log_evidence))
    return weight @ np.array(sets)


@pytest.mark.parametrize(("p", "correlation"), [(6, 0.9), (10, 0.8), (10, 0.0)])
@pytest.mark.parametrize("seed", [0, 1])
def test_inclusion_probabilities_are_those_of_enumeration(p, correlation, seed):
    X, y = correlated(100, p, correlation, seed)
    prior, noise = SpikeSlab(0.2, df=np.inf), Gamma(2.0, 2.0)
    exact = enumerated(X, y, 0.2, 1.0, 2.0, 2.0)
    model, state, _ = fitted(X, y, prior)
    # the coordinate family takes no prior of the noise, the draws do
    problem = state.posterior.problem._replace(noise=noise)
    state = state._replace(posterior=state.posterior._replace(problem=problem))
    drawn = refresh(model, state, 300, np.random.RandomState(0))
    np.testing.assert_allclose(drawn.inclusion, exact, atol=0.05)


@pytest.mark.parametrize("family", ["gaussian", "coordinate"])
@pytest.mark.parametrize("prior", [StudentT(3.0, 1.0), Laplace(0.5)])
def test_moments_of_one_weight_are_those_of_a_grid(prior, family):
    X, y = rows(30, 1, size=0.5)
    model, state, _ = fitted(X, y, prior, family)
    mixture = state.prior.mixture
    kept = mixture.log_weight[0] > -40.0
    alpha = (mixture.unit[0] * mixture.sd[kept]) ** -2.0
    fits = [VariationalBayesianRegression(prior=Ridge(a)).fit(X, y) for a in alpha]
    log_weight = mixture.log_weight[0][kept] + [fit.elbo_ for fit in fits]
    weight = np.exp(log_weight - logsumexp(log_weight))
    means = np.array([fit.coef_[0] for fit in fits])
    mean = weight @ means
    variance = weight @ (np.array([fit.sigma_[0, 0] for fit in fits]) + (means - mean) ** 2)
    drawn = refresh(model, state, 400, np.random.RandomState(0))
    size = np.exp(state.posterior.problem.log_scale) * mixture.unit[0]
    drawn_sd = np.sqrt(drawn.variance.mean() + drawn.mean.var()) * size
    assert drawn.mean.mean() * size == pytest.approx(mean, abs=0.05 * np.sqrt(variance))
    assert drawn_sd == pytest.approx(np.sqrt(variance), rel=0.05)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_short_chains_agree_with_one_long_chain(correlation):
    X, y = correlated(60, 20, correlation)
    model, state, _ = fitted(X, y, Horseshoe(4), "gaussian")
    long = refresh(model, state, 4000, np.random.RandomState(1))
    short = refresh(model, state, 300, np.random.RandomState(2))
    sd = np.sqrt(long.variance.mean(axis=0) + long.mean.var(axis=0))
    again = np.sqrt(short.variance.mean(axis=0) + short.mean.var(axis=0))
    bias = (short.mean.mean(axis=0) - long.mean.mean(axis=0)) / sd
    assert np.max(np.abs(bias)) < 0.2
    assert 0.92 < np.mean(again / sd) < 1.08


def test_more_columns_than_rows():
    X, y = rows(30, 50)
    model, state, _ = fitted(X, y, Horseshoe(3))
    assert model.family == "coordinate"
    first = refresh(model, state, 1200, np.random.RandomState(1))
    second = refresh(model, state, 1200, np.random.RandomState(2))
    sd = np.sqrt(first.variance.mean(axis=0) + first.mean.var(axis=0))
    gap = (first.mean.mean(axis=0) - second.mean.mean(axis=0)) / sd
    assert np.sqrt(np.mean(gap**2)) < 0.2


def test_a_seed_gives_the_same_draws():
    X, y = rows()
    for prior in (Horseshoe(), SpikeSlab()):
        model, state, _ = fitted(X, y, prior)
        first = refresh(model, state, 5, np.random.RandomState(1))
        second = refresh(model, state, 5, np.random.RandomState(1))
        np.testing.assert_array_equal(first.draws, second.draws)
        assert first.draws.shape == (5, 6)
