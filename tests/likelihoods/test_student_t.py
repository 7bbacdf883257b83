"""Student-t targets: expectations by the integral of the Faddeeva function."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy.stats import t as student_t

from skvi.likelihoods import StudentT
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
    (StudentT(), np.array([np.log(0.5), -0.8])),
    (StudentT(df=4.0), np.log([1.3])),
    (StudentT(scale=0.2), np.array([-4.0])),
    (StudentT(df=0.7, scale=0.1), np.empty(0)),
    (StudentT(df=1e6, scale=1.0), np.empty(0)),
]
ROWS = grid([-2.0, 0.1, 30.0], [-3.0, 0.0, 0.1, 5.0])
each_case = pytest.mark.parametrize(("likelihood", "parameters"), CASES)


@each_case
def test_log_density_is_that_of_scipy_and_integrates_to_one(likelihood, parameters):
    check_density(likelihood, parameters, [-1.0, 2.0], np.linspace(-3.0, 4.0, 8))
    named = likelihood.named(parameters)
    expected = student_t.logpdf(ROWS[0][:, 0], named["df"], ROWS[1], named["scale"])
    np.testing.assert_allclose(likelihood.log_density(*ROWS[:2], parameters), expected, 1e-9)


@each_case
def test_expectations(likelihood, parameters):
    value = likelihood.expectations(*ROWS, parameters)[0]
    np.testing.assert_allclose(value, reference(likelihood, *ROWS, parameters), 1e-9)
    # Differences over steps of 1e-5 in values whose degrees multiply rounding errors.
    atol = 5e-5 if likelihood.df == 1e6 else 1e-7
    check_derivatives(likelihood, *ROWS, parameters, rtol=2e-6, atol=atol)


@each_case
def test_nothing_is_nan(likelihood, parameters):
    check_finite(likelihood, ROWS[0][::20], parameters)
    check_finite(likelihood, ROWS[0][::20], np.full(len(parameters), 1e3))
    check_finite(likelihood, ROWS[0][::20], np.full(len(parameters), -1e3))


@pytest.mark.parametrize("offset", [0.0, 0.3, 4.0, 200.0])
@pytest.mark.parametrize("variance", [1e-10, 0.02, 9.0, 100.0, 1e3, 1e6])
def test_expectations_agree_with_those_worked_out_in_30_digits(offset, variance):
    likelihood = StudentT(df=1.0, scale=1.0)
    results = likelihood.expectations(
        np.zeros((1, 1)), np.array([offset]), np.array([variance]), np.empty(0)
    )
    with mpmath.workdps(30):
        deviation = mpmath.sqrt(variance)
        z = mpmath.mpc(offset, 1) / (mpmath.sqrt(2) * deviation)
        faddeeva = mpmath.exp(-(z**2)) * mpmath.erfc(-1j * z)
        first = mpmath.mpc(0, -1) * mpmath.sqrt(mpmath.pi) * faddeeva
        slope = -2 * (first / (mpmath.sqrt(2) * deviation)).real
        second = -2 * z * first + 2
        curvature = -2 * (-second / (2 * variance)).real
        edges = sorted({-offset / deviation, *mpmath.linspace(-12, 12, 9)})
        edges = [edge for edge in edges if abs(edge) <= 12]
        value = -mpmath.log(mpmath.pi) - mpmath.quad(
            lambda u: mpmath.npdf(u) * mpmath.log1p((offset + deviation * u) ** 2), edges
        )
    np.testing.assert_allclose(results[0][0], float(value), 1e-9)
    np.testing.assert_allclose(results[1][0], float(slope), 1e-11, 1e-15)
    if variance > 1e-9:  # the reference cancels below
        np.testing.assert_allclose(results[2][0], float(curvature), 1e-10, 1e-14)


def test_one_variance_of_zero_gives_the_log_density():
    y, mean, _ = ROWS
    for likelihood, parameters in CASES:
        value = likelihood.expectations(y, mean, np.zeros(len(y)), parameters)[0]
        np.testing.assert_allclose(value, likelihood.log_density(y, mean, parameters), 1e-9)


@pytest.mark.parametrize(("likelihood", "parameters"), CASES[:4])
def test_slopes_in_the_hyper_parameters_are_those_of_differences(likelihood, parameters):
    check_parameter_slopes(likelihood, *ROWS, parameters)


def test_begin_recovers_location_and_scale():
    y = student_t(10.0, 1.5, 0.3).rvs((4000, 1), random_state=0)
    likelihood = StudentT()
    check_additive(likelihood, y)
    statistics = likelihood.statistics(y, np.ones(len(y)))
    predictor, parameters = likelihood.begin(statistics)
    np.testing.assert_allclose(predictor, [1.5], atol=0.02)
    np.testing.assert_allclose(likelihood.named(parameters)["scale"], 0.3, rtol=0.1)
    np.testing.assert_allclose(likelihood.named(parameters)["df"], 10.0)
    assert StudentT(df=1.0).begin(statistics)[1].shape == (1,)
    assert StudentT(scale=1.0).begin(statistics)[1].shape == (1,)
    assert StudentT(df=1.0, scale=1.0).begin(statistics)[1].shape == (0,)


def test_learned_degrees_of_freedom_stay_in_range():
    for t in (-1e3, -5.0, 0.0, 5.0, 1e3):
        assert 1.0 <= StudentT(scale=1.0).named(np.array([t]))["df"] <= 1e3 * (1.0 + 1e-12)


@pytest.mark.parametrize("df", [0.0, -1.0, np.nan, np.inf, 1e7, "few", True])
def test_degrees_of_freedom_are_checked(df):
    with pytest.raises(LikelihoodError, match="StudentT: df must be from 1e-3 to 1e6, or None"):
        StudentT(df).check()


def test_scale_is_checked_and_allowed_arguments_pass():
    with pytest.raises(LikelihoodError, match="StudentT: scale must be positive, or None, got 0"):
        StudentT(scale=0).check()
    StudentT().check()
    StudentT(3, 0.5).check()
