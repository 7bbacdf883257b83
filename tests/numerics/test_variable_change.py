"""Changes of variable: slopes are derivatives, ranges are covered, the fit follows the shape."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.density_profile import DROP, cover_tails, find_mode
from skvi.numerics.variable_change import ExponentialMap, IntervalMap, fit_map

T = np.linspace(-6.0, 6.0, 121)
STEP = 1e-5


def numerical_log_slope(position):
    """Log of the central difference quotient; its error is below 1e-9 here."""
    return np.log((position(T + STEP) - position(T - STEP)) / (2.0 * STEP))


@pytest.mark.parametrize(
    "coefficients", [(3.0, 2.0, 0.0, 0.0), (0.0, 0.5, 1.5, 0.0), (-2.0, 0.1, 0.3, 4.0)]
)
def test_slope_of_the_exponential_map(coefficients):
    change = ExponentialMap(*coefficients)
    position, log_slope = change.position(T)
    expected = numerical_log_slope(lambda t: change.position(t)[0])
    np.testing.assert_allclose(log_slope, expected, atol=1e-7)
    assert np.all(np.diff(position) > 0.0)
    assert change.position(np.zeros(1))[0][0] == change.centre


@pytest.mark.parametrize("distance", [1e-3, 1.0, 50.0, 300.0])
@pytest.mark.parametrize(("linear", "growth"), [(2.0, 0.0), (0.0, 0.5), (1.0, 1.0), (1e-3, 7.0)])
def test_extent_reaches_the_distance_and_not_much_further(linear, growth, distance):
    extent = ExponentialMap(0.0, linear, growth, 0.0).extent(distance, growth)
    assert linear * extent + growth * np.expm1(extent) >= distance * (1.0 - 1e-12)
    shorter = extent - 1.0
    assert shorter < 0.0 or linear * shorter + growth * np.expm1(shorter) < distance


@pytest.mark.parametrize(("left", "right"), [(2.0, None), (None, -1.0), (0.0, 1.0), (-3.0, 40.0)])
def test_interval_map_stays_inside_and_inverts(left, right):
    change = IntervalMap(left, right)
    position = change.position(T)
    assert left is None or np.all(position > left)
    assert right is None or np.all(position < right)
    np.testing.assert_allclose(change.log_slope(T), numerical_log_slope(change.position), atol=1e-7)
    np.testing.assert_allclose([change.inverse(u) for u in position], T, atol=1e-8)


def fitted(log_density):
    return fit_map(*cover_tails(log_density, find_mode(log_density, 0.0, 1.0)))


def test_a_gaussian_needs_no_change_but_its_scale():
    change, lower, upper = fitted(lambda u: -0.5 * ((u - 5.0) / 3.0) ** 2)
    assert change.centre == pytest.approx(5.0, abs=1.0)
    assert change.linear == pytest.approx(3.0, rel=0.2)
    assert (change.left, change.right) == (0.0, 0.0)
    assert lower < -8.0
    assert upper > 8.0


def test_a_long_tail_is_followed_exponentially():
    def log_gamma(u):
        return 3.0 * u - np.exp(np.minimum(u, 700.0))

    change, lower, upper = fitted(log_gamma)
    assert change.left > 0.0
    assert change.right == 0.0
    ends = change.position(np.array([lower, upper]))[0]
    assert np.all(log_gamma(ends) < log_gamma(np.log(3.0)) - DROP)
