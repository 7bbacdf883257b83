"""Derivatives of curvatures and slopes against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.likelihoods import Categorical, Gaussian, Heteroscedastic, Poisson
from skvi.models.linear_predictor.sensitivity import row_sensitivity

RNG = np.random.RandomState(0)
MEAN, VARIANCE = RNG.standard_normal(6), RNG.uniform(0.1, 2.0, 6)
WEIGHTS = np.arange(6.0)


def matrices(n, size):
    roots = RNG.standard_normal((n, size, size))
    return roots @ roots.swapaxes(1, 2) + 0.2 * np.eye(size)


def test_those_of_counts_are_means():
    y = Poisson().columns(RNG.poisson(2.0, (6, 1)).astype(float))
    found = row_sensitivity(Poisson(), y, MEAN, VARIANCE, np.empty(0), WEIGHTS)
    rate = WEIGHTS * np.exp(MEAN + 0.5 * VARIANCE)
    np.testing.assert_allclose(found.in_mean[:, 0, 0], rate, rtol=1e-5)
    np.testing.assert_allclose(found.in_variance[:, 0, 0], 0.5 * rate, rtol=1e-5)
    assert found.in_parameters.shape == (6, 1, 0)
    assert found.slope_in_parameters.shape == (6, 1, 0)


def test_those_of_normal_targets_are_in_the_scale_alone():
    y, parameters = RNG.standard_normal((6, 1)), np.array([0.3])
    found = row_sensitivity(Gaussian(), y, MEAN, VARIANCE, parameters, WEIGHTS)
    precision = np.exp(-0.6)
    np.testing.assert_allclose(found.in_mean, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.in_variance, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.in_parameters[:, 0, 0], -2.0 * WEIGHTS * precision, rtol=1e-6)
    slope = WEIGHTS * (y[:, 0] - MEAN) * precision
    np.testing.assert_allclose(found.slope_in_parameters[:, 0, 0], -2.0 * slope, rtol=1e-6)


@pytest.mark.parametrize("likelihood", [Categorical(3), Heteroscedastic()], ids=["softmax", "het"])
def test_derivatives_of_two_predictors_are_symmetric(likelihood):
    size = likelihood.n_predictors
    raw = RNG.randint(3, size=(6, 1)) + 0.0
    y, mean, variance = likelihood.columns(raw), RNG.standard_normal((6, size)), matrices(6, size)
    found = row_sensitivity(likelihood, y, mean, variance, np.empty(0), np.ones(6))
    # Both are third derivatives: of the pair (0, 1), counted twice, in 0, and of (0, 0) in 1.
    np.testing.assert_allclose(
        found.in_mean[:, 1, 0], 2.0 * found.in_mean[:, 0, 1], rtol=1e-3, atol=1e-4
    )
    swapped = found.in_variance.swapaxes(1, 2)
    np.testing.assert_allclose(found.in_variance, swapped, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("likelihood", [Categorical(3), Poisson(), Categorical(5)])
def test_rows_that_are_certain_have_derivatives(likelihood):
    """Rows of zeros, without an intercept."""
    size = likelihood.n_predictors
    shape = (6,) if size == 1 else (6, size)
    y = likelihood.columns(np.ones((6, 1)))
    moments = np.zeros(shape), np.zeros(shape + shape[1:])
    found = row_sensitivity(likelihood, y, *moments, np.empty(0), np.ones(6))
    assert all(np.all(np.isfinite(part)) for part in found)
