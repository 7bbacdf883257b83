"""Weights with scales of their own under other likelihoods: bounds, limits, references."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi import (
    ARD,
    GroupedRidge,
    Horseshoe,
    Laplace,
    RegularizedHorseshoe,
    Ridge,
    SpikeSlab,
    StudentT,
    VariationalBayesianRegression,
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
    VariationalQuantileRegressor,
)

RNG = np.random.RandomState(0)
X = 2.0 * RNG.standard_normal((150, 6)) + 1.0
ETA = 0.8 * (X[:, 0] - 1.0) - 0.5 * (X[:, 3] - 1.0)
TARGETS = {
    "logistic": (RNG.random_sample(150) < 1.0 / (1.0 + np.exp(-ETA))).astype(int),
    "softmax": np.digitize(ETA + RNG.logistic(size=150), [-1.0, 1.0]),
    "counts": RNG.poisson(np.exp(0.4 * ETA + 1.0)),
    "ordinal": np.digitize(ETA + RNG.logistic(size=150), [-1.0, 1.0]),
    "quantile": ETA + RNG.standard_t(4, 150),
    "outliers": ETA + RNG.standard_t(4, 150),
    "heteroscedastic": ETA + RNG.standard_normal(150) * np.exp(0.2 * X[:, 1]),
}
ESTIMATORS = {
    "logistic": VariationalLogisticRegression,
    "softmax": VariationalLogisticRegression,
    "counts": VariationalGLMRegressor,
    "ordinal": VariationalOrdinalRegression,
    "quantile": VariationalQuantileRegressor,
    "outliers": lambda **o: VariationalBayesianRegression(likelihood="student_t", **o),
    "heteroscedastic": lambda **o: VariationalBayesianRegression(likelihood="heteroscedastic", **o),
}
PRIORS = [
    ARD(),
    GroupedRidge([[0, 1, 2], [3, 4, 5]]),
    Horseshoe(),
    Laplace(),
    RegularizedHorseshoe(2.0),
    StudentT(),
]
every_prior = pytest.mark.parametrize("prior", PRIORS, ids=lambda prior: type(prior).__name__)
every_likelihood = pytest.mark.parametrize("kind", list(TARGETS))


def fit(kind, prior, **options):
    options = {"refresh": 0} | options
    return ESTIMATORS[kind](prior=prior, **options).fit(X, TARGETS[kind])


@every_prior
@every_likelihood
def test_the_bound_never_falls_and_its_terms_add_up(kind, prior):
    estimator = fit(kind, prior)
    history = estimator.elbo_history_
    assert estimator.converged_
    assert np.min(np.diff(history), initial=0.0) >= -1e-9 * (1.0 + np.abs(history[-1]))
    assert sum(estimator.elbo_terms_.values()) == pytest.approx(estimator.elbo_, rel=1e-12)
    assert np.all(np.nan_to_num(estimator.lambda_, nan=1.0) > 0.0)


def test_one_group_is_a_factorised_ridge():
    for kind in ("logistic", "counts"):
        grouped, ridge = fit(kind, GroupedRidge()), fit(kind, Ridge())
        assert grouped.elbo_ == pytest.approx(ridge.elbo_, abs=0.02)
        np.testing.assert_allclose(grouped.coef_, ridge.coef_, rtol=0.02, atol=0.002)


def test_the_divergence_by_draws():
    estimator = fit("logistic", Horseshoe())
    posterior, prior = estimator._state.posterior, estimator._state.prior
    mixture, scale, features = prior.mixture, posterior.scale, prior.features
    rng = np.random.RandomState(0)
    root = posterior.root
    squares = np.einsum("ij,ij->j", root, root) + (posterior.mean - prior.mean) ** 2
    half = 0.5 * (prior.scaled * squares)[features]
    log_weight = mixture.expected_log_weight(scale.common)
    log_q = log_weight - np.log(mixture.sd) - half[:, None] / mixture.sd**2
    q = np.exp(log_q - log_q.max(axis=1, keepdims=True))
    q /= q.sum(axis=1, keepdims=True)
    w = posterior.mean + rng.standard_normal((4000, len(root))) @ root
    units = np.sqrt(prior.scaled[features])
    log_prior = stats.norm.logpdf(w[:, -1], prior.mean[-1], prior.fixed[-1] ** -0.5)
    for j in range(len(features)):
        at = stats.norm.logpdf(w[:, j, None], 0.0, mixture.sd / units[j])
        log_prior = log_prior + at @ q[j]
    covariance = root.T @ root
    log_factor = stats.multivariate_normal(posterior.mean, covariance).logpdf(w)
    values = log_prior - log_factor
    terms = estimator.elbo_terms_
    error = values.std() / np.sqrt(len(values))
    assert terms["coef"] == pytest.approx(values.mean(), abs=4.0 * error + 1e-3)
    divergence = scale.common @ (np.log(np.maximum(scale.common, 1e-300)) - mixture.log_common)
    own = np.sum(q * (log_weight - np.log(np.maximum(q, 1e-300)))) - divergence
    assert terms["scale"] == pytest.approx(own, abs=0.02)


def test_a_spike_is_refused():
    with pytest.raises(ValueError, match="prior=SpikeSlab.* a coefficient can be zero"):
        fit("logistic", SpikeSlab())


@every_likelihood
def test_further_rows_and_warm_starts(kind):
    estimator = ESTIMATORS[kind](prior="horseshoe", refresh=0, warm_start=True)
    estimator.fit(X, TARGETS[kind])
    again = estimator.elbo_
    assert estimator.fit(X, TARGETS[kind]).elbo_ == pytest.approx(again, abs=0.05)


@pytest.mark.parametrize("kind", ["logistic", "counts", "outliers"])
def test_refresh_changes_moments_and_little_else(kind):
    plain = fit(kind, Horseshoe())
    refreshed = fit(kind, Horseshoe(), refresh=100, random_state=0)
    assert refreshed.elbo_ == plain.elbo_
    sd = np.ravel(refreshed.posterior_.coef.sd)
    gap = np.abs(np.ravel(refreshed.coef_ - plain.coef_)) / sd
    assert np.all(gap < 1.5)
    assert np.all((sd > 0.3 * np.ravel(plain.posterior_.coef.sd)) & (sd < 3.0))
    draws = refreshed.posterior_.coef.sample(2000, random_state=0)
    np.testing.assert_allclose(np.ravel(draws.std(axis=0)), sd, rtol=0.15)


def test_refreshed_logistic_weights_against_importance_sampling():
    y = TARGETS["logistic"]
    prior = StudentT(4.0, 0.5)
    refreshed = fit("logistic", prior, refresh=400, random_state=0)
    plain = fit("logistic", prior)
    posterior, resolved = plain._state.posterior, plain._state.prior
    rng = np.random.RandomState(1)
    proposal = stats.multivariate_t(
        posterior.mean, 1.3 * posterior.root.T @ posterior.root, df=6, seed=rng
    )
    w = proposal.rvs(60_000)
    rows = np.column_stack([(X - X.mean(axis=0)) / X.std(axis=0), np.ones(len(X))])
    eta = w @ rows.T
    log_weight = eta @ y - np.logaddexp(0.0, eta).sum(axis=1) - proposal.logpdf(w)
    log_weight += stats.norm.logpdf(w[:, -1], resolved.mean[-1], 10.0)
    log_weight += stats.t(4.0, 0.0, 0.5).logpdf(w[:, :-1]).sum(axis=1)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    assert 1.0 / np.sum(weight**2) > 3000
    mean = weight @ w[:, :-1]
    sd = np.sqrt(weight @ (w[:, :-1] - mean) ** 2)
    spread = X.std(axis=0)
    np.testing.assert_allclose(refreshed.coef_[0] * spread, mean, atol=0.12 * sd.max())
    np.testing.assert_allclose(refreshed.posterior_.coef.sd[0] * spread, sd, rtol=0.1)
