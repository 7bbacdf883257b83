"""Family "gaussian": the bound against other ways to work it out, and against the evidence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import exp1, logsumexp

from skvi.models.shrinkage.scales import local_factors, settled_precisions
from skvi.priors import (
    ARD,
    Gamma,
    GroupedRidge,
    HalfCauchy,
    Horseshoe,
    Laplace,
    RegularizedHorseshoe,
    Ridge,
    StudentT,
)
from skvi.priors._base import DesignFacts
from tests.models.shrinkage.problems import fitted, rows

PRIORS = [
    Horseshoe(),
    RegularizedHorseshoe(2.0),
    Laplace(),
    StudentT(3.0, 0.5),
    ARD(),
    ARD([[0, 1], [2, 3, 4, 5]]),
    GroupedRidge([[0, 1], [2, 3, 4, 5]]),
]
every_prior = pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: repr(prior)[:24])


def monte_carlo_bound(problem, factors, n_draws=4000, seed=0):
    """Bound and its standard error from draws of all factors."""
    rng = np.random.RandomState(seed)
    mixture, quadratic = problem.mixture, problem.quadratic
    squares = mixture.gathered(factors.half_squares)
    log_q = factors.log_weight_used - mixture.sizes[:, None] * np.log(mixture.sd)
    log_q = log_q - squares[:, None] / mixture.sd**2
    log_q -= logsumexp(log_q, axis=1, keepdims=True)
    values = []
    covariance = np.diag(factors.conditional.variance)
    free = factors.conditional.free
    free = np.arange(len(covariance)) if free is None else free
    covariance[np.ix_(free, free)] = factors.conditional.root.T @ factors.conditional.root
    log_det = np.linalg.slogdet(covariance)[1]
    p = len(factors.precision)
    form = problem.noise.conjugate_form()
    for _ in range(n_draws):
        piece = rng.choice(len(factors.noise.weight), p=factors.noise.weight)
        shape = factors.noise.shape
        rates = shape * factors.noise.variance
        beta = rng.gamma(shape) / rates[piece]
        deviate = factors.conditional.deviate(factors.precision, rng)
        w = factors.conditional.mean + deviate / np.sqrt(beta)
        node = [rng.choice(len(mixture.sd), p=np.exp(row)) for row in log_q]
        common = rng.choice(len(factors.common), p=factors.common)
        sd = mixture.spread(mixture.sd[node])
        value = problem.constant + 0.5 * problem.weight * np.log(beta)
        value -= 0.5 * beta * quadratic.residual(w)
        value += stats.norm.logpdf(w, 0.0, sd / np.sqrt(beta)).sum()
        value += mixture.log_weight[common, node].sum() + mixture.log_common[common]
        rate = form.rate * np.exp(-2.0 * problem.log_scale)
        constant = form.log_constant - 2.0 * form.shape * problem.log_scale
        value += logsumexp(constant + (form.shape - 1.0) * np.log(beta) - rate * beta)
        value -= logsumexp(
            np.log(factors.noise.weight) + stats.gamma.logpdf(beta, shape, scale=1.0 / rates)
        )
        square = np.linalg.solve(covariance, deviate) @ deviate
        value -= 0.5 * (p * np.log(beta / (2.0 * np.pi)) - log_det - square)
        value -= log_q[np.arange(len(node)), node].sum() + np.log(factors.common[common])
        values.append(value)
    return np.mean(values), np.std(values) / np.sqrt(n_draws)


class Used:
    """Factors with the log probabilities that the scales were made with."""

    def __init__(self, factors, log_weight):
        self._factors, self.log_weight_used = factors, log_weight

    def __getattr__(self, name):
        return getattr(self._factors, name)


@every_prior
def test_the_bound_is_the_expectation_of_the_log_ratio(prior):
    X, y = rows()
    _, state, _ = fitted(X, y, prior, "gaussian", n_iter=4)
    _, after, _ = fitted(X, y, prior, "gaussian", n_iter=5)
    used = Used(after.posterior.best, state.posterior.best.log_weight)
    mean, error = monte_carlo_bound(after.posterior.problem, used, 1500)
    assert error < 0.2
    assert after.bound == pytest.approx(mean, abs=4.0 * error)


@every_prior
def test_the_bound_never_falls(prior):
    for n_rows in (60, 5):
        X, y = rows(n_rows)
        _, _, history = fitted(X, y, prior, "gaussian", tol=0.0, n_iter=60)
        assert np.min(np.diff(history)) >= -1e-9 * (1.0 + np.abs(history[-1]))
        assert history[-1] - history[0] > 1e-3


def test_the_bound_is_below_the_evidence_and_near_it_with_one_weight():
    X, y = rows(30, 1, size=0.5)
    prior = StudentT(3.0, 1.0)
    model, state, _ = fitted(X, y, prior, "gaussian", Gamma(2.0, 1.0))
    problem = state.posterior.problem
    # a grid over the scale: given it the evidence is that of a ridge regression
    from skvi import VariationalBayesianRegression

    mixture = problem.mixture
    alpha = (mixture.unit[0] * mixture.sd) ** -2.0
    keep = mixture.log_weight[0] > -40.0
    values = [
        VariationalBayesianRegression(prior=Ridge(a), noise_prior=Gamma(2.0, 1.0)).fit(X, y).elbo_
        for a in alpha[keep]
    ]
    evidence = logsumexp(mixture.log_weight[0][keep] + values)
    assert state.bound < evidence
    assert state.bound == pytest.approx(evidence, abs=0.3)


def test_one_group_is_a_factorised_ridge():
    X, y = rows(60, 6)
    from skvi import VariationalBayesianRegression

    exact = VariationalBayesianRegression().fit(X, y)
    _, state, _ = fitted(X, y, GroupedRidge(), "gaussian")
    best = state.posterior.best
    assert state.bound < exact.elbo_
    assert state.bound == pytest.approx(exact.elbo_, abs=0.2)
    size = np.exp(state.posterior.problem.log_scale) * state.posterior.problem.mixture.unit
    sd = exact.posterior_.coef.sd
    np.testing.assert_allclose(best.conditional.mean * size, exact.coef_, atol=0.05 * sd.max())


@pytest.mark.parametrize("noise", [Gamma(2.0, 3.0), HalfCauchy(2.0), None])
def test_squared_rows_and_a_square_root_of_them_agree(noise):
    X, y = rows(20, 6)
    _, squared, _ = fitted(X, y, Horseshoe(2), "gaussian", noise, n_iter=30, tol=0.0)
    from skvi.models.shrinkage import regression

    model = regression.ShrinkageRegressionModel(
        Horseshoe(2), noise, "gaussian", n_features=6, square_root=True
    )
    from skvi.inference.blocks import ArrayBlocks
    from skvi.inference.monitor import evaluate

    summary = model.start(ArrayBlocks(X, y[:, None], np.ones(20)), None)
    prior = model.prior(model.facts(summary))
    state = evaluate(model, prior, summary)
    for _ in range(30):
        state = evaluate(model, prior, summary, state.posterior)
    assert state.bound == pytest.approx(squared.bound, rel=1e-6)


def test_local_factors_of_the_horseshoe_are_the_exponential_integral():
    # E lambda^-2 = 1 / (c exp(c) E1(c)) - 1 under q(t) ~ exp(-c t) / (1 + t), t = lambda^-2
    mixture = Horseshoe(0.5).scale_mixture(DesignFacts(1, 1.0, np.ones(1)))
    index = int(np.argmin(np.abs(np.log(mixture.common))))
    mixture = mixture._replace(unit=np.ones(3), log_weight=mixture.log_weight[[index]])
    c = np.array([0.02, 0.7, 9.0])
    local = local_factors(mixture, c, mixture.log_weight[0])
    np.testing.assert_allclose(local.precision, 1.0 / (c * np.exp(c) * exp1(c)) - 1.0, rtol=2e-3)
    log_q = mixture.log_weight[0] - np.log(mixture.sd) - c[:, None] / mixture.sd**2
    q = np.exp(log_q - logsumexp(log_q, axis=1, keepdims=True))
    assert local.entropy == pytest.approx(-np.sum(q * np.log(np.maximum(q, 1e-300))), rel=1e-9)
    np.testing.assert_allclose(local.counts, q.sum(axis=0), atol=1e-12)
    np.testing.assert_allclose(local.log_sd, q @ np.log(mixture.sd), rtol=1e-9)


def test_settled_precisions_are_fixed_points_in_the_direction_of_a_sweep():
    facts = DesignFacts(40, np.sqrt(40.0), np.ones(40), 100.0)
    for mixture in (
        Horseshoe(3).scale_mixture(facts),
        ARD().scale_mixture(facts),
        GroupedRidge(np.arange(40) // 8).scale_mixture(facts),
    ):
        rng = np.random.RandomState(0)
        start = mixture.spread(np.exp(rng.uniform(-3.0, 6.0, len(mixture.sizes))))
        data, pull = rng.uniform(20.0, 100.0, 40), rng.standard_normal(40) * 20.0
        log_weight = mixture.expected_log_weight(np.exp(mixture.log_common))
        settled = settled_precisions(mixture, start, data, pull, 1.3, log_weight)

        def swept(t, mixture=mixture, data=data, pull=pull, log_weight=log_weight):
            variance = 1.0 / (data + t)
            half_squares = 0.5 * (variance + 1.3 * (pull * variance) ** 2)
            return mixture.spread(local_factors(mixture, half_squares, log_weight).precision)

        np.testing.assert_allclose(np.log(swept(settled)), np.log(settled), atol=2e-3)
        assert np.all((swept(start) - start) * (settled - start) >= -1e-6 * start)


def test_nothing_to_be_told_leaves_every_weight_at_zero():
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((200, 4)), rng.standard_normal(200)
    y -= X @ np.linalg.lstsq(X, y, rcond=None)[0]
    _, state, _ = fitted(X, y - y.mean(), ARD(), "gaussian")
    best = state.posterior.best
    assert best.conditional.free is not None
    assert len(best.conditional.free) < 4
    np.testing.assert_allclose(best.conditional.mean, 0.0, atol=1e-3)
