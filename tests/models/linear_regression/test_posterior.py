"""Moments, predictive distributions, extremes of scale, degenerate data, the mean field."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import logsumexp
from sklearn import linear_model

from skvi.models.linear_regression import (
    coefficients,
    covariance,
    expanded,
    intercept,
    noise_moments,
    predictive,
    prior_precision,
    sample,
)
from skvi.priors import Flat, Gamma, HalfCauchy, HalfStudentT, Normal, Ridge
from tests.models.linear_regression import reference as ref


@pytest.mark.parametrize(("n", "p"), [(20, 3), (6, 6), (6, 40)])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_ridge_is_scikit_learn_s(n, p, fit_intercept):
    X, y = ref.data(n, p)
    *_, posterior, _ = ref.fit(X, y, Ridge(0.3), fit_intercept=fit_intercept)
    peer = linear_model.Ridge(0.3, fit_intercept=fit_intercept).fit(X, y)
    np.testing.assert_allclose(coefficients(posterior).mean(), peer.coef_, rtol=1e-8)
    np.testing.assert_allclose(predictive(X, posterior).mean(), peer.predict(X), rtol=1e-9)
    if fit_intercept:
        assert intercept(posterior).mean()[0] == pytest.approx(peer.intercept_, rel=1e-9)
    else:
        assert intercept(posterior) is None


@pytest.mark.parametrize(("n", "p"), [(20, 3), (6, 6), (6, 12)])
def test_conjugate_posterior_in_closed_form(n, p):
    X, y = ref.data(n, p)
    *_, posterior, _ = ref.fit(X, y, Ridge(0.7), Gamma(2.0, 0.4))
    centred, rest = X - X.mean(axis=0), y - y.mean()
    V = np.linalg.inv(centred.T @ centred + 0.7 * np.eye(p))
    m = V @ centred.T @ rest
    shape = 2.0 + 0.5 * n
    rate = 0.4 + 0.5 * (rest @ rest - rest @ centred @ m)
    scale = rate / shape
    new = np.random.RandomState(4).standard_normal((3, p)) + 1.0
    z = new - X.mean(axis=0)
    spread = scale * (1.0 + 1.0 / (n + ref.KAPPA) + np.einsum("ij,jk,ik->i", z, V, z))
    truth = stats.t(2 * shape, y.mean() + z @ m, np.sqrt(spread))
    at = np.array([-1.0, 0.0, 4.0])
    np.testing.assert_allclose(predictive(new, posterior).logpdf(at), truth.logpdf(at), rtol=1e-8)
    without = predictive(new, posterior, noise=False)
    np.testing.assert_allclose(without.scale[:, 0] ** 2, spread - scale, rtol=1e-7)
    expected = scale * V * shape / (shape - 1.0)
    np.testing.assert_allclose(covariance(posterior), expected, rtol=1e-7, atol=1e-12)
    np.testing.assert_allclose(coefficients(posterior).var(), np.diag(expected), rtol=1e-8)
    assert noise_moments(posterior).variance == pytest.approx(rate / (shape - 1.0), rel=1e-9)
    assert noise_moments(posterior).precision == pytest.approx(1.0 / scale, rel=1e-9)
    assert prior_precision(posterior) == pytest.approx(0.7)


@pytest.mark.parametrize("noise", [HalfCauchy(0.6), HalfStudentT(np.inf, 0.6), Gamma(2.0, 0.4)])
def test_moments_of_absolute_normal_weights(noise):
    X, y = ref.data(15, 3)
    *_, posterior, _ = ref.fit(X, y, Normal(0.5, 2.0), noise)
    dense = ref.DenseTargets(X, y, np.full(3, 0.5), 2.0 * np.eye(3), True)
    v = np.arange(-12.0, 25.0, 0.02)
    log_joint = dense.normal(np.exp(v), 1.0) + noise.log_density_of_log_variance(v)
    weight = np.exp(log_joint - logsumexp(log_joint))
    centred, rest = X - X.mean(axis=0), y - y.mean()
    inner = [np.linalg.inv(centred.T @ centred / s + np.eye(3) / 2.0) for s in np.exp(v)]
    means = np.array(
        [V @ (centred.T @ rest / s + 0.25) for V, s in zip(inner, np.exp(v), strict=True)]
    )
    mean = weight @ means
    between = (means - mean).T * weight @ (means - mean)
    np.testing.assert_allclose(coefficients(posterior).mean(), mean, rtol=1e-8)
    total = np.tensordot(weight, inner, 1) + between
    np.testing.assert_allclose(covariance(posterior), total, rtol=1e-7, atol=1e-12)
    assert noise_moments(posterior).mean == pytest.approx(weight @ np.exp(0.5 * v), rel=1e-8)


def test_flat_priors_give_classical_intervals():
    X, y = ref.data(20, 3)
    *_, posterior, _ = ref.fit(X, y, Flat(), Flat(), fit_intercept=False)
    coef, rss, *_ = np.linalg.lstsq(X, y, rcond=None)
    nu = 20 - 3 - 1
    scale = np.sqrt(np.diag(np.linalg.inv(X.T @ X)) * rss / nu)
    quantiles = coefficients(posterior).ppf(np.array([[0.05], [0.95]]))
    np.testing.assert_allclose(quantiles, stats.t(nu, coef, scale).ppf([[0.05], [0.95]]), rtol=1e-8)


@pytest.mark.parametrize("family", ["structured", "mean_field"])
@pytest.mark.parametrize("noise", [Gamma(6.0, 2.0), HalfCauchy(1.0)])
@pytest.mark.parametrize("prior", [Ridge(), Normal(0.1, np.diag([1.0, 2.0, 0.5, 1.0])), Flat()])
def test_draws_have_the_moments(prior, noise, family):
    X, y = ref.data(25, 4)
    *_, posterior, _ = ref.fit(X, y, prior, noise, family=family, sweeps=20)
    posterior = expanded(posterior)
    draws = sample(posterior, 40000, np.random.RandomState(0))
    truth = covariance(posterior)
    sd = np.sqrt(np.diag(truth))
    error = np.cov(draws.coef.T) / np.outer(sd, sd) - truth / np.outer(sd, sd)
    assert np.max(np.abs(error)) < 0.05
    # five standard errors of a mean of 40000
    assert np.all(np.abs(draws.coef.mean(axis=0) - coefficients(posterior).mean()) < 0.025 * sd)
    curve = draws.intercept + draws.coef @ X[0]
    function = predictive(X[:1], posterior, noise=False)
    assert abs(curve.mean() - function.mean()[0]) < 0.025 * function.std()[0]
    assert curve.std() == pytest.approx(function.std()[0], rel=0.04)
    noise = noise_moments(posterior)
    assert abs(draws.sigma.mean() - noise.mean) < 0.025 * noise.sd
    assert draws.sigma.std() == pytest.approx(noise.sd, rel=0.06)


def test_draws_where_columns_outnumber_rows():
    X, y = ref.data(8, 20)
    *_, posterior, _ = ref.fit(X, y, Ridge(), Gamma(6.0, 2.0))
    assert posterior.spectrum.n_null > 0
    draws = sample(posterior, 40000, np.random.RandomState(0))
    truth = covariance(posterior)
    sd = np.sqrt(np.diag(truth))
    error = (np.cov(draws.coef.T) - truth) / np.outer(sd, sd)
    assert np.max(np.abs(error)) < 0.05
    new = np.random.RandomState(1).standard_normal((1, 20))
    density = predictive(new, posterior)
    area = integrate.quad(lambda t: density.pdf(t)[0], -np.inf, np.inf, limit=300)[0]
    assert area == pytest.approx(1.0, abs=1e-7)


@pytest.mark.parametrize("noise", [None, Gamma(2.0, 1.0), HalfCauchy(1.0)])
@pytest.mark.parametrize("prior", [Ridge(), Ridge(1.0), Normal(0.1, 2.0)])
@pytest.mark.parametrize(("n", "p"), [(30, 3), (12, 8), (6, 12)])
def test_mean_field_rises_below_the_evidence(n, p, prior, noise):
    X, y = ref.data(n, p)
    if n < p and isinstance(prior, Normal) and isinstance(noise, HalfCauchy):
        with pytest.raises(ValueError, match="evidence infinite"):
            ref.fit(X, y, prior, noise)
        return
    *_, structured = ref.fit(X, y, prior, noise)
    *_, bounds = ref.fit(X, y, prior, noise, family="mean_field", sweeps=40)
    assert np.all(np.diff(bounds) > -1e-9 * (1.0 + np.abs(bounds[:-1])))
    assert bounds[-1] < structured[0]


def test_mean_field_bound_by_monte_carlo():
    X, y = ref.data(12, 2)
    *_, posterior, bounds = ref.fit(
        X, y, Ridge(0.8), Gamma(2.0, 1.0), family="mean_field", sweeps=5, fit_intercept=False
    )
    state, rng = posterior.state[0], np.random.RandomState(0)
    unit = posterior.spectrum.y_scale[0]
    tau = rng.gamma(state.noise.shape, 1.0 / state.noise.rate, 200000)
    one = coefficients(posterior)
    factor = np.linalg.cholesky(covariance(posterior))
    z = rng.standard_normal((200000, 2))
    w = one.mean() + z @ factor.T
    log_q = -0.5 * np.sum(z**2 + np.log(2 * np.pi), axis=1) - np.sum(np.log(np.diag(factor)))
    log_q = log_q + stats.gamma(state.noise.shape, scale=1.0 / state.noise.rate).logpdf(tau)
    tau_y = tau / unit**2
    log_q = log_q + 2.0 * np.log(unit)
    log_p = stats.gamma(2.0, scale=1.0).logpdf(tau_y)
    log_p = log_p + np.sum(stats.norm(0.0, 1.0 / np.sqrt(0.8 * tau_y)[:, None]).logpdf(w), axis=1)
    deviation = y - w @ X.T
    log_p = log_p + 6.0 * np.log(tau_y / (2 * np.pi)) - 0.5 * tau_y * np.sum(deviation**2, axis=1)
    values = log_p - log_q
    assert abs(values.mean() - bounds[-1]) < 5.0 * values.std() / np.sqrt(len(values))


@pytest.mark.parametrize(("x_unit", "y_unit"), [(1e-150, 1e150), (1e150, 1e-150), (1e150, 1e150)])
def test_extreme_units(x_unit, y_unit):
    X, y = ref.data(12, 3)
    new = X[:4] + 0.1
    for square_root in (False, True):
        *_, plain, bounds = ref.fit(X, y, Ridge(), square_root=square_root)
        *_, posterior, extreme = ref.fit(X * x_unit, y * y_unit, Ridge(), square_root=square_root)
        assert extreme[0] == pytest.approx(bounds[0] - 12 * np.log(y_unit), rel=1e-10)
        ratio = predictive(new * x_unit, posterior).std() / y_unit
        np.testing.assert_allclose(ratio, predictive(new, plain).std(), rtol=1e-8)


@pytest.mark.parametrize("family", ["structured", "mean_field"])
def test_degenerate_data(family):
    X, y = ref.data(10, 3)
    constant = np.column_stack([X, np.full(10, 3.0)])
    cases = [
        (X[:1], y[:1]),
        (X, np.full(10, 2.5)),
        (X, np.zeros(10)),
        (constant, y),
        (np.column_stack([X, X[:, 0]]), y),
        (np.zeros((10, 2)), y),
    ]
    for design, target in cases:
        *_, posterior, bounds = ref.fit(design, target, Ridge(), family=family, sweeps=3)
        distribution = predictive(design, expanded(posterior))
        assert np.all(np.isfinite(bounds))
        assert np.all(np.isfinite(distribution.ppf(0.9)))
        assert np.all(distribution.ppf(0.9) > distribution.ppf(0.1))


def test_improper_posteriors_are_refused():
    X, y = ref.data(6, 3)
    with pytest.raises(ValueError, match=r"prior=Flat\(\) needs more rows than columns"):
        ref.fit(X[:3], y[:3], Flat())
    with pytest.raises(ValueError, match=r"prior=Flat\(\) needs more rows than columns"):
        ref.fit(np.column_stack([X, X[:, 0]]), y, Flat(), square_root=True)
    with pytest.raises(ValueError, match="constant"):
        ref.fit(np.column_stack([X, np.ones(6)]), y, Flat())
    with pytest.raises(ValueError, match="improper"):
        ref.fit(X, np.ones(6), Ridge(), Flat())
    with pytest.raises(ValueError, match="infinite"):
        ref.fit(X, np.ones(6), Ridge(), HalfCauchy(1.0))


def test_ill_conditioned_design_needs_a_square_root():
    n, p = 30, 5
    rng = np.random.RandomState(0)
    left, _ = np.linalg.qr(rng.standard_normal((n, p)))
    right, _ = np.linalg.qr(rng.standard_normal((p, p)))
    X = left * np.logspace(0, -10, p) @ right.T
    y = X @ rng.standard_normal(p) + 1e-12 * rng.standard_normal(n)
    options = {"fit_intercept": False}
    prior = Ridge(1e-18)
    model, resolved, *_ = ref.fit(X, y, prior, Gamma(1.0, 1e-24), **options)
    assert model.needs_square_root(resolved, model._last[0])
    *_, posterior, _ = ref.fit(X, y, prior, Gamma(1.0, 1e-24), square_root=True, **options)
    with mpmath.workdps(60):
        A = mpmath.matrix(X.tolist())
        gram = A.T * A + mpmath.mpf("1e-18") * mpmath.eye(p)
        truth = mpmath.lu_solve(gram, A.T * mpmath.matrix(y.tolist()))
        truth = np.array([float(value) for value in truth])
    # the data determine this direction to no better than the condition number times the rounding
    np.testing.assert_allclose(coefficients(posterior).mean(), truth, atol=2e-5)
    well = ref.fit(*ref.data(30, 4), Ridge())
    assert not well[0].needs_square_root(well[1], well[0]._last[0])


def test_blocks_merge_to_the_whole():
    from skvi.inference.protocol import Block
    from skvi.inference.summary import total

    X, y = ref.data(40, 4)
    for square_root in (False, True):
        model, *_, bounds = ref.fit(X, y, Ridge(), square_root=square_root)
        parts = [
            model.summarize(
                Block(X[i : i + 7], y[i : i + 7, None], np.ones(len(X[i : i + 7])), 0), None
            )
            for i in range(0, 40, 7)
        ]
        summary = total(parts)
        prior = model.prior(model.facts(summary))
        posterior = model.update(prior, summary)
        assert sum(model.bound(prior, posterior, summary).values()) == pytest.approx(bounds[0])


def test_intervals_cover():
    rng = np.random.RandomState(0)
    hits = []
    for _ in range(200):
        X = rng.standard_normal((17, 10))
        y = 1.0 + X @ rng.standard_normal(10) + rng.standard_normal(17)
        *_, posterior, _ = ref.fit(X[:12], y[:12], Ridge())
        level = predictive(X[12:], posterior).cdf(y[12:])
        hits.append(np.mean((level > 0.05) & (level < 0.95)))
    assert abs(np.mean(hits) - 0.9) < 0.05
