"""Asymmetric Laplace targets."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.likelihoods import AsymmetricLaplace
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.normal_predictor import (
    check_additive,
    check_density,
    check_derivatives,
    check_finite,
    check_parameter_slopes,
    grid,
    reference,
)

CASES = [
    (AsymmetricLaplace(), np.log([0.4])),
    (AsymmetricLaplace(0.9), np.log([1.5])),
    (AsymmetricLaplace(0.05, scale=0.7), np.empty(0)),
]
ROWS = grid([-2.0, 0.1, 3.0], [-3.0, 0.0, 0.1, 5.0])
WIDE = tuple(column[ROWS[2] >= 0.01] for column in ROWS)
each_case = pytest.mark.parametrize(("likelihood", "parameters"), CASES)


@each_case
def test_log_density_is_that_of_scipy_and_integrates_to_one(likelihood, parameters):
    check_density(likelihood, parameters, [-1.0, 2.0], np.linspace(-3.0, 4.0, 8))


@each_case
def test_the_predictor_is_the_quantile(likelihood, parameters):
    frozen = likelihood.conditional(np.array([-1.0, 3.0]), parameters)
    np.testing.assert_allclose(frozen.cdf([-1.0, 3.0]), likelihood.quantile, 1e-12)


@each_case
def test_expectations(likelihood, parameters):
    value = likelihood.expectations(*ROWS, parameters)[0]
    # A target at its mean: variances below the floor of 1e-12 differ by its deviation.
    atol = 1e-6 * (ROWS[2] == 0.0)
    error = np.abs(value - reference(likelihood, *ROWS, parameters))
    assert np.all(error < 1e-9 * np.abs(value) + atol)
    check_derivatives(likelihood, *WIDE, parameters, rtol=2e-5)
    check_finite(likelihood, ROWS[0][::20], parameters)


@each_case
def test_slopes_in_the_scale_are_those_of_differences(likelihood, parameters):
    check_parameter_slopes(likelihood, *WIDE, parameters)


def test_the_curvature_without_variance_is_a_finite_spike():
    y = np.array([[0.0], [0.0]])
    mean, variance = np.array([0.0, 0.1]), np.zeros(2)
    curvature = AsymmetricLaplace(scale=2.0).expectations(y, mean, variance, np.empty(0))[2]
    np.testing.assert_allclose(curvature[0], 1e6 / (4.0 * np.sqrt(2.0 * np.pi)), 1e-12)
    assert curvature[1] == 0.0


@pytest.mark.parametrize("quantile", [0.5, 0.1, 0.9])
def test_begin_recovers_location_and_scale(quantile):
    likelihood = AsymmetricLaplace(quantile)
    scale = 0.3
    truth = likelihood.conditional(1.5, np.log([scale]))
    y = truth.rvs((20000, 1), random_state=np.random.default_rng(0))
    check_additive(likelihood, y)
    statistics = likelihood.statistics(y, np.ones(len(y)))
    predictor, parameters = likelihood.begin(statistics)
    np.testing.assert_allclose(predictor, [1.5], atol=0.1)
    np.testing.assert_allclose(likelihood.named(parameters)["scale"], scale, rtol=0.05)
    assert AsymmetricLaplace(quantile, scale=1.0).begin(statistics)[1].shape == (0,)


@pytest.mark.parametrize("quantile", [0.0, 1.0, -0.5, np.nan, None, "median"])
def test_quantile_is_checked(quantile):
    message = "AsymmetricLaplace: quantile must be above 0 and below 1, got"
    with pytest.raises(LikelihoodError, match=message):
        AsymmetricLaplace(quantile).check()


def test_scale_is_checked_and_allowed_arguments_pass():
    with pytest.raises(LikelihoodError, match="AsymmetricLaplace: scale must be positive"):
        AsymmetricLaplace(scale=-2.0).check()
    AsymmetricLaplace().check()
    AsymmetricLaplace(0.9, 1).check()
