"""Densities, labels and draws of a fitted mixture."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import logsumexp
from sklearn.exceptions import NotFittedError

from skvi import NormalWishart, VariationalGaussianMixture
from tests.mixture.samples import clusters

SHAPES = ["full", "tied", "diag", "spherical"]
every_shape = pytest.mark.parametrize("covariance_type", SHAPES)


def fitted_on(X, n_components=3, **options):
    return VariationalGaussianMixture(n_components, n_init=2, random_state=0, **options).fit(X)


@every_shape
@pytest.mark.parametrize("weight_prior", ["dirichlet", "pitman_yor"])
def test_the_density_of_one_column_integrates_to_one(covariance_type, weight_prior):
    X, _ = clusters(40, 1)
    fitted = fitted_on(X, covariance_type=covariance_type, weight_prior=weight_prior)
    s = np.linspace(-18.0, 18.0, 20_001)
    density = np.exp(fitted.score_samples((12.0 + 2.0 * np.sinh(s))[:, None]))
    mass = np.sum(density * 2.0 * np.cosh(s)) * (s[1] - s[0])
    assert mass == pytest.approx(1.0, abs=1e-6)


@every_shape
def test_the_density_of_two_columns_integrates_to_one(covariance_type):
    X, _ = clusters(60)
    fitted = fitted_on(X, covariance_type=covariance_type)
    s = np.linspace(-9.0, 9.0, 901)
    axis, slope = 12.0 + 2.0 * np.sinh(s), 2.0 * np.cosh(s) * (s[1] - s[0])
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    density = np.exp(fitted.score_samples(points)).reshape(901, 901)
    assert slope @ density @ slope == pytest.approx(1.0, abs=1e-3)


def test_one_component_predicts_its_student_t():
    X, _ = clusters(15)
    mean, beta, nu, scale = np.array([9.0, 11.0]), 0.5, 5.0, np.array([[3.0, 1.0], [1.0, 2.0]])
    fitted = fitted_on(X, 1, prior=NormalWishart(mean, beta, nu, scale))
    gap = X.mean(axis=0) - mean
    scatter = (X - X.mean(axis=0)).T @ (X - X.mean(axis=0))
    scale = scale + scatter + beta * 15 / (beta + 15) * np.outer(gap, gap)
    mean, beta, nu = (beta * mean + X.sum(axis=0)) / (beta + 15), beta + 15.0, nu + 15.0
    exact = stats.multivariate_t(mean, scale * (beta + 1.0) / (beta * (nu - 1.0)), nu - 1.0)
    points = np.array([[10.0, 10.0], [0.0, 30.0], [1e4, -1e4]])
    np.testing.assert_allclose(fitted.score_samples(points), exact.logpdf(points), rtol=1e-9)


def test_the_density_is_the_mean_over_the_posterior():
    """Monte Carlo over draws of the means and precisions at the mean weights."""
    X, _ = clusters(30)
    fitted = fitted_on(X)
    components = fitted._state.posterior.components.distribution
    means, precisions = components.sample(4000, np.random.RandomState(0))
    points = X[:6]
    gap = points - means[:, :, None]
    logs = 0.5 * np.linalg.slogdet(precisions)[1][..., None] - np.log(2.0 * np.pi)
    logs = logs - 0.5 * np.einsum("skni,skij,sknj->skn", gap, precisions, gap)
    draws = np.exp(logsumexp(logs + np.log(fitted.weights_)[:, None], axis=1))
    error = draws.std(axis=0) / np.sqrt(4000)
    assert np.all(np.abs(draws.mean(axis=0) - np.exp(fitted.score_samples(points))) < 4.5 * error)


@every_shape
def test_draws_follow_the_density(covariance_type):
    X, _ = clusters(80)
    fitted = fitted_on(X, covariance_type=covariance_type)
    draws, labels = fitted.sample(20_000)
    assert draws.shape == (20_000, 2)
    shares = np.bincount(labels, minlength=3) / 20_000
    np.testing.assert_allclose(shares, fitted.weights_, atol=4.0 * 0.5 / np.sqrt(20_000))
    # the mass of a box, by draws and by quadrature
    low, high = np.array([9.0, 9.0]), np.array([12.0, 17.0])
    grid = [np.linspace(a, b, 401) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1).reshape(-1, 2)
    density = np.exp(fitted.score_samples(points)).reshape(401, 401)
    mass = np.trapezoid(np.trapezoid(density, grid[1], axis=1), grid[0])
    inside = np.mean(np.all((draws > low) & (draws < high), axis=1))
    assert inside == pytest.approx(mass, abs=4.0 * np.sqrt(mass * (1 - mass) / 20_000))
    np.testing.assert_array_equal(draws, fitted.sample(20_000)[0])


def test_score_is_the_mean_log_density_and_fit_predict_the_labels():
    X, _ = clusters()
    fitted = fitted_on(X)
    assert fitted.score(X) == pytest.approx(fitted.score_samples(X).mean(), rel=1e-12)
    again = VariationalGaussianMixture(3, n_init=2, random_state=0).fit_predict(X)
    np.testing.assert_array_equal(again, fitted.predict(X))
    weights = np.random.RandomState(0).randint(0, 3, size=len(X))
    weighted = VariationalGaussianMixture(3, n_init=2, random_state=0)
    labels = weighted.fit_predict(X, sample_weight=weights)
    np.testing.assert_array_equal(labels, weighted.predict(X))


def test_labels_are_in_the_order_of_the_weights():
    X, _ = clusters()
    counts = np.bincount(fitted_on(X).predict(X), minlength=3)
    assert np.all(np.diff(counts) < 0)


def test_rows_far_away_have_finite_scores():
    X, _ = clusters()
    far = np.array([[1e100, 0.0], [-1e8, 1e8]])
    for covariance_type in SHAPES:
        fitted = fitted_on(X, covariance_type=covariance_type)
        assert np.all(np.isfinite(fitted.score_samples(far)))
        np.testing.assert_allclose(fitted.predict_proba(far).sum(axis=1), 1.0, rtol=1e-9)


@pytest.mark.parametrize("n_samples", [0, -3, 2.5, "many", None])
def test_numbers_of_samples_are_checked(n_samples):
    fitted = fitted_on(clusters()[0])
    with pytest.raises(ValueError, match="n_samples=.*whole number"):
        fitted.sample(n_samples)


def test_columns_are_checked():
    X, _ = clusters()
    fitted = fitted_on(pd.DataFrame(X, columns=["a", "b"]))
    for method in ("predict", "predict_proba", "score_samples", "score"):
        with pytest.raises(ValueError, match="feature names should match"):
            getattr(fitted, method)(pd.DataFrame(X, columns=["b", "a"]))


ROW = [[0.0]]


@pytest.mark.parametrize(
    "ask",
    [
        lambda e: e.predict(ROW),
        lambda e: e.predict_proba(ROW),
        lambda e: e.score_samples(ROW),
        lambda e: e.score(ROW),
        lambda e: e.sample(),
        lambda e: e.posterior_,
    ],
)
def test_nothing_is_given_before_the_fit(ask):
    with pytest.raises(NotFittedError):
        ask(VariationalGaussianMixture())


@pytest.mark.parametrize("fitted_at", [1.0, 1e-50, 1e-140])
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_densities_fall_by_a_power_however_far_the_row(covariance_type, fitted_at):
    X, _ = clusters()
    estimator = VariationalGaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(
        X * fitted_at
    )
    far = np.array([1e10, 1e100, 1e140])[:, None] * np.ones(2)
    value = estimator.score_samples(far)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(estimator.predict_proba(far)))
    slope = np.diff(value) / np.diff(np.log(far[:, 0]))
    np.testing.assert_allclose(slope[0], slope[1], rtol=1e-6)
