"""Normalisers and moments of the nodes against closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from skvi.numerics.quadrature import integrate_log_density

LOG_SQRT_2PI = 0.5 * np.log(2.0 * np.pi)


def gaussian(mean, sd):
    def log_density(u):
        return -0.5 * ((u - mean) / sd) ** 2

    return log_density, LOG_SQRT_2PI + np.log(sd), mean, sd**2


def log_gamma_variable(shape, rate):
    def log_density(u):
        return shape * u - rate * np.exp(u)

    log_normalizer = special.gammaln(shape) - shape * np.log(rate)
    mean = special.digamma(shape) - np.log(rate)
    return log_density, log_normalizer, mean, special.polygamma(1, shape)


def logit_beta(success, failure):
    def log_density(u):
        return -success * np.logaddexp(0.0, -u) - failure * np.logaddexp(0.0, u)

    mean = special.digamma(success) - special.digamma(failure)
    variance = special.polygamma(1, success) + special.polygamma(1, failure)
    return log_density, special.betaln(success, failure), mean, variance


def student_t(location, degrees_of_freedom):
    half = 0.5 * (degrees_of_freedom + 1.0)

    def log_density(u):
        return -half * np.log1p((u - location) ** 2 / degrees_of_freedom)

    log_normalizer = special.gammaln(half - 0.5) - special.gammaln(half)
    log_normalizer += 0.5 * np.log(degrees_of_freedom * np.pi)
    variance = degrees_of_freedom / (degrees_of_freedom - 2.0)
    return log_density, log_normalizer, location, variance


SMOOTH = {
    "gaussian": gaussian(0.0, 1.0),
    "gaussian, shifted": gaussian(3.0, 0.5),
    "gaussian, far": gaussian(700.0, 1.0),
    "gaussian, narrow": gaussian(5.0, 1e-3),
    "gaussian, broad": gaussian(50.0, 1e4),
    "gaussian, very broad": gaussian(0.0, 1e6),
    "log gamma 0.001": log_gamma_variable(1e-3, 1.0),
    "log gamma 0.01": log_gamma_variable(0.01, 1e-200),
    "log gamma 0.5": log_gamma_variable(0.5, 1.0),
    "log gamma 1": log_gamma_variable(1.0, 1e200),
    "log gamma 10": log_gamma_variable(10.0, 3.0),
    "log gamma 1000": log_gamma_variable(1000.0, 1.0),
    "logistic": logit_beta(1.0, 1.0),
    "tails exp(-|u|/2)": logit_beta(0.5, 0.5),
    "one sharp side": logit_beta(100.0, 0.5),
    "cut-off far away": logit_beta(0.5, 1e8),
    "very long tails": logit_beta(0.01, 0.01),
    "student t 30": student_t(4.0, 30.0),
    "student t 100": student_t(-4.0, 100.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_normalizer_and_moments(name):
    log_density, log_normalizer, mean, variance = SMOOTH[name]
    nodes = integrate_log_density(log_density)
    sd = np.sqrt(variance)
    found = nodes.mean(nodes.position)
    assert abs(nodes.log_normalizer - log_normalizer) < 1e-11
    assert abs(found - mean) < 1e-11 * sd
    # A node's distance from the mean cannot be better than its own rounding error.
    rounding = 4.0 * np.finfo(float).eps * abs(mean) / sd
    assert abs(nodes.mean((nodes.position - mean) ** 2) / variance - 1.0) < 1e-11 + rounding
    assert nodes.mean(np.ones_like(nodes.position)) == pytest.approx(1.0, abs=1e-14)
    assert (np.diff(nodes.position) > 0.0).all()


@pytest.mark.parametrize("name", ["gaussian", "gaussian, far", "log gamma 1", "logistic"])
def test_smooth_cases_are_cheap(name):
    sizes = []

    def counted(u):
        sizes.append(u.size)
        return SMOOTH[name][0](u)

    nodes = integrate_log_density(counted)
    assert len(sizes) < 8
    assert sum(sizes) < 300
    assert nodes.position.size <= 65


def test_hint_saves_calls():
    log_density = gaussian(700.0, 1e-3)[0]
    sizes = []

    def counted(u):
        sizes.append(u.size)
        return log_density(u)

    integrate_log_density(counted)
    without, sizes = len(sizes), []
    integrate_log_density(counted, 700.0, scale=1e-3)
    assert len(sizes) < without


def test_narrow_peak_far_from_zero_is_as_good_as_its_positions():
    log_density, log_normalizer, mean, variance = gaussian(-700.0, 1e-3)
    nodes = integrate_log_density(log_density)
    # Positions near 700 are spaced 1e-13, that is 1e-10 standard deviations.
    assert abs(nodes.log_normalizer - log_normalizer) < 1e-10
    assert abs(nodes.mean((nodes.position - mean) ** 2) / variance - 1.0) < 1e-10


@pytest.mark.parametrize("degrees_of_freedom", [0.5, 1.0, 2.5])
def test_heavy_tails(degrees_of_freedom):
    log_density, log_normalizer, _, _ = student_t(4.0, degrees_of_freedom)
    nodes = integrate_log_density(log_density)
    assert abs(nodes.log_normalizer - log_normalizer) < 1e-11


@pytest.mark.parametrize("offset", [-1e8, 1e8])
def test_offset_costs_only_its_own_rounding(offset):
    log_density, log_normalizer, mean, _ = gaussian(3.0, 0.5)
    nodes = integrate_log_density(lambda u: offset + log_density(u))
    assert abs(nodes.log_normalizer - offset - log_normalizer) < 4.0 * np.spacing(1e8)
    assert abs(nodes.mean(nodes.position) - mean) < 1e-8


def test_plateau():
    nodes = integrate_log_density(lambda u: -np.logaddexp(0, -u - 100) - np.logaddexp(0, u - 100))
    assert abs(nodes.log_normalizer - np.log(200.0)) < 1e-11


def test_flat_top():
    nodes = integrate_log_density(lambda u: -((u / 100.0) ** 8))
    assert abs(nodes.log_normalizer - np.log(200.0 * special.gamma(1.125))) < 1e-11


def test_two_modes():
    nodes = integrate_log_density(lambda u: np.logaddexp(-0.5 * u**2, 1.0 - 0.5 * (u - 12.0) ** 2))
    assert abs(nodes.log_normalizer - LOG_SQRT_2PI - np.log1p(np.e)) < 1e-11


def test_kink_is_accurate_to_the_square_of_the_step():
    nodes = integrate_log_density(lambda u: -np.abs(u - 1.234))
    assert abs(nodes.log_normalizer - np.log(2.0)) < 1e-6


HARD_EDGES = {
    "box": (lambda u: np.where(np.abs(u - 3.0) < 2.0, 0.0, -np.inf), np.log(4.0)),
    "exponential": (lambda u: np.where(u >= 0.0, -u, -np.inf), 0.0),
    "reflected": (lambda u: np.where(u <= 5.0, 2.0 * (u - 5.0), -np.inf), -np.log(2.0)),
    "half normal": (
        lambda u: np.where(u >= 1.0, -0.5 * u**2, -np.inf),
        LOG_SQRT_2PI + special.log_ndtr(-1.0),
    ),
    "nan outside": (lambda u: 0.5 * np.log(u) - u, special.gammaln(1.5)),
    "beta": (lambda u: 2.0 * np.log(u) + 2.0 * np.log1p(-u), special.betaln(3.0, 3.0)),
}


@pytest.mark.parametrize("name", HARD_EDGES)
def test_zero_outside_a_region(name):
    log_density, log_normalizer = HARD_EDGES[name]
    nodes = integrate_log_density(log_density, 0.3)
    assert abs(nodes.log_normalizer - log_normalizer) < 1e-11
    assert np.isfinite(log_density(nodes.position)).all()


@given(
    mean=st.floats(-700.0, 700.0),
    log_sd=st.floats(-3.0, 8.0),
    skewness=st.floats(0.05, 20.0),
    start=st.floats(-50.0, 50.0),
)
@settings(max_examples=60, deadline=None)
def test_any_location_scale_and_skewness(mean, log_sd, skewness, start):
    """A logit-beta density stretched by ``exp(log_sd)`` and moved to ``mean``."""
    plain, log_normalizer, centre, variance = logit_beta(1.0, skewness)
    sd = np.exp(log_sd)
    nodes = integrate_log_density(lambda u: plain((u - mean) / sd), start)
    assert abs(nodes.log_normalizer - log_normalizer - log_sd) < 1e-10
    found = nodes.mean((nodes.position - mean) / sd)
    assert abs(found - centre) < 1e-10 * np.sqrt(variance) + 1e-10


@pytest.mark.parametrize(
    ("log_density", "message"),
    [
        (lambda u: np.full(u.shape, -np.inf), "no mode"),
        (lambda u: u, "no mode"),
        (lambda u: np.zeros(u.shape), "keeps rising"),
        (lambda u: -np.log1p(np.abs(u)), "diverges"),
        (lambda u: np.where(u == 0.0, np.inf, -u * u), "infinite"),
    ],
)
def test_what_has_no_integral_is_refused(log_density, message):
    with pytest.raises(ValueError, match=message):
        integrate_log_density(log_density)


def test_deterministic():
    log_density = log_gamma_variable(0.5, 1.0)[0]
    first, second = integrate_log_density(log_density), integrate_log_density(log_density)
    np.testing.assert_array_equal(first.position, second.position)
    np.testing.assert_array_equal(first.log_weight, second.log_weight)
