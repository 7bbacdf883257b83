"""Designs whose squares lose digits: the fit is that of the rows, not of their rounding errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats
from sklearn.linear_model import Ridge as PointRidge

from skvi import VariationalBayesianRegression, merge
from skvi.numerics.square_root import SquareRoot
from skvi.priors import Flat, Gamma, Normal, Ridge

SHAPE, RATE = 1.0, 0.01


def near_duplicates(gap, slope, seed=0, n_rows=200):
    """Two columns ``gap`` apart, whose difference has ``slope``; unit noise over ten."""
    rng = np.random.RandomState(seed)
    x = rng.standard_normal(n_rows)
    X = np.column_stack([x, x + gap * rng.standard_normal(n_rows)])
    return X, x + slope * (X[:, 1] - x) + 0.1 * rng.standard_normal(n_rows)


def exact_fit(X, y):
    """Log evidence and posterior mean under ``Ridge()`` and Gamma noise, by singular values."""
    n, p = X.shape
    centred, target = X - X.mean(axis=0), y - y.mean()
    left, singular, right = np.linalg.svd(centred, full_matrices=False)
    along = left.T @ target
    outside = np.sum((target - left @ along) ** 2)
    location = np.log(np.sum(X.var(axis=0)) / p)
    log_alpha = np.linspace(-90.0, 70.0, 40001)
    alpha = np.exp(log_alpha)
    share = alpha / (alpha + singular[:, None] ** 2)
    rate = RATE + 0.5 * (outside + along**2 @ share)
    shape = SHAPE + 0.5 * n
    log_joint = special.gammaln(shape) - special.gammaln(SHAPE) + SHAPE * np.log(RATE)
    log_joint = log_joint - shape * np.log(rate) + 0.5 * np.log(share).sum(axis=0)
    log_joint += stats.logistic.logpdf(log_alpha - location)
    log_joint += -0.5 * n * np.log(2.0 * np.pi) - 0.5 * np.log1p(n / 0.01)
    log_evidence = special.logsumexp(log_joint) + np.log(log_alpha[1] - log_alpha[0])
    mean = singular[:, None] * along[:, None] / (singular[:, None] ** 2 + alpha)
    return log_evidence, (mean @ special.softmax(log_joint)) @ right


CASES = [(1e-3, 10.0), (1e-4, 1e4), (1e-4, 1e7), (2e-4, 1e6), (5e-5, 1e5), (1e-7, 1e7), (1e-7, 1e8)]


@pytest.mark.parametrize(("gap", "slope"), CASES)
def test_near_duplicate_columns(gap, slope):
    for seed in range(3):
        X, y = near_duplicates(gap, slope, seed)
        log_evidence, mean = exact_fit(X, y)
        fitted = VariationalBayesianRegression(noise_prior=Gamma(SHAPE, RATE)).fit(X, y)
        assert fitted.elbo_ == pytest.approx(log_evidence, abs=1e-4)
        sd = np.sqrt(np.diag(fitted.sigma_))
        np.testing.assert_array_less(np.abs(fitted.coef_ - mean), 1e-4 * sd)


def test_near_duplicate_columns_under_the_default_noise():
    for seed in range(10):
        X, y = near_duplicates(1e-7, 1e8, seed)
        assert VariationalBayesianRegression().fit(X, y).score(X, y) > 0.99


@pytest.mark.parametrize("alpha", [1e-2, 1e-4, 1e-6, 1e-7, 3e-9])
def test_fixed_alpha_is_ridge_whatever_the_condition(alpha):
    rng = np.random.RandomState(1)
    X, _ = np.linalg.qr(rng.standard_normal((50, 4)))
    X, _ = np.linalg.qr(X - X.mean(axis=0))
    orthogonal = X[:, :2] * [1.0, 5e-8], X[:, :3].sum(axis=1)
    t = np.linspace(0.0, 1.0, 60)
    polynomial = np.vander(t, 13)[:, :-1], np.sin(6.0 * t)
    for rows, y in (orthogonal, polynomial, near_duplicates(1e-7, 1e6)):
        coef = VariationalBayesianRegression(prior=Ridge(alpha)).fit(rows, y).coef_
        expected = PointRidge(alpha=alpha, solver="svd").fit(rows, y).coef_
        np.testing.assert_allclose(coef, expected, rtol=0.0, atol=2e-7 * np.abs(expected).max())


@pytest.mark.parametrize("n_rows", [3000, 20000])
@pytest.mark.parametrize(("gap", "slope"), [(1e-1, 1.0), (1e-2, 10.0), (1e-3, 100.0)])
def test_float32_rows(n_rows, gap, slope):
    X, y = near_duplicates(gap, slope, n_rows=n_rows)
    X = X.astype(np.float32)
    single, double = (VariationalBayesianRegression().fit(rows, y) for rows in (X, X.astype(float)))
    sd = np.sqrt(np.diag(double.sigma_))
    np.testing.assert_array_less(np.abs(single.coef_ - double.coef_), 2e-3 * sd)
    np.testing.assert_allclose(np.sqrt(np.diag(single.sigma_)), sd, rtol=1e-4)


PRIORS = [Ridge(), Ridge(1e-3), Normal(), Flat()]


@pytest.mark.parametrize("prior", PRIORS, ids=str)
@pytest.mark.parametrize("size", [1e3, 1e5, 1e7, 1e9])
def test_further_rows_on_another_scale(prior, size):
    rng = np.random.RandomState(5)
    first = rng.standard_normal((40, 5))
    second = rng.standard_normal((40, 1)) * np.full(5, size)
    X = np.concatenate([first, second])
    y = X @ np.arange(5.0) + rng.standard_normal(80)
    regression = VariationalBayesianRegression(prior=prior)
    whole = regression.fit(X, y)
    sd = np.sqrt(np.diag(whole.sigma_))
    further = VariationalBayesianRegression(prior=prior).fit(first, y[:40])
    united = [further.partial_fit(second, y[40:])]
    if not isinstance(prior, Flat):  # which the second rows alone do not allow
        halves = [VariationalBayesianRegression(prior=prior) for _ in range(2)]
        halves[0].fit(first, y[:40])
        halves[1].fit(second, y[40:])
        united.append(merge(halves))
    for fitted in united:
        assert fitted.elbo_ == pytest.approx(whole.elbo_, abs=1e-5)
        np.testing.assert_array_less(np.abs(fitted.coef_ - whole.coef_), 1e-5 * sd)


@pytest.mark.parametrize("weight", [1.0, 1e4, 1e10])
def test_weights_do_not_hide_the_errors_of_float32_rows(weight):
    for gap, seed in ((0.03, 0), (1.0, 1)):
        X, y = near_duplicates(gap, 0.1 / gap, seed, n_rows=3000)
        X = X.astype(np.float32)
        weights = np.full(3000, weight)
        single, double = (
            VariationalBayesianRegression().fit(rows, y, sample_weight=weights)
            for rows in (X, X.astype(float))
        )
        deviation = np.abs(single.coef_ - double.coef_) - 1e-7 * np.abs(double.coef_)
        np.testing.assert_array_less(deviation, 1e-2 * np.sqrt(np.diag(double.sigma_)))
    rng = np.random.RandomState(0)
    X = rng.standard_normal((5000, 3)).astype(np.float32)
    y = X.astype(float).sum(axis=1) + rng.standard_normal(5000)
    for prior in (Ridge(), Ridge(1.0), Flat()):
        single, double = (
            VariationalBayesianRegression(prior=prior).fit(
                rows, y, sample_weight=weights[0] + 0 * y
            )
            for rows in (X, X.astype(float))
        )
        deviation = np.abs(single.posterior_.coef.mean - double.posterior_.coef.mean)
        np.testing.assert_array_less(deviation, 1e-2 * np.sqrt(np.diag(double.sigma_)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_read_once_where_nothing_is_lost(dtype, monkeypatch):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((5000, 6))
    y = X @ rng.standard_normal(6) + rng.standard_normal(5000)
    categories = np.eye(4)[rng.randint(4, size=5000)]
    duplicate, constant = X[:, :1], np.full((5000, 1), 3.0)
    for more in (categories, duplicate, constant):
        rows = np.hstack([X, more]).astype(dtype)
        fitted = VariationalBayesianRegression().fit(rows, y)
        assert not fitted._model.square_root
        again = VariationalBayesianRegression().fit(rows.astype(float), y)
        np.testing.assert_allclose(fitted.predict(rows), again.predict(rows), atol=1e-5)
    # columns in very different units: a square root of the scatter will do
    monkeypatch.setattr(SquareRoot, "from_rows", None)
    units = 10.0 ** np.linspace(-3.0, 3.0, 6)
    for rows in (X * units, X * np.array([1.0, 1e-6, 1.0, 1.0, 1.0, 1.0])):
        fitted = VariationalBayesianRegression(noise_prior=Gamma(SHAPE, RATE)).fit(rows, y)
        log_evidence, mean = exact_fit(rows, y)
        assert fitted.elbo_ == pytest.approx(log_evidence, rel=1e-7)
        sd = np.sqrt(np.diag(fitted.sigma_))
        np.testing.assert_array_less(np.abs(fitted.coef_ - mean), 1e-5 * sd)
        assert fitted._model.square_root
