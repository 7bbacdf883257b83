"""Few rows under a wide prior: what noise is next to impossible may decide the variances."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi import Gamma, HalfCauchy, Normal, Ridge, VariationalBayesianRegression
from skvi.numerics.log_sum import log_sum

NOISE = {"gamma": Gamma(0.3, 0.01), "half-cauchy": HalfCauchy(0.5)}


def log_prior(noise, log_variance):
    """Of the log noise variance, up to a constant."""
    if isinstance(noise, Gamma):
        return -noise.shape * log_variance - noise.rate * np.exp(-log_variance)
    return 0.5 * log_variance - np.log1p(np.exp(log_variance) / noise.scale**2)


def exact_moments(X, y, variances, noise):
    """Means and standard deviations of the weights by a fine grid of the log noise variance."""
    n_rows, n_columns = X.shape
    left, values, right = np.linalg.svd(X * np.sqrt(variances))
    seen = left[:, : len(values)].T @ y
    residual = max(y @ y - seen @ seen, 0.0) if n_rows > len(values) else 0.0
    grid = np.arange(-100.0, 250.0, 0.01)
    noise_variance = np.exp(grid)
    total = noise_variance[:, None] + values**2
    log_density = -0.5 * ((n_rows - len(values)) * grid + residual / noise_variance)
    log_density -= 0.5 * np.sum(np.log(total) + seen**2 / total, axis=1)
    log_density += log_prior(noise, grid)
    weight = np.exp(log_density - log_sum(log_density))
    means = values * seen / total
    mean = weight @ means
    within = noise_variance[:, None] / total
    covariance = np.eye(n_columns)
    covariance[: len(values), : len(values)] = np.diag(weight @ within) + (
        weight[:, None] * (means - mean)
    ).T @ (means - mean)
    back = np.sqrt(variances)[:, None] * right.T
    sd = np.sqrt(np.sum(back @ covariance * back, axis=1))
    return back[:, : len(values)] @ mean, sd


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
@pytest.mark.parametrize("width", [1.0, 1e4, 1e8])
@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 2), (6, 2), (2, 5), (5, 5), (9, 4)])
def test_moments_agree_with_a_fine_grid(shape, width, noise):
    rng = np.random.RandomState(sum(shape))
    X = rng.standard_normal(shape)
    y = X.sum(axis=1) + 0.01 * rng.standard_normal(len(X))
    variances = width * np.linspace(0.5, 2.0, X.shape[1])
    mean, sd = exact_moments(X, y, variances, noise)
    fitted = VariationalBayesianRegression(
        prior=Normal(0.0, variances), noise_prior=noise, fit_intercept=False
    ).fit(X, y)
    np.testing.assert_array_less(np.abs(fitted.coef_ - mean), 1e-6 * sd)
    np.testing.assert_allclose(np.sqrt(np.diag(fitted.sigma_)), sd, rtol=1e-6)


@pytest.mark.parametrize("width", [1e-6, 1e-3, 1.0])
def test_the_order_of_few_rows_does_not_matter(width):
    rng = np.random.RandomState(10)
    X = rng.standard_normal((3, 6)) * 10.0 ** rng.permutation(np.linspace(-4.0, 10.0, 6))
    y = 100.0 * rng.standard_normal(3)
    fits = [
        VariationalBayesianRegression(prior=Normal(0.0, width)).fit(X[order], y[order])
        for order in ([0, 1, 2], [1, 2, 0], [2, 1, 0])
    ]
    for other in fits[1:]:
        np.testing.assert_allclose(np.diag(other.sigma_), np.diag(fits[0].sigma_), rtol=1e-5)


def exact_learned(X, y, noise):
    """With alpha learned, by a fine grid of log alpha and the log noise: evidence up to a constant
    and standard deviations of the weights.
    """
    n_rows, n_columns = X.shape
    left, values, right = np.linalg.svd(X, full_matrices=False)
    seen = left.T @ y
    residual = np.sum((y - left @ seen) ** 2)
    spread_of_rows = np.sum(X.var(axis=0)) or np.sum(X.mean(axis=0) ** 2)
    location = np.log(spread_of_rows / n_columns)
    log_alpha, log_variance = np.arange(-90.0, 40.0, 0.1), np.arange(-80.0, 60.0, 0.1)
    spread = values**2 + np.exp(log_alpha)[:, None]
    share = np.exp(log_alpha)[:, None] / spread
    log_density = stats.logistic.logpdf(log_alpha - location) + 0.5 * np.log(share).sum(axis=1)
    squares = residual + share @ seen**2
    log_density = log_density[:, None] - 0.5 * n_rows * log_variance
    log_density -= 0.5 * squares[:, None] * np.exp(-log_variance)
    log_density += log_prior(noise, log_variance)
    largest = log_density.max()
    weight = np.exp(log_density - largest)
    evidence = largest + np.log(0.1 * 0.1 * weight.sum())
    weight /= weight.sum()
    at_alpha, noise_at_alpha = weight.sum(axis=1), weight @ np.exp(log_variance)
    means = (values * seen / spread) @ right
    mean = at_alpha @ means
    within = noise_at_alpha @ ((1.0 / spread) @ right**2)
    return evidence, np.sqrt(within + at_alpha @ (means - mean) ** 2)


@pytest.mark.parametrize("noise", [Gamma(0.1, 1e-14), HalfCauchy(1.0)], ids=["gamma", "cauchy"])
@pytest.mark.parametrize("shape", [(3, 1), (6, 1), (7, 2), (9, 2), (5, 3), (22, 17)])
def test_weights_of_zero_are_another_mode_of_nearly_exact_fits(shape, noise):
    rng = np.random.RandomState(sum(shape))
    X = rng.standard_normal(shape)
    y = X.sum(axis=1) + 1e-7 * rng.standard_normal(len(X))
    fitted = VariationalBayesianRegression(noise_prior=noise, fit_intercept=False).fit(X, y)
    sd = np.sqrt(np.diag(fitted.sigma_))
    np.testing.assert_allclose(sd, exact_learned(X, y, noise)[1], rtol=1e-5)


@pytest.mark.parametrize("scale", [0.01, 1.0, 1e6])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 1), (3, 1), (4, 2)])
def test_half_cauchy_noise_and_learned_alpha(shape, scale):
    rng = np.random.RandomState(sum(shape))
    X = rng.standard_normal(shape)
    y = X[:, 0] + rng.standard_normal(len(X))
    fitted = VariationalBayesianRegression(noise_prior=HalfCauchy(scale), fit_intercept=False).fit(
        X, y
    )
    evidence, sd = exact_learned(X, y, HalfCauchy(scale))
    evidence -= 0.5 * len(X) * np.log(2.0 * np.pi) + np.log(np.pi * scale)
    assert fitted.elbo_ == pytest.approx(evidence, abs=1e-6)
    if len(X) > 2:  # otherwise they are infinite
        np.testing.assert_allclose(np.sqrt(np.diag(fitted.sigma_)), sd, rtol=1e-5)


@pytest.mark.parametrize("absolute", [True, False])
@pytest.mark.parametrize("scale", [1.0, 1e4, 1e8])
@pytest.mark.parametrize("n_rows", [3, 4, 7])
def test_the_spread_of_predictions_under_a_wide_noise_prior(n_rows, scale, absolute):
    rng = np.random.RandomState(n_rows)
    X = rng.standard_normal((n_rows, 1))
    y = X[:, 0] + rng.standard_normal(n_rows)
    log_variance = np.arange(-40.0, 120.0, 0.01)
    variance = np.exp(log_variance)
    prior_variance = 1.0 if absolute else variance
    square, product = np.sum(X**2), float(X[:, 0] @ y)
    log_density = -0.5 * (n_rows - 1) * log_variance + log_prior(HalfCauchy(scale), log_variance)
    log_density -= 0.5 * np.log(variance + prior_variance * square)
    log_density -= 0.5 * np.sum((y - X[:, 0] * (product / square)) ** 2) / variance
    log_density -= 0.5 * product**2 / square / (variance + prior_variance * square)
    weight = np.exp(log_density - log_sum(log_density))
    mean = prior_variance * product / (variance + prior_variance * square)
    within = prior_variance * variance / (variance + prior_variance * square)
    spread = weight @ (within + (mean - weight @ (mean * np.ones_like(variance))) ** 2)
    expected = np.sqrt(weight @ variance + spread * X[:, 0] ** 2)
    prior = Normal(0.0, 1.0) if absolute else Ridge(1.0)
    fitted = VariationalBayesianRegression(
        prior=prior, noise_prior=HalfCauchy(scale), fit_intercept=False
    ).fit(X, y)
    np.testing.assert_allclose(fitted.predict(X, return_std=True)[1], expected, rtol=1e-6)


@pytest.mark.parametrize("noise", [None, *NOISE.values()], ids=["default", *NOISE])
def test_columns_of_zeros_keep_their_prior(noise):
    fitted = VariationalBayesianRegression(prior=Normal(0.0, 4.0), noise_prior=noise)
    fitted.fit(np.zeros((3, 2)), [0.0, 1.0, 3.0])
    np.testing.assert_allclose(fitted.sigma_, 4.0 * np.eye(2), rtol=1e-12, atol=1e-12)
