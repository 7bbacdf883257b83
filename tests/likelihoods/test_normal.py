"""Normal targets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from skvi.likelihoods import Gaussian
from skvi.likelihoods._base import Likelihood, LikelihoodError
from tests.likelihoods.normal_predictor import (
    check_additive,
    check_density,
    check_derivatives,
    check_finite,
    check_parameter_slopes,
    grid,
    reference,
)

CASES = [(Gaussian(), np.log([0.4])), (Gaussian(1.7), np.empty(0))]
ROWS = grid([-2.0, 0.1, 3.0], [-3.0, 0.0, 0.2, 5.0])
each_case = pytest.mark.parametrize(("likelihood", "parameters"), CASES)


@each_case
def test_log_density_is_that_of_scipy_and_integrates_to_one(likelihood, parameters):
    check_density(likelihood, parameters, [-1.0, 2.0], np.linspace(-3.0, 4.0, 8))
    scale = likelihood.named(parameters)["scale"]
    expected = norm.logpdf(ROWS[0][:, 0], ROWS[1], scale)
    np.testing.assert_allclose(likelihood.log_density(*ROWS[:2], parameters), expected, 1e-13)


@each_case
def test_expectations(likelihood, parameters):
    value = likelihood.expectations(*ROWS, parameters)[0]
    np.testing.assert_allclose(value, reference(likelihood, *ROWS, parameters), 1e-11)
    check_derivatives(likelihood, *ROWS, parameters)
    check_finite(likelihood, ROWS[0][::20], parameters)


@each_case
def test_slopes_in_the_scale_are_those_of_differences(likelihood, parameters):
    check_parameter_slopes(likelihood, *ROWS, parameters)


def test_scales_out_of_range_give_no_nan():
    for log_scale in (-1e3, 1e3):
        check_finite(Gaussian(), ROWS[0][::20], np.array([log_scale]))


def test_begin_recovers_location_and_scale():
    y = np.random.default_rng(0).normal(1.5, 0.3, (4000, 1))
    likelihood = Gaussian()
    check_additive(likelihood, y)
    predictor, parameters = likelihood.begin(likelihood.statistics(y, np.ones(len(y))))
    np.testing.assert_allclose(predictor, [1.5], atol=0.02)
    np.testing.assert_allclose(likelihood.named(parameters)["scale"], 0.3, rtol=0.05)
    assert Gaussian(2.0).begin(np.array([1.0, 0.0, 1.0]))[1].shape == (0,)


@pytest.mark.parametrize("constant", [0.0, 3.0, 1e8])
def test_begin_of_equal_targets_is_finite(constant):
    likelihood = Gaussian()
    y = np.full((7, 1), constant)
    predictor, parameters = likelihood.begin(likelihood.statistics(y, np.ones(7)))
    np.testing.assert_allclose(predictor, [constant])
    assert np.all(np.isfinite(parameters))


@pytest.mark.parametrize("scale", [0.0, -1.0, np.nan, np.inf, "wide", True])
def test_scale_is_checked(scale):
    with pytest.raises(LikelihoodError, match="Gaussian: scale must be positive, or None, got"):
        Gaussian(scale).check()


def test_allowed_arguments_pass():
    for likelihood in (Gaussian(), Gaussian(1), Gaussian(np.float64(0.5))):
        likelihood.check()
        assert likelihood.in_units_of_target
        assert isinstance(likelihood, Likelihood)
