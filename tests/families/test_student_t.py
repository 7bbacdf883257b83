import mpmath
import numpy as np
import pytest
from scipy import stats

from skvi.families import IndependentStudentT, StudentT

DEGREES = [0.3, 1.0, 2.0, 4.5, 300.0, np.inf]


@pytest.mark.parametrize("degrees", DEGREES)
def test_density_and_distribution_function_are_those_of_scipy(degrees):
    ours, theirs = StudentT(1.0, 2.5, degrees), stats.t(degrees, loc=1.0, scale=2.5)
    x = np.linspace(-30.0, 30.0, 41)
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(ours.logpdf(x), ours.log_density(x), rtol=0.0)
    np.testing.assert_allclose(ours.cdf(x), theirs.cdf(x), rtol=1e-12)
    np.testing.assert_allclose(ours.variance(), theirs.var())
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-12)


def test_mean_exists_above_one_degree_of_freedom():
    degrees = np.array(DEGREES)
    expected = np.where(degrees > 1.0, 3.0, np.nan)
    np.testing.assert_array_equal(StudentT(3.0, 1.0, degrees).mean(), expected)


@pytest.mark.parametrize("degrees", DEGREES)
def test_quantiles_invert_the_distribution_function(degrees):
    distribution = StudentT(np.array(0.0), np.array(2.5), np.array(degrees))
    probability = np.array([1e-12, 1e-3, 0.2, 0.4999, 0.5, 0.7, 0.999])
    value = distribution.ppf(probability)
    np.testing.assert_allclose(distribution.cdf(value), probability, rtol=1e-10)
    np.testing.assert_array_equal(distribution.ppf(np.array([0.0, 1.0])), [-np.inf, np.inf])


@pytest.mark.parametrize("probability", [1e-300, 1e-40])
def test_quantiles_far_out_have_the_right_sign(probability):
    assert StudentT(0.0, 1.0, 3.3).ppf(probability) < -1e11


@pytest.mark.parametrize("degrees", [1e5, 1e9, 1e13])
def test_density_of_nearly_normal_tails_keeps_its_digits(degrees):
    x = 3.0
    with mpmath.workdps(60):
        nu = mpmath.mpf(degrees)
        expected = mpmath.loggamma((nu + 1) / 2) - mpmath.loggamma(nu / 2)
        expected -= mpmath.log(nu * mpmath.pi) / 2 + (nu + 1) / 2 * mpmath.log1p(x * x / nu)
    value = StudentT(0.0, 1.0, degrees).log_density(x)
    np.testing.assert_allclose(value, float(expected), rtol=4e-15)


@pytest.mark.parametrize("degrees", DEGREES[1:])
def test_density_integrates_to_one(degrees):
    u = np.linspace(-45.0, 45.0, 8001)
    density = np.exp(StudentT(1.0, 2.5, degrees).log_density(1.0 + np.sinh(u))) * np.cosh(u)
    np.testing.assert_allclose(density.sum() * (u[1] - u[0]), 1.0, rtol=1e-11)


def test_independent_columns_multiply():
    location, scale, degrees = np.array([0.0, 1.0]), np.array([1.0, 3.0]), np.array([4.0, np.inf])
    rows = IndependentStudentT(location, scale, degrees)
    x = np.array([[0.5, -2.0], [1.5, 7.0]])
    expected = stats.t(4.0).logpdf(x[:, 0]) + stats.norm(1.0, 3.0).logpdf(x[:, 1])
    np.testing.assert_allclose(rows.log_density(x), expected, rtol=1e-13)
    np.testing.assert_allclose(rows.entropy(), stats.t(4.0).entropy() + stats.norm(1, 3).entropy())
