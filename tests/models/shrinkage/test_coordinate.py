"""Family "coordinate": exact where columns are orthogonal, and the same in any order of columns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from skvi.models.shrinkage.coordinate import coordinate_sweep, first_factors, node_factors
from skvi.models.shrinkage.starts import distinct, gaps
from skvi.priors import (
    ARD,
    AdaptiveShrinkage,
    Horseshoe,
    Laplace,
    RegularizedHorseshoe,
    SpikeSlab,
    StudentT,
)
from tests.models.shrinkage.problems import correlated, fitted, orthogonal, rows

PRIORS = [
    AdaptiveShrinkage(),
    ARD(),
    Horseshoe(),
    Laplace(),
    RegularizedHorseshoe(2.0),
    SpikeSlab(),
    SpikeSlab(0.2, df=np.inf),
    StudentT(),
]
every_prior = pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: repr(prior)[:24])


def exact_evidence(problem, noise, log_weight):
    """Log evidence with orthogonal columns, the noise and the shares of the nodes given."""
    quadratic, variance = problem.quadratic, problem.mixture.sd**2
    d, h = quadratic.squares[:, None], quadratic.linear[:, None]
    each = log_weight - 0.5 * np.log1p(d * variance)
    each = each + 0.5 * h**2 / noise * variance / (1.0 + d * variance)
    n = problem.weight
    plain = problem.constant - 0.5 * n * np.log(noise) - 0.5 * quadratic.total / noise
    return plain + logsumexp(each, axis=1).sum()


@pytest.mark.parametrize(
    "prior",
    [AdaptiveShrinkage(), SpikeSlab(0.3), StudentT(3.0, 0.5), Laplace(0.4)],
    ids=lambda prior: type(prior).__name__,
)
@pytest.mark.parametrize("n_rows", [40, 4])
def test_with_orthogonal_columns_the_bound_is_the_evidence(prior, n_rows):
    X, y = orthogonal(n_rows, min(5, n_rows - 1))
    _, state, _ = fitted(X, y, prior, "coordinate", n_iter=400)
    best, problem = state.posterior.best, state.posterior.problem
    evidence = exact_evidence(problem, best.noise_variance, best.log_weight)
    # learned shares have moved on by as much as the last iteration gained
    slack = 1e-7 if problem.mixture.learned else 0.0
    assert state.bound == pytest.approx(evidence, rel=1e-10, abs=1e-10 + slack)


def test_adaptive_shrinkage_at_given_shares_and_noise_is_the_evidence_to_ten_digits():
    X, y = orthogonal()
    shares = np.full(22, 1.0 / 22.0)
    prior = AdaptiveShrinkage(weights=shares)
    _, state, _ = fitted(X, y, prior, "coordinate", n_iter=1)
    problem = state.posterior.problem
    factors = first_factors(problem, np.arange(5), noise_variance=0.9)
    for _ in range(3):
        factors = coordinate_sweep(problem, factors, learn_noise=False)
    evidence = exact_evidence(problem, 0.9, np.log(shares))
    assert factors.bound == pytest.approx(evidence, abs=1e-10)


@every_prior
@pytest.mark.parametrize("n_rows", [60, 4])
def test_the_bound_never_falls(prior, n_rows):
    X, y = rows(n_rows, correlation=1.0)
    _, _, history = fitted(X, y, prior, "coordinate", tol=0.0, n_iter=80)
    assert np.min(np.diff(history)) >= -1e-9 * (1.0 + np.abs(history[-1]))


@every_prior
@pytest.mark.parametrize("n_rows", [60, 5])
def test_the_order_of_columns_does_not_matter(prior, n_rows):
    X, y = rows(n_rows, 7, correlation=0.7)
    order = np.random.RandomState(3).permutation(7)
    _, first, _ = fitted(X, y, prior, "coordinate", n_iter=60)
    _, second, _ = fitted(X[:, order], y, prior, "coordinate", n_iter=60)
    assert second.bound == pytest.approx(first.bound, rel=1e-8)
    mean, again = first.posterior.best.mean, second.posterior.best.mean
    np.testing.assert_allclose(again, mean[order], atol=1e-6)


def test_squared_rows_and_a_square_root_of_them_agree():
    X, y = rows(12, 6, correlation=0.5)
    _, squared, _ = fitted(X, y, Horseshoe(2), "coordinate", n_iter=50)
    _, padded, _ = fitted(np.hstack([X, X @ np.zeros((6, 9))]), y, Horseshoe(2), "coordinate")
    assert not padded.posterior.problem.quadratic.by_rows or len(padded.posterior.members)
    from skvi.inference.blocks import ArrayBlocks
    from skvi.inference.monitor import evaluate
    from skvi.models.shrinkage.regression import ShrinkageRegressionModel

    model = ShrinkageRegressionModel(
        Horseshoe(2), None, "coordinate", n_features=6, square_root=True
    )
    summary = model.start(ArrayBlocks(X, y[:, None], np.ones(12)), None)
    prior = model.prior(model.facts(summary))
    state = evaluate(model, prior, summary)
    for _ in range(200):
        state = evaluate(model, prior, summary, state.posterior)
    assert state.posterior.problem.quadratic.by_rows
    assert state.bound == pytest.approx(squared.bound, abs=1e-5)


def test_moments_are_those_of_the_nodes():
    X, y = rows()
    _, state, _ = fitted(X, y, Horseshoe(2), "coordinate", tol=1e-12, n_iter=2000)
    best = state.posterior.best
    probability, mean, sd = node_factors(state.posterior.problem, best)
    np.testing.assert_allclose(np.sum(probability * mean, axis=1), best.mean, atol=1e-5)
    second = np.sum(probability * (mean**2 + sd**2), axis=1)
    np.testing.assert_allclose(second - best.mean**2, best.variance, rtol=1e-3)


def test_several_optima_are_kept_and_told_apart():
    X, y = correlated(100, 6, 0.98)
    _, state, _ = fitted(X, y, SpikeSlab(0.2), "coordinate")
    members = state.posterior.members
    assert len(members) > 1
    assert np.all(np.diff([member.bound for member in members]) <= 0.0)
    assert gaps(members[0], members[1]) > 0.01
    assert len(distinct([members[0], members[0], members[1]])) == 2


def test_independent_columns_favour_this_bound():
    X, y = rows(100, 10)
    _, coordinate, _ = fitted(X, y, Horseshoe(), "coordinate")
    _, gaussian, _ = fitted(X, y, Horseshoe(), "gaussian")
    assert coordinate.bound >= gaussian.bound
