"""Log-gamma arithmetic against 60-digit references."""

import mpmath
import numpy as np
import pytest

from skvi.families import _stirling as stirling

SHAPES = [1e-300, 1e-12, 1e-3, 0.3, 1.0, 4.9, 9.999, 10.0, 37.0, 1e4, 1e8, 1e15]


@pytest.fixture(autouse=True)
def sixty_digits():
    with mpmath.workdps(60):
        yield


def binet(a):
    a = mpmath.mpf(a)
    return mpmath.loggamma(a) - (a - 0.5) * mpmath.log(a) + a - mpmath.log(2 * mpmath.pi) / 2


def binet_slope(a):
    a = mpmath.mpf(a)
    return mpmath.digamma(a) - mpmath.log(a) + 1 / (2 * a)


@pytest.mark.parametrize("a", SHAPES)
def test_binet(a):
    np.testing.assert_allclose(stirling.binet(a), float(binet(a)), rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("a", SHAPES)
def test_binet_slope(a):
    expected = float(binet_slope(a))
    np.testing.assert_allclose(stirling.binet_slope(a), expected, rtol=1e-14, atol=2e-15)


@pytest.mark.parametrize("offset", [-1 + 1e-15, -0.6, -0.4, -1e-3, -1e-9, 0, 1e-12, 2e-4, 0.4, 1e9])
def test_ratio_excess(offset):
    denominator = 3.7e5
    numerator = denominator * (1.0 + offset)
    ratio = mpmath.mpf(numerator) / mpmath.mpf(denominator)
    expected = float(ratio - 1 - mpmath.log(ratio))
    value = stirling.ratio_excess(numerator, denominator)
    assert value >= 0.0
    np.testing.assert_allclose(value, expected, rtol=2e-12)


def test_ratio_excess_of_numbers_too_far_apart_to_divide():
    value = stirling.ratio_excess(np.array([1e-320]), np.array([1e8]))
    np.testing.assert_allclose(value, float(mpmath.log(1e8) - mpmath.log(1e-320) - 1), rtol=1e-12)


@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("n", [0.0, 1e-6, 0.5, 1.0, 7.0, 1e6])
def test_log_gamma_difference(a, n):
    expected = mpmath.loggamma(mpmath.mpf(a) + n) - mpmath.loggamma(mpmath.mpf(a))
    value = stirling.log_gamma_difference(a, n)
    np.testing.assert_allclose(value, float(expected), rtol=1e-12, atol=2e-14)


@pytest.mark.parametrize(("a", "n"), [(50.0, -1.5), (1e6, -1e6 + 3), (12.0, -9.5), (1e12, -2.0)])
def test_log_gamma_difference_backwards(a, n):
    expected = mpmath.loggamma(mpmath.mpf(a) + n) - mpmath.loggamma(mpmath.mpf(a))
    np.testing.assert_allclose(stirling.log_gamma_difference(a, n), float(expected), rtol=1e-13)


@pytest.mark.parametrize("a", SHAPES)
@pytest.mark.parametrize("n", [0.0, 1e-6, 0.5, 1.0, 7.0, 1e6])
def test_digamma_difference(a, n):
    expected = mpmath.digamma(mpmath.mpf(a) + n) - mpmath.digamma(mpmath.mpf(a))
    value = stirling.digamma_difference(a, n)
    tolerance = {"rtol": 1e-13, "atol": 0.0} if a >= 1e4 else {"rtol": 1e-12, "atol": 5e-15}
    np.testing.assert_allclose(value, float(expected), **tolerance)


@pytest.mark.parametrize("a", SHAPES)
def test_gamma_entropy(a):
    shape = mpmath.mpf(a)
    expected = shape + mpmath.loggamma(shape) + (1 - shape) * mpmath.digamma(shape)
    np.testing.assert_allclose(stirling.gamma_entropy(a), float(expected), rtol=1e-14, atol=5e-14)


@pytest.mark.parametrize("a", SHAPES[1:])
@pytest.mark.parametrize("b", SHAPES[1:])
def test_same_mean_divergence(a, b):
    x, y = mpmath.mpf(a), mpmath.mpf(b)

    def f(s):
        return mpmath.loggamma(s) - s * mpmath.log(s) + s

    expected = f(y) - f(x) - (y - x) * (mpmath.digamma(x) - mpmath.log(x))
    value = stirling.same_mean_divergence(np.array(a), np.array(b))
    np.testing.assert_allclose(value, float(expected), rtol=1e-13, atol=2e-14)
