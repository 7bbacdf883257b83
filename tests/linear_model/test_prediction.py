"""Predictions of the regression: against closed forms, quadrature and their own definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from scipy.special import gammaln, logsumexp
from sklearn.exceptions import NotFittedError

from skvi import Flat, Gamma, HalfCauchy, Normal, Ridge, VariationalBayesianRegression
from skvi.models.linear_regression import marginals
from skvi.priors._base import DesignFacts
from skvi.priors.ridge import log_density_of_log_precision
from tests.linear_model.problems import problem

SETTINGS = [
    {},
    {"prior": Ridge(1.0)},
    {"family": "mean_field"},
    {"prior": Normal(0.0, 4.0), "noise_prior": HalfCauchy(1.0)},
    {"fit_intercept": False},
]
every_setting = pytest.mark.parametrize("options", SETTINGS, ids=repr)


def student(X, y, row, alpha, shape, rate):
    """Student-t predictive and log evidence of the conjugate regression without intercept."""
    n, p = X.shape
    precision = X.T @ X + alpha * np.eye(p)
    mean = np.linalg.solve(precision, X.T @ y)
    rate_n = rate + 0.5 * (y @ y - mean @ precision @ mean)
    shape_n = shape + 0.5 * n
    scale = np.sqrt(rate_n / shape_n * (1.0 + row @ np.linalg.solve(precision, row)))
    evidence = gammaln(shape_n) - gammaln(shape) - 0.5 * n * np.log(2.0 * np.pi)
    evidence += shape * np.log(rate) - shape_n * np.log(rate_n)
    evidence += 0.5 * (p * np.log(alpha) - np.linalg.slogdet(precision)[1])
    return stats.t(2.0 * shape_n, row @ mean, scale), evidence


def test_fixed_alpha_predicts_the_conjugate_student_t():
    X, y = problem(10)
    row = np.array([0.3, -1.0, 2.0])
    fitted = VariationalBayesianRegression(
        prior=Ridge(0.7), noise_prior=Gamma(2.0, 3.0), fit_intercept=False
    ).fit(X, y)
    exact, evidence = student(X, y, row, 0.7, 2.0, 3.0)
    ours = fitted.predict_dist(row[None])
    grid = np.linspace(-8.0, 12.0, 41)
    np.testing.assert_allclose(ours.logpdf(grid[:, None])[:, 0], exact.logpdf(grid), rtol=1e-9)
    np.testing.assert_allclose(ours.cdf(grid[:, None])[:, 0], exact.cdf(grid), rtol=1e-8)
    assert fitted.elbo_ == pytest.approx(evidence, rel=1e-10)


def test_the_intercept_counts_as_documented():
    """Its prior is centred at the mean target and worth a hundredth of a row."""
    X, y = problem(10)
    row = np.array([[0.3, -1.0, 2.0]])
    fitted = VariationalBayesianRegression(prior=Ridge(0.7), noise_prior=Gamma(2.0, 3.0)).fit(X, y)
    centre, kappa = X.mean(axis=0), 0.01
    design = np.column_stack([np.ones(10), X - centre])
    precision = design.T @ design + np.diag([kappa, 0.7, 0.7, 0.7])
    target = y - y.mean()
    mean = np.linalg.solve(precision, design.T @ target)
    rate = 3.0 + 0.5 * (target @ target - mean @ precision @ mean)
    z = np.append(1.0, row[0] - centre)
    scale = np.sqrt(rate / 7.0 * (1.0 + z @ np.linalg.solve(precision, z)))
    exact = stats.t(14.0, y.mean() + z @ mean, scale)
    np.testing.assert_allclose(
        fitted.predict_interval(row, 0.8)[0], exact.ppf([0.1, 0.9]), rtol=1e-9
    )


def test_learned_alpha_predicts_the_mixture_over_its_posterior():
    """Brute-force grid over log alpha, under the prior of the log precision."""
    X, y = problem(6)
    row = np.array([0.3, -1.0, 2.0])
    fitted = VariationalBayesianRegression(noise_prior=Gamma(2.0, 3.0), fit_intercept=False).fit(
        X, y
    )
    u = np.linspace(-25.0, 30.0, 1101)
    facts = DesignFacts(3, np.sqrt(np.sum(X.var(axis=0))), X.std(axis=0))
    location = Ridge().gaussian_form(facts).log_precision_location
    log_prior = log_density_of_log_precision(u, location)
    parts, evidence = zip(*(student(X, y, row, a, 2.0, 3.0) for a in np.exp(u)), strict=True)
    joint = log_prior + np.array(evidence) + np.log(u[1] - u[0])
    assert fitted.elbo_ == pytest.approx(logsumexp(joint), rel=1e-8)
    weight = np.exp(joint - logsumexp(joint))
    ours = fitted.predict_dist(row[None])
    grid = np.linspace(-6.0, 10.0, 17)
    density = np.array([part.pdf(grid) for part in parts])
    np.testing.assert_allclose(ours.pdf(grid[:, None])[:, 0], weight @ density, rtol=1e-6)
    means = np.array([part.mean() for part in parts])
    np.testing.assert_allclose(ours.mean()[0], weight @ means, rtol=1e-7)
    second = weight @ np.array([part.var() + part.mean() ** 2 for part in parts])
    np.testing.assert_allclose(ours.var()[0], second - (weight @ means) ** 2, rtol=1e-6)


def assert_drawn_from(dist, draws):
    """Kolmogorov-Smirnov per row: a distance of 1.95 / sqrt(n) has probability 0.001."""
    n_draws = len(draws)
    ranks = np.sort(dist.cdf(draws), axis=0)
    distance = np.abs(ranks - (np.arange(n_draws)[:, None] + 0.5) / n_draws)
    assert np.max(distance) < 1.95 / np.sqrt(n_draws)


@every_setting
def test_the_distribution_agrees_with_itself(options):
    X, y = problem(12)
    fitted = VariationalBayesianRegression(**options).fit(X, y)
    rows = X[:3]
    dist = fitted.predict_dist(rows)
    # x = mean + sd sinh(s): the tails of a Student-t fall within reach of the trapezoid
    s = np.linspace(-12.0, 12.0, 1201)[:, None]
    mass = dist.pdf(dist.mean() + dist.std() * np.sinh(s)) * dist.std() * np.cosh(s) * (s[1] - s[0])
    away = dist.std() * np.sinh(s)
    np.testing.assert_allclose(mass.sum(axis=0), 1.0, rtol=1e-8)
    np.testing.assert_allclose((mass * away).sum(axis=0), 0.0, atol=1e-6)
    np.testing.assert_allclose((mass * away**2).sum(axis=0), dist.var(), rtol=1e-5)
    levels = np.array([0.001, 0.05, 0.5, 0.9, 0.999])[:, None]
    np.testing.assert_allclose(dist.cdf(dist.ppf(levels)), levels * np.ones(3), rtol=1e-9)
    np.testing.assert_allclose(np.exp(dist.logpdf(y[:3])), dist.pdf(y[:3]), rtol=1e-12)
    np.testing.assert_allclose(dist.std() ** 2, dist.var(), rtol=1e-12)
    assert_drawn_from(dist, dist.rvs(10_000, random_state=0))


@every_setting
def test_predict_and_its_relatives_follow_the_distribution(options):
    X, y = problem(20)
    fitted = VariationalBayesianRegression(**options).fit(X, y)
    dist = fitted.predict_dist(X)
    mean, std = fitted.predict(X, return_std=True)
    np.testing.assert_allclose(mean, fitted.predict(X), rtol=1e-9)
    np.testing.assert_allclose(mean, dist.mean(), rtol=1e-12)
    np.testing.assert_allclose(std, dist.std(), rtol=1e-12)
    quantiles = fitted.predict(X, quantiles=[0.05, 0.5, 0.95])
    assert quantiles.shape == (20, 3)
    np.testing.assert_allclose(quantiles, dist.ppf(np.array([[0.05], [0.5], [0.95]])).T)
    assert fitted.predict(X, quantiles=0.5).shape == (20, 1)
    np.testing.assert_allclose(fitted.predict_interval(X), quantiles[:, [0, 2]], rtol=1e-9)
    wide = fitted.predict_interval(X, coverage=0.99)
    assert np.all(wide[:, 0] < quantiles[:, 0])
    assert np.all(wide[:, 1] > quantiles[:, 2])
    np.testing.assert_allclose(fitted.log_predictive_density(X, y), dist.logpdf(y), rtol=1e-12)


@every_setting
def test_joint_draws_have_the_joint_covariance(options):
    X, y = problem(15)
    fitted = VariationalBayesianRegression(**options).fit(X, y)
    rows = np.array([[1.0, 0.0, 2.0], [4.0, 1.0, -3.0]])
    n_draws = 200_000
    draws = fitted.sample_y(rows, n_draws, random_state=0)
    assert draws.shape == (2, n_draws)
    dist = fitted.predict_dist(rows)
    assert_drawn_from(dist, draws.T[:10_000])
    # noise is independent: the rows share the coefficients and the intercept
    coef = fitted.posterior_.coef
    centre = X.mean(axis=0) if options.get("fit_intercept", True) else np.zeros(3)
    shared = (rows[0] - centre) @ coef.cov @ (rows[1] - centre)
    if options.get("fit_intercept", True):
        shared += _variance_at_the_mean(fitted, centre)
    covariance = np.cov(draws)[0, 1]
    spread = np.sqrt(np.prod(dist.var()) * 6.0 / n_draws)
    assert covariance == pytest.approx(shared, abs=4.0 * spread)


def _variance_at_the_mean(fitted, centre):
    """Variance of the regression function at the mean of the rows: of the intercept there."""
    intercept, coef = fitted.posterior_.intercept, fitted.posterior_.coef
    # intercept = level - centre'coef with independent level and coef
    return intercept.sd**2 - centre @ coef.cov @ centre


def test_draws_repeat_under_a_seed_and_differ_without():
    X, y = problem()
    fitted = VariationalBayesianRegression().fit(X, y)
    first = fitted.sample_y(X, 3, random_state=1)
    np.testing.assert_array_equal(first, fitted.sample_y(X, 3, random_state=1))
    assert np.all(first != fitted.sample_y(X, 3, random_state=2))
    assert fitted.sample_y(X).shape == (40, 1)


def test_several_targets_stack():
    X, Y = problem(n_targets=2)
    fitted = VariationalBayesianRegression().fit(X, Y)
    dist = fitted.predict_dist(X)
    assert dist.mean().shape == dist.std().shape == dist.pdf(Y).shape == (40, 2)
    assert dist.rvs(5, random_state=0).shape == (5, 40, 2)
    assert fitted.predict(X, quantiles=[0.1, 0.9]).shape == (40, 2, 2)
    assert fitted.sample_y(X, 4).shape == (40, 2, 4)
    np.testing.assert_allclose(dist.cdf(dist.ppf(0.3)), 0.3, rtol=1e-9)
    np.testing.assert_allclose(dist.sf(Y), 1.0 - dist.cdf(Y), rtol=1e-9)
    np.testing.assert_allclose(fitted.log_predictive_density(X, Y), dist.logpdf(Y), rtol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f, X, y: f.predict(X, quantiles=[0.1, 1.0]), "quantiles=.*in \\(0, 1\\)"),
        (lambda f, X, y: f.predict(X, quantiles=["low"]), "quantiles=.*in \\(0, 1\\)"),
        (lambda f, X, y: f.predict(X, quantiles=[]), "quantiles=.*in \\(0, 1\\)"),
        (lambda f, X, y: f.predict(X, quantiles=np.nan), "quantiles=.*in \\(0, 1\\)"),
        (lambda f, X, y: f.predict(X, True, [0.5]), "not allowed together"),
        (lambda f, X, y: f.predict_interval(X, coverage=1.0), "coverage=1.0"),
        (lambda f, X, y: f.predict_interval(X, coverage="most"), "coverage='most'"),
        (lambda f, X, y: f.sample_y(X, 0), "n_samples=0 .*whole number"),
        (lambda f, X, y: f.sample_y(X, 1.5), "n_samples=1.5 .*whole number"),
        (lambda f, X, y: f.log_predictive_density(X, y[:, None]), "y has shape \\(40, 1\\)"),
        (lambda f, X, y: f.log_predictive_density(X, y[1:]), "inconsistent numbers of samples"),
        (lambda f, X, y: f.log_predictive_density(X, y * np.nan), "y contains NaN"),
        (lambda f, X, y: f.predict_dist(X[:, 1:]), "X has 2 features, but"),
        (lambda f, X, y: f.predict(np.where(X == X[0], np.inf, X)), "X contains"),
    ],
)
def test_wrong_questions_get_clear_answers(call, message):
    X, y = problem()
    fitted = VariationalBayesianRegression().fit(X, y)
    with pytest.raises(ValueError, match=message):
        call(fitted, X, y)


ROWS = np.zeros((1, 3))


@pytest.mark.parametrize(
    "ask",
    [
        lambda e: e.predict(ROWS),
        lambda e: e.predict_interval(ROWS),
        lambda e: e.predict_dist(ROWS),
        lambda e: e.sample_y(ROWS),
        lambda e: e.log_predictive_density(ROWS, [0.0]),
        lambda e: e.summary(),
        lambda e: e.sigma_,
        lambda e: e.posterior_,
    ],
)
def test_nothing_is_given_before_the_fit(ask):
    with pytest.raises(NotFittedError):
        ask(VariationalBayesianRegression())


def test_rows_of_the_table_have_the_names_of_the_columns():
    X, y = problem(n_targets=2)
    frame = pd.DataFrame(X, columns=["intercept", "age", "(intercept)"])
    targets = pd.DataFrame(y, columns=["left", "right"])
    coefficients = ["((intercept))", "intercept", "age", "(intercept)"]
    expected = [(target, name) for target in targets.columns for name in coefficients]
    for rows in ((frame, targets), ([(frame, targets)],)):
        fitted = VariationalBayesianRegression().fit(*rows)
        assert fitted.summary().index.tolist() == expected
    table = VariationalBayesianRegression(fit_intercept=False).fit(frame, y[:, 0]).summary()
    assert table.index.tolist() == list(frame.columns)
    unnamed = fitted.fit(frame, y).summary()
    assert unnamed.index.levels[0].tolist() == ["y0", "y1"]
    polars = fitted.fit(frame, pl.DataFrame(y, schema=["left", "right"])).summary()
    assert polars.index.tolist() == expected
    single = fitted.fit(frame, targets[["left"]]).summary()
    assert single.index.levels[0].tolist() == ["left"]


@every_setting
@pytest.mark.parametrize("n_targets", [1, 2])
def test_many_rows_are_predicted_part_by_part(options, n_targets, monkeypatch):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((30, 2))
    Y = X @ rng.standard_normal((2, n_targets)) + rng.standard_normal((30, n_targets))
    y = Y[:, 0] if n_targets == 1 else Y
    model = VariationalBayesianRegression(**options).fit(X, y)
    whole = model.predict_dist(X)
    monkeypatch.setattr("skvi.linear_model._prediction._MOST_NUMBERS", 20)
    assert len(list(model._predictive_parts(X))) > 1
    mean, std = model.predict(X, return_std=True)
    np.testing.assert_allclose(mean, whole.mean(), rtol=1e-12)
    np.testing.assert_allclose(std, whole.std(), rtol=1e-12)
    np.testing.assert_allclose(model.log_predictive_density(X, y), whole.logpdf(y), rtol=1e-12)
    np.testing.assert_allclose(model.predict(X, quantiles=[0.1])[..., 0], whole.ppf(0.1), rtol=1e-9)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.log_predictive_density(X, y[:-1])


@pytest.mark.parametrize("family", ["structured", "mean_field"])
@pytest.mark.parametrize("prior", [Ridge(), Flat(), Normal(0.0, 1.0)])
def test_uncertainty_grows_with_the_distance_however_far(prior, family):
    X, y = np.random.RandomState(0).standard_normal((30, 3)), np.arange(30.0)
    fitted = VariationalBayesianRegression(prior=prior, family=family).fit(X * 1e-5, y)
    direction = np.array([1.0, -2.0, 0.5])
    near, far = (fitted.predict(size * direction[None], return_std=True) for size in (1e30, 1e140))
    for value, other in zip(near, far, strict=True):
        np.testing.assert_allclose(value * 1e110, other, rtol=1e-6)
    low, high = fitted.predict_interval(1e140 * direction[None])[0]
    assert -np.inf < low < high < np.inf


def test_sd_of_coefficients_is_that_of_their_marginals():
    rng = np.random.RandomState(0)
    for n, p in ((40, 5), (8, 30)):
        X, y = rng.standard_normal((n, p)), rng.standard_normal(n)
        for prior in (Ridge(), Normal(0.2, np.diag(np.linspace(1.0, 2.0, p)) + 0.1)):
            fitted = VariationalBayesianRegression(prior=prior).fit(X, y)
            whole = marginals.coefficients(fitted._posterior())
            factor = fitted.posterior_.coef
            np.testing.assert_allclose(factor.sd, whole.std(), rtol=1e-10)
            np.testing.assert_allclose(factor.mean, whole.mean(), rtol=1e-10)
            np.testing.assert_allclose(np.sqrt(np.diag(factor.cov)), factor.sd, rtol=1e-8)
            part = marginals.coefficients(fitted._posterior(), features=slice(1, 3))
            np.testing.assert_allclose(part.std(), whole.std()[1:3], rtol=1e-12)


def test_summary_in_pieces_is_the_summary(monkeypatch):
    X, y = np.random.RandomState(0).standard_normal((20, 7)), np.arange(20.0)
    fitted = VariationalBayesianRegression().fit(X, y)
    whole = fitted.summary()
    monkeypatch.setattr(marginals, "_BLOCK", 1)
    assert len(marginals.pieces(fitted._posterior())) == 7
    np.testing.assert_allclose(fitted.summary(), whole, rtol=1e-12)
