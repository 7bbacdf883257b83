"""Log averages under a normal against closed forms and panels that know where the peaks are."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erfcx, log_ndtr, logsumexp

from skvi.numerics.normal_average import GRID, grid_average, log_normal_average, panel_average

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_GRADES = 2.0 ** np.arange(-36.0, 12.0)


def average(function, mean, sd):
    """Log averages of one function of the parameter, the same for all rows."""
    mean, sd = np.broadcast_arrays(np.asarray(mean, float), np.asarray(sd, float))
    return log_normal_average(lambda eta, rows: function(eta), mean, sd)


def by_graded_panels(function, mean, sd, centres):
    """Panels that shrink towards some values of the parameter."""
    centres = [(centre - mean) / sd for centre in centres]
    edges = [np.linspace(-40.0, 40.0, 161)]
    edges += [np.concatenate([c - _GRADES, [c], c + _GRADES]) for c in centres]
    edges = np.unique(np.concatenate(edges))
    half = 0.5 * np.diff(edges)[:, None]
    z = ((0.5 * (edges[1:] + edges[:-1]))[:, None] + half * _NODES).ravel()
    logs = function(mean + sd * z) - 0.5 * z * z
    return logsumexp(logs, b=(half * _WEIGHTS).ravel()) - 0.5 * np.log(2.0 * np.pi)


@pytest.mark.parametrize("width", [1e-6, 1e-3, 0.1, 0.2, 1.0, 30.0])
@pytest.mark.parametrize("centre", [0.0, 0.3, 7.0, -500.0])
def test_normal_peaks(width, centre):
    """At 0.3 the peak lies at a place where halves of the grid agree although it is too coarse."""
    sd = np.array([0.0, 1e-4, 0.1, 1.2, 5.0])
    mean = np.full(5, 0.5)
    actual = average(lambda eta: -0.5 * ((eta - centre) / width) ** 2, mean, sd)
    total = width**2 + sd**2
    expected = np.log(width) - 0.5 * np.log(total) - 0.5 * (mean - centre) ** 2 / total
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("power", [-5.0, 1.0, 60.0])
def test_exponentials(power):
    sd = np.array([0.0, 0.3, 4.0])
    expected = 0.7 * power + 0.5 * (power * sd) ** 2
    actual = average(lambda eta: power * eta, np.full(3, 0.7), sd)
    np.testing.assert_allclose(actual, expected, rtol=1e-9)


@pytest.mark.parametrize("rate", [1e-3, 1.0, 1e3])
def test_kinks(rate):
    """``exp(-rate |eta|)``: its two sides are scaled tails."""
    mean, sd = np.array([0.0, 0.4, -3.0, 20.0]), 2.0
    tails = [erfcx((rate * sd + side * mean / sd) / np.sqrt(2.0)) for side in (-1.0, 1.0)]
    expected = np.log(0.5 * tails[0] + 0.5 * tails[1]) - 0.5 * (mean / sd) ** 2
    actual = average(lambda eta: -rate * np.abs(eta), mean, sd)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("sd", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("mean", [-30.0, 0.0, 4.0])
def test_steps(mean, sd):
    """A normal distribution function, as a cumulative probability is."""
    expected = log_ndtr(mean / np.sqrt(0.01**2 + sd**2))
    actual = average(lambda eta: log_ndtr(eta / 0.01), [mean], [sd])
    np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("width", [1e-5, 1e-2, 1.0])
@pytest.mark.parametrize("df", [1.0, 4.0, 30.0])
@pytest.mark.parametrize("centre", [0.1, 3.3, 6.9, 12.0])
def test_two_peaks(width, df, centre):
    """One of the normal, one of a law with long tails that may lie between nodes."""

    def function(eta):
        return -0.5 * (df + 1.0) * np.log1p(((eta - centre) / width) ** 2 / df)

    for sd in (0.3, 1.0, 5.0):
        expected = by_graded_panels(function, 0.0, sd, [centre, 0.0])
        assert average(function, [0.0], [sd])[0] == pytest.approx(expected, abs=1e-8)


def test_rows_have_their_own_function():
    power = np.linspace(-3.0, 40.0, 5000)
    seen = []

    def function(eta, rows):
        seen.append(eta.shape)
        return power[rows] * eta

    actual = log_normal_average(function, np.zeros(5000), np.ones(5000))
    np.testing.assert_allclose(actual, 0.5 * power**2, rtol=1e-9, atol=1e-11)
    assert max(shape[1] for shape in seen[:1]) <= 2048


def test_what_is_no_number_is_nothing():
    def function(eta):
        return np.where(eta > 0.0, 0.0, np.nan)

    actual = average(function, [0.0, 0.0], [1.0, 2.0])
    np.testing.assert_allclose(actual, np.log(0.5), atol=1e-6)
    assert average(lambda eta: np.full(eta.shape, -np.inf), [0.0], [1.0])[0] == -np.inf


def test_the_grid_tells_whether_it_is_enough():
    narrow, wide = -0.5 * (GRID / 0.05) ** 2, -0.5 * (GRID / 3.0) ** 2
    value, sure, best = grid_average(np.stack([narrow, wide], axis=1))
    np.testing.assert_array_equal(sure, [False, True])
    assert value[1] == pytest.approx(-0.5 * np.log1p(1.0 / 9.0), abs=1e-12)
    np.testing.assert_array_equal(best, [0.0, 0.0])


def test_panels_of_some_rows():
    mean, sd = np.arange(4.0), np.full(4, 0.7)
    rows = np.array([3, 1])
    actual = panel_average(lambda eta, rows: 2.0 * eta, mean, sd, rows, np.zeros(2))
    np.testing.assert_allclose(actual, 2.0 * mean[rows] + 0.5 * 1.4**2, rtol=1e-9)
