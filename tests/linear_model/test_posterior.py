"""The posterior a fitted regression shows: moments, draws and the coefficient table agree."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import special, stats

from skvi import Gamma, HalfCauchy, Normal, Ridge, VariationalBayesianRegression
from tests.linear_model.problems import problem

SETTINGS = [
    {},
    {"prior": Ridge(1.0), "noise_prior": HalfCauchy(1.0)},
    {"prior": Normal(0.0, 4.0)},
    {"family": "mean_field"},
    {"fit_intercept": False},
]
N_DRAWS = 40_000


@pytest.mark.parametrize("options", SETTINGS, ids=repr)
@pytest.mark.parametrize("shape", [(25, 3), (12, 20)])
def test_moments_and_draws_of_every_factor_agree(options, shape):
    X, y = problem(*shape)
    fitted = VariationalBayesianRegression(**options).fit(X, y)
    posterior = fitted.posterior_
    assert list(posterior) == ["coef", "intercept", "noise"]
    for name, factor in posterior.items():
        draws = factor.sample(N_DRAWS, random_state=0)
        assert draws.shape == (N_DRAWS, *np.shape(factor.mean))
        # five standard errors; that of a variance, with heavy tails allowed for
        error = 5.0 * factor.sd / np.sqrt(N_DRAWS)
        assert np.all(np.abs(draws.mean(axis=0) - factor.mean) <= error + 1e-12), name
        np.testing.assert_allclose(draws.std(axis=0), factor.sd, rtol=0.06, err_msg=name)
        sd = np.sqrt(np.diagonal(factor.cov, axis1=-2, axis2=-1))
        np.testing.assert_allclose(sd.reshape(np.shape(factor.sd)), factor.sd, rtol=1e-8)
    coef = posterior.coef
    np.testing.assert_allclose(coef.mean, fitted.coef_, rtol=1e-9)
    np.testing.assert_allclose(posterior["intercept"].mean, fitted.intercept_, atol=1e-9)
    np.testing.assert_array_equal(coef.cov, fitted.sigma_)
    correlation = np.corrcoef(coef.sample(N_DRAWS, random_state=0).T)
    exact = coef.cov / np.outer(coef.sd, coef.sd)
    np.testing.assert_allclose(correlation, exact, atol=0.03)


def test_conjugate_posterior_in_closed_form():
    X, y = problem(12)
    fitted = VariationalBayesianRegression(
        prior=Ridge(0.5), noise_prior=Gamma(2.0, 3.0), fit_intercept=False
    ).fit(X, y)
    precision = X.T @ X + 0.5 * np.eye(3)
    mean = np.linalg.solve(precision, X.T @ y)
    shape, rate = 8.0, 3.0 + 0.5 * (y @ y - mean @ precision @ mean)
    covariance = rate / (shape - 1.0) * np.linalg.inv(precision)
    np.testing.assert_allclose(fitted.sigma_, covariance, rtol=1e-9)
    assert fitted.alpha_ == pytest.approx(shape / rate, rel=1e-10)
    assert fitted.lambda_ == pytest.approx(0.5 * shape / rate, rel=1e-10)
    root = stats.invgamma(shape, scale=rate)
    assert fitted.posterior_.noise.mean == pytest.approx(root.expect(np.sqrt), rel=1e-6)
    assert fitted.posterior_.noise.sd**2 == pytest.approx(
        root.mean() - root.expect(np.sqrt) ** 2, rel=1e-4
    )
    table = fitted.summary()
    scale = np.sqrt(rate / shape * np.diag(np.linalg.inv(precision)))
    exact = stats.t(2.0 * shape, mean, scale)
    for column, level in (("5%", 0.05), ("50%", 0.5), ("95%", 0.95)):
        np.testing.assert_allclose(table[column], exact.ppf(level), rtol=1e-8)
    np.testing.assert_allclose(table["P(>0)"], exact.sf(0.0), rtol=1e-7)


def test_the_table_has_a_row_per_coefficient():
    X, y = problem()
    fitted = VariationalBayesianRegression().fit(X, y)
    table = fitted.summary()
    assert isinstance(table, pd.DataFrame)
    assert table.index.tolist() == ["intercept", "x0", "x1", "x2"]
    assert table.columns.tolist() == ["mean", "sd", "5%", "50%", "95%", "P(>0)"]
    np.testing.assert_allclose(table["mean"], [fitted.intercept_, *fitted.coef_], rtol=1e-9)
    sds = [fitted.posterior_.intercept.sd, *fitted.posterior_.coef.sd]
    np.testing.assert_allclose(table["sd"], sds, rtol=1e-9)
    assert np.all((table["5%"] < table["50%"]) & (table["50%"] < table["95%"]))
    assert np.all((table["P(>0)"] > 0.5) == (table["50%"] > 0.0))


def test_the_table_of_several_targets_and_of_no_intercept():
    X, Y = problem(n_targets=2)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    table = VariationalBayesianRegression().fit(frame, Y).summary()
    assert table.index.tolist() == [
        (target, name) for target in ("y0", "y1") for name in ("intercept", "a", "b", "c")
    ]
    single = VariationalBayesianRegression().fit(frame, Y[:, 1]).summary()
    np.testing.assert_allclose(table.loc["y1"], single, rtol=1e-8)
    bare = VariationalBayesianRegression(fit_intercept=False).fit(frame, Y[:, 0])
    assert bare.summary().index.tolist() == ["a", "b", "c"]
    assert bare.intercept_ == bare.posterior_.intercept.sd == 0.0


def test_factors_of_several_targets_have_a_leading_axis():
    X, Y = problem(n_targets=2)
    posterior = VariationalBayesianRegression().fit(X, Y).posterior_
    assert posterior.coef.mean.shape == (2, 3)
    assert posterior.coef.cov.shape == (2, 3, 3)
    assert posterior.noise.mean.shape == (2,)
    assert posterior.coef.sample(5, 0).shape == (5, 2, 3)
    assert posterior.noise.sample(5, 0).shape == (5, 2)


def test_lambda_of_a_learned_alpha_is_the_inverse_of_the_mean_prior_variance():
    rng = np.random.RandomState(0)
    for signal in (0.0, 1.0):
        X = rng.standard_normal((30, 3))
        y = signal * X.sum(axis=1) + rng.standard_normal(30)
        fitted = VariationalBayesianRegression(
            noise_prior=Gamma(2.0, 1.0), fit_intercept=False
        ).fit(X, y)
        left, singular, _ = np.linalg.svd(X, full_matrices=False)
        log_alpha = np.linspace(-60.0, 60.0, 20001)
        alpha = np.exp(log_alpha)
        share = alpha / (alpha + singular[:, None] ** 2)
        along = left.T @ y
        rate = 1.0 + 0.5 * (y @ y - along @ along + along**2 @ share)
        location = np.log(X.var(axis=0).sum() / 3.0)
        log_joint = 0.5 * np.log(share).sum(axis=0) - 17.0 * np.log(rate)
        log_joint += stats.logistic.logpdf(log_alpha - location)
        weight = special.softmax(log_joint)
        assert fitted.lambda_ == pytest.approx(1.0 / (weight @ (rate / 16.0 / alpha)), rel=1e-6)


def test_covariances_that_do_not_exist_are_infinite_or_zero():
    one = VariationalBayesianRegression().fit([[1.0, 2.0]], [3.0])
    np.testing.assert_array_equal(one.sigma_, [[np.inf, 0.0], [0.0, np.inf]])
    heavy = VariationalBayesianRegression(
        prior=Ridge(1.0), noise_prior=Gamma(0.1, 1.0), fit_intercept=False
    ).fit([[1.0, 2.0]], [3.0])
    np.testing.assert_array_equal(heavy.sigma_, [[np.inf, -np.inf], [-np.inf, np.inf]])
