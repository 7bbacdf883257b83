"""Priors of standardised weights against the same prior of the columns as they are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import multivariate_normal

from skvi.inference.blocks import ArrayBlocks
from skvi.likelihoods import Gaussian, Heteroscedastic, Poisson
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.linear_predictor.prior import INTERCEPT_PRECISION, Facts, matrix_of, units_of
from skvi.numerics.column_moments import column_moments
from skvi.priors import Flat, Normal, Ridge
from tests.models.linear_predictor.problems import blocks_of, table

COVARIANCE = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 0.7]])


def resolved(weights, likelihood=None, intercept=True, **options):
    likelihood = likelihood or Poisson()
    X, y = table(50, 3, offset=5.0), np.arange(50.0)
    model = LinearPredictorModel(likelihood, weights, intercept, n_features=3, **options)
    blocks = blocks_of(likelihood, X, y)
    return model.prior(model.facts(blocks)), X


def log_density(prior, flat, alpha):
    """Of standardised weights, by the parts of the resolved prior."""
    precision = matrix_of(prior.fixed) + alpha * matrix_of(prior.scaled)
    apart = flat - prior.mean
    return (
        prior.log_constant + 0.5 * prior.n_scaled * np.log(alpha) - 0.5 * apart @ precision @ apart
    )


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize(
    ("weights", "alpha", "mean", "covariance"),
    [
        (Ridge(2.5), 2.5, np.zeros(3), np.eye(3) / 2.5),
        (Normal(0.3, 4.0), 1.0, np.full(3, 0.3), 4.0 * np.eye(3)),
        (Normal([1.0, 0.0, -1.0], COVARIANCE), 1.0, [1.0, 0.0, -1.0], COVARIANCE),
    ],
)
def test_the_density_is_that_of_the_columns_as_they_are(
    weights, alpha, mean, covariance, intercept
):
    prior, X = resolved(weights, intercept=intercept)
    rng = np.random.RandomState(0)
    for _ in range(5):
        flat = rng.standard_normal(len(prior.active))
        coef = flat[:3] / prior.units.scale
        expected = multivariate_normal(mean, covariance).logpdf(coef)
        expected -= np.sum(np.log(prior.units.scale))
        if intercept:
            law = multivariate_normal(prior.predictor[0], 1.0 / INTERCEPT_PRECISION)
            expected += law.logpdf(flat[3])
        assert log_density(prior, flat, alpha) == pytest.approx(expected, rel=1e-11)


def test_a_flat_prior_has_density_one():
    prior, _ = resolved(Flat(), intercept=False)
    assert prior.n_scaled == 0
    assert not np.any(prior.scaled)
    assert prior.log_constant == pytest.approx(-np.sum(np.log(prior.units.scale)))


def test_targets_in_another_unit_have_the_same_prior():
    """Weights of ``y / 10`` are a tenth of those of ``y``."""
    one, _ = resolved(Normal(0.3, 4.0), Gaussian(1.0))
    other, _ = resolved(Normal(0.3, 4.0), Gaussian(1.0), target_unit=10.0)
    np.testing.assert_allclose(other.mean[:3], one.mean[:3] / 10.0, rtol=1e-14)
    np.testing.assert_allclose(other.scaled[:3], one.scaled[:3] * 100.0, rtol=1e-14)
    noise, _ = resolved(Ridge(2.0), Gaussian())
    scaled, _ = resolved(Ridge(2.0), Gaussian(), target_unit=10.0)
    assert noise.relative_to_noise
    np.testing.assert_array_equal(noise.scaled, scaled.scaled)


def test_which_precision_is_learned():
    learned, _ = resolved(Ridge())
    given, _ = resolved(Ridge(3.0))
    assert np.isnan(learned.alpha)
    assert given.alpha == 3.0
    assert np.isfinite(learned.location)
    assert learned.n_scaled == given.n_scaled == 3
    assert not resolved(Ridge(), Gaussian())[0].relative_to_noise
    assert not resolved(Normal(0.0, 1.0), Gaussian())[0].relative_to_noise


def test_predictors_of_some_columns_only():
    columns = [np.arange(3), np.array([1])]
    prior, _ = resolved(Normal(0.5, COVARIANCE), Heteroscedastic(), columns_of=columns)
    np.testing.assert_array_equal(prior.active, [0, 1, 2, 3, 5, 7])
    assert prior.n_scaled == 4
    scale = prior.units.scale
    precision = np.linalg.inv(COVARIANCE) / np.outer(scale, scale)
    np.testing.assert_allclose(prior.scaled[:3, :3], precision, rtol=1e-11)
    assert not np.any(prior.scaled[3]) and not np.any(prior.scaled[:3, 4])  # noqa: PT018
    assert prior.scaled[4, 4] == pytest.approx(precision[1, 1], rel=1e-11)
    np.testing.assert_allclose(prior.fixed, [0, 0, 0, 0.01, 0, 0.01])


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize(("intercept", "centred"), [(True, True), (False, False), (False, True)])
def test_columns_are_measured_from_their_means_in_standard_deviations(intercept, centred, kind):
    X = table(50, 4, offset=5.0, constant=True)
    weights = np.random.RandomState(0).uniform(0.5, 2.0, 50)
    facts = Facts(column_moments(kind(X), weights), np.zeros(1), np.zeros(()))
    units, design = units_of(facts, intercept, centred)
    mean = np.average(X, axis=0, weights=weights)
    spread = np.sqrt(np.average((X - mean) ** 2, axis=0, weights=weights))
    expected = spread if centred else np.hypot(spread, mean)
    np.testing.assert_allclose(units.centre, mean if centred else np.zeros(4), rtol=1e-12)
    np.testing.assert_allclose(design.spread, expected, rtol=1e-9, atol=1e-6)
    constant = 1.0 if centred and kind is np.asarray else units.scale[3]
    np.testing.assert_allclose(units.scale[3], constant)
    np.testing.assert_allclose(units.scale[:3], expected[:3], rtol=1e-9)
    assert units.n_columns == 4 + intercept
    assert design.total_spread == pytest.approx(np.linalg.norm(spread), rel=1e-6)


def test_facts_add_and_scale():
    X, y = table(60, 3), np.arange(60.0)[:, None]
    weights = np.random.RandomState(1).uniform(0.5, 2.0, 60)
    model = LinearPredictorModel(Poisson(), Ridge(), n_features=3)
    parts = [
        ArrayBlocks(X[s], Poisson().columns(y[s]), weights[s]) for s in (slice(20), slice(20, 60))
    ]
    whole = model.facts(ArrayBlocks(X, Poisson().columns(y), weights))
    merged = model.facts(parts[0]).merged(model.facts(parts[1]))
    twice = model.facts(ArrayBlocks(X, Poisson().columns(y), 2.0 * weights))
    for one, other in ((merged, whole), (whole.scaled(2.0), twice)):
        np.testing.assert_allclose(one.targets, other.targets, rtol=1e-12)
        for value, expected in zip(one.columns, other.columns, strict=True):
            np.testing.assert_allclose(value, expected, rtol=1e-11, atol=1e-13)
