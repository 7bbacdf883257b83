"""Mixtures of Student-t: against scipy's components, quadrature and their own inverse."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import integrate, stats

from skvi.families.student_t_mixture import StudentTMixture

DEGREES = [1.3, 2.5, 30.0, np.inf]


def mixture(degrees_of_freedom, n_rows=4, seed=0):
    rng = np.random.RandomState(seed)
    weight = rng.dirichlet(np.ones(5), size=1)
    location = rng.standard_normal((n_rows, 5)) * 3.0
    scale = np.exp(rng.standard_normal((n_rows, 5)))
    return StudentTMixture(weight, location, scale, np.full((1, 5), degrees_of_freedom))


@pytest.mark.parametrize("nu", DEGREES)
def test_density_and_cdf_are_those_of_the_components(nu):
    m = mixture(nu)
    x = np.array([[-3.0], [0.0], [2.0]])
    parts = stats.t(nu, m.location, m.scale)
    np.testing.assert_allclose(m.pdf(x), np.sum(m.weight * parts.pdf(x[..., None]), -1), rtol=1e-9)
    np.testing.assert_allclose(m.cdf(x), np.sum(m.weight * parts.cdf(x[..., None]), -1), rtol=1e-9)
    np.testing.assert_allclose(m.sf(x), 1.0 - m.cdf(x), atol=1e-15)


@pytest.mark.parametrize("nu", DEGREES)
def test_density_integrates_to_the_cdf(nu):
    m = mixture(nu, 1)
    area = integrate.quad(lambda x: m.pdf(x)[0], -60.0, 60.0, limit=500, epsabs=1e-12)[0]
    assert area == pytest.approx(m.cdf(60.0)[0] - m.cdf(-60.0)[0], abs=1e-10)


@pytest.mark.parametrize("nu", DEGREES)
def test_quantiles_invert_the_cdf(nu):
    m = mixture(nu)
    q = np.array([1e-10, 1e-3, 0.2, 0.5, 0.9, 1.0 - 1e-6])[:, None]
    x = m.ppf(q)
    assert x.shape == (6, 4)
    np.testing.assert_allclose(m.cdf(x), np.broadcast_to(q, x.shape), rtol=1e-10)
    np.testing.assert_allclose(m.sf(x[-1]), 1e-6, rtol=1e-9)


@pytest.mark.parametrize("nu", [0.3, 0.5, 4.0, 21.0, np.inf])
@pytest.mark.parametrize("weights_per_row", [False, True])
def test_tabulated_quantiles_are_those_of_the_search(nu, weights_per_row):
    m = mixture(nu, 50)
    if weights_per_row:
        m = m._replace(weight=np.random.RandomState(1).dirichlet(np.ones(5), size=50))
    level = np.random.RandomState(2).uniform(size=50)
    level[:4] = 1e-12, 1e-5, 1.0 - 1e-12, 0.5
    np.testing.assert_allclose(
        m.ppf(level), m._searched_quantiles(level, m._brackets(level)), rtol=1e-10, atol=1e-12
    )


def test_quantiles_where_components_have_no_weight():
    used = mixture(5.0)
    padded = StudentTMixture(
        np.append(used.weight, [[0.0]], axis=1),
        np.append(used.location, np.full((4, 1), 1e9), axis=1),
        np.append(used.scale, np.full((4, 1), 1e-9), axis=1),
        np.full((1, 6), 5.0),
    )
    np.testing.assert_allclose(padded.ppf(0.9), used.ppf(0.9), rtol=1e-12)


def test_quantiles_of_separated_components():
    m = StudentTMixture(
        np.array([[0.5, 0.5]]),
        np.array([[-1e6, 1e6]]),
        np.array([[1e-3, 1.0]]),
        np.full((1, 2), np.inf),
    )
    np.testing.assert_allclose(m.ppf(0.25), -1e6, rtol=1e-12)
    np.testing.assert_allclose(m.ppf(0.75), 1e6, rtol=1e-12)


def test_edges_of_the_quantile_function():
    m = mixture(3.0, 1)
    np.testing.assert_array_equal(
        m.ppf(np.array([[0.0], [1.0], [-0.1], [1.1], [np.nan]]))[:, 0],
        [-np.inf, np.inf, np.nan, np.nan, np.nan],
    )


@pytest.mark.parametrize("nu", [5.0, np.inf])
def test_moments_against_quadrature(nu):
    m = mixture(nu, 1)
    mean, second = (
        integrate.quad(lambda x, k=k: x**k * m.pdf(x)[0], -np.inf, np.inf, limit=500)[0]
        for k in (1, 2)
    )
    assert m.mean()[0] == pytest.approx(mean, rel=1e-7)
    assert m.var()[0] == pytest.approx(second - mean**2, rel=1e-6)


def test_variance_is_infinite_with_two_degrees_of_freedom():
    assert np.all(np.isinf(mixture(2.0).std()))
    unused = StudentTMixture(
        np.array([[1.0, 0.0]]), np.zeros((1, 2)), np.ones((1, 2)), np.array([[np.inf, 1.0]])
    )
    assert unused.std()[0] == 1.0


@pytest.mark.parametrize("nu", DEGREES)
def test_draws_follow_the_cdf(nu):
    m = mixture(nu, 2)
    draws = m.rvs(4000, np.random.RandomState(3))
    assert draws.shape == (4000, 2)
    for column, level in zip(draws.T, m.cdf(draws).T, strict=True):
        assert np.all(np.isfinite(column))
        assert stats.kstest(level, "uniform").pvalue > 1e-3
    assert m.rvs(random_state=0).shape == (2,)
    assert m.rvs((3, 4), random_state=0).shape == (3, 4, 2)
    np.testing.assert_array_equal(m.rvs((3, 4), 0).reshape(12, 2), m.rvs(12, 0))
    np.testing.assert_array_equal(m.rvs(3, 7), m.rvs(3, 7))


def test_repr_says_how_large_it_is():
    mixture = StudentTMixture(np.full((1, 2), 0.5), np.zeros((3, 2)), np.ones((3, 2)), np.ones(2))
    assert repr(mixture) == "StudentTMixture(n_rows=3, n_components=2)"


@pytest.mark.parametrize("x", [1e155, -1e200, 1e300])
def test_density_far_beyond_squares(x):
    m = mixture(2.5)
    tails = np.log(m.weight) + stats.t(2.5).logpdf(1e100) - np.log(m.scale)
    tails = tails - 3.5 * (np.log(np.abs(x) / m.scale) - 100.0 * np.log(10.0))
    expected = np.logaddexp.reduce(tails, axis=-1)
    np.testing.assert_allclose(m.logpdf(np.full(4, x)), expected, rtol=1e-12)
    np.testing.assert_array_equal(mixture(np.inf).logpdf(np.full(4, x)), -np.inf)


@pytest.mark.parametrize("nu", [0.3, 4.0, np.inf])
def test_many_quantiles_of_one_row(nu):
    m, level = mixture(nu, 1), np.linspace(0.001, 0.999, 501)
    rows = StudentTMixture(*(np.repeat(np.asarray(part), 501, axis=0) for part in m))
    np.testing.assert_array_equal(m.ppf(level[:, None])[:, 0], rows.ppf(level))
    np.testing.assert_allclose(m.cdf(m.ppf(level[:, None]))[:, 0], level, rtol=1e-9)


@pytest.mark.parametrize("unit", [1e200, 1e-200])
@pytest.mark.parametrize("nu", [5.0, np.inf])
def test_moments_in_extreme_units(nu, unit):
    plain = mixture(nu)
    m = plain._replace(location=plain.location * unit, scale=plain.scale * unit)
    np.testing.assert_allclose(m.std(), plain.std() * unit, rtol=1e-12)
    np.testing.assert_array_equal(m.var(), np.inf if unit > 1.0 else 0.0)


def test_density_with_many_degrees_of_freedom_is_nearly_normal():
    m, normal = mixture(1e9), mixture(np.inf)
    x = np.linspace(-8.0, 8.0, 9)[:, None]
    np.testing.assert_allclose(m.logpdf(x), normal.logpdf(x), atol=1e-5)
    with mpmath.workdps(40):
        z, nu = mpmath.mpf(2), mpmath.mpf(10) ** 9
        expected = mpmath.loggamma((nu + 1) / 2) - mpmath.loggamma(nu / 2)
        expected -= mpmath.log(mpmath.pi * nu) / 2 + (nu + 1) / 2 * mpmath.log1p(z * z / nu)
    one = StudentTMixture(*(np.full((1, 1), part) for part in (1.0, 0.0, 1.0, 1e9)))
    assert one.logpdf(2.0)[0] == pytest.approx(float(expected), rel=1e-13)


def test_quantiles_where_newton_goes_round_in_circles():
    m = StudentTMixture(
        np.array([[0.2, 0.3, 0.2, 0.2, 0.1]]),
        np.array([[-2.5, 5.9, 3.8, -1.5, 7.6]]),
        np.array([[2.9, 1.6, 1.8, 0.8, 4.1]]),
        np.full((1, 5), 4.0),
    )
    level = np.linspace(0.001, 0.999, 2001)
    rows = StudentTMixture(*(np.repeat(np.asarray(part), 2001, axis=0) for part in m))
    np.testing.assert_allclose(m.cdf(m.ppf(level[:, None]))[:, 0], level, rtol=1e-9)
    searched = rows._searched_quantiles(level, rows._brackets(level))
    np.testing.assert_allclose(m.cdf(searched[:, None])[:, 0], level, rtol=1e-9)


@pytest.mark.parametrize(("nu", "level"), [(3.0, 1e-240), (5.0, 1e-280), (10.0, 1e-305)])
def test_quantiles_far_beyond_those_of_scipy(nu, level):
    m = StudentTMixture(
        np.full((1, 2), 0.5), np.array([[0.0, 1.0]]), np.ones((1, 2)), np.full((1, 2), nu)
    )
    assert m.ppf(level)[0] < 0.0
    np.testing.assert_allclose(m.cdf(m.ppf(level)), level, rtol=1e-9)
