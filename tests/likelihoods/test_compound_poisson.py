"""The compound Poisson-gamma distribution against its series in many digits, and itself."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mp
from scipy.integrate import quad

from skvi.likelihoods import Tweedie
from skvi.likelihoods.compound_poisson import CompoundPoissonGamma, half_deviance, log_series

LAWS = [(1.1, 0.5), (1.5, 2.0), (1.9, 0.3)]


def reference_log_series(count, k):
    """All terms that count, in 30 digits."""
    with mp.workdps(30):
        count, k = mp.mpf(count), mp.mpf(k)

        def term(j):
            poisson = j * mp.log(count) - count - mpmath.loggamma(j + 1)
            return mp.exp(poisson + j * k * mp.log(k * count) - k * count - mpmath.loggamma(j * k))

        start = max(1, int(count))
        total = mp.mpf(0)
        for j, direction in ((start, 1), (start - 1, -1)):
            while j >= 1:
                total += term(j)
                if term(j) < total * mp.mpf("1e-20"):
                    break
                j += direction
        return float(mp.log(total))


@pytest.mark.parametrize("k", [1e-3, 0.1, 1.0, 3.0, 99.0, 999.0])
def test_series(k):
    for count in (1e-200, 0.3, 1.5, 33.0, 99.0, 120.0, 300.0):
        assert log_series(count, k) == pytest.approx(reference_log_series(count, k), 1e-12, 1e-12)


def test_series_of_very_many_terms_is_that_of_a_normal_distribution():
    # Of a mean y and a variance phi y^P: y f(y) is 1 / sqrt(2 pi phi y^(P-2)).
    for power in (1.1, 1.5, 1.9):
        relative_variance = 1.0 / (1e12 * (2.0 - power))
        normal = -0.5 * np.log(2.0 * np.pi * relative_variance)
        ours = log_series(1e12, (2.0 - power) / (power - 1.0))
        assert ours == pytest.approx(normal, abs=1e-9)


@pytest.mark.parametrize(("power", "dispersion"), LAWS)
def test_density_is_that_of_the_likelihood(power, dispersion):
    law = CompoundPoissonGamma(np.exp(0.3), dispersion, power)
    y = np.array([0.0, 1e-4, 0.7, 12.0])
    likelihood = Tweedie(power, dispersion)
    expected = likelihood.log_density(likelihood.columns(y[:, None]), np.full(4, 0.3), np.empty(0))
    np.testing.assert_allclose(law.logpdf(y), expected, rtol=1e-11)
    np.testing.assert_allclose(law.pdf(y), np.exp(expected), rtol=1e-10)
    assert law.pdf(-1.0) == 0.0


@pytest.mark.parametrize(("power", "dispersion"), LAWS)
def test_distribution_function_is_the_integral_of_the_density(power, dispersion):
    law = CompoundPoissonGamma(1.5, dispersion, power)
    for low, high in ((0.2, 1.0), (1.0, 4.0)):
        mass = quad(law.pdf, low, high)[0]
        assert law.cdf(high) - law.cdf(low) == pytest.approx(mass, abs=1e-9)
    assert law.cdf(0.0) == pytest.approx(law.pdf(0.0), rel=1e-12)
    np.testing.assert_array_equal(law.cdf(np.array([-1.0, np.inf])), [0.0, 1.0])


@pytest.mark.parametrize(("power", "dispersion"), LAWS)
def test_moments_are_those_of_the_distribution_function(power, dispersion):
    law = CompoundPoissonGamma(1.5, dispersion, power)
    mean = quad(lambda y: 1.0 - law.cdf(y), 0.0, 60.0, limit=200)[0]
    square = quad(lambda y: 2.0 * y * (1.0 - law.cdf(y)), 0.0, 60.0, limit=200)[0]
    assert law.mean() == pytest.approx(mean, rel=1e-7)
    assert law.var() == pytest.approx(square - mean**2, rel=1e-6)
    assert law.std() == pytest.approx(np.sqrt(law.var()))


@pytest.mark.parametrize(("power", "dispersion"), [*LAWS, (1.5, 1e-6)])
def test_quantiles_invert_the_distribution_function(power, dispersion):
    law = CompoundPoissonGamma(np.array([[0.5], [3.0]]), dispersion, power)
    q = np.array([1e-6, 0.1, 0.6, 0.99])
    y = law.ppf(q)
    assert y.shape == (2, 4)
    zero = y == 0.0
    np.testing.assert_allclose(law.cdf(y)[~zero], np.broadcast_to(q, (2, 4))[~zero], rtol=1e-8)
    assert np.all((law.cdf(y) >= q)[zero])
    edges = law.ppf(np.array([0.0, 1.0, -0.1, 1.1, np.nan]))
    np.testing.assert_array_equal(edges, [[0.0, np.inf, np.nan, np.nan, np.nan]] * 2)
    assert np.isnan(law.cdf(np.nan)).all()


def test_quantiles_next_to_zero_are_found():
    law = CompoundPoissonGamma(1.0, 30.0, 1.99)
    y = law.ppf(0.05)
    assert 0.0 < y < 1e-30
    assert law.cdf(y) == pytest.approx(0.05, rel=1e-9)


def test_draws_follow_the_distribution():
    law = CompoundPoissonGamma(np.array([0.5, 3.0]), 0.8, 1.4)
    draws = law.rvs(size=(40000, 2), random_state=0)
    for y in (0.0, 0.4, 2.0):
        np.testing.assert_allclose((draws <= y).mean(axis=0), law.cdf(y), atol=0.01)
    assert law.rvs(random_state=np.random.RandomState(0)).shape == (2,)
    np.testing.assert_array_equal(law.rvs(random_state=3), law.rvs(random_state=3))


@pytest.mark.parametrize("count", [1e2, 1e6, 9e11, 2e12, 1e50, 1e150])
def test_series_of_shape_one_is_a_bessel_function(count):
    """The sum over ``j`` of ``c^2j / (j! (j - 1)!)`` is ``c I_1(2 c)``; next to 1e12 terms, too."""
    with mp.workdps(40):
        c = mp.mpf(count)
        if count < 1e7:
            expected = mp.log(c * mpmath.besseli(1, 2 * c)) - 2 * c
        else:
            expected = mp.log(c / mp.sqrt(4 * mp.pi * c) * (1 - mp.mpf(3) / (16 * c)))
    assert log_series(count, 1.0) == pytest.approx(float(expected), rel=1e-12, abs=1e-9)


@pytest.mark.parametrize("power", [1.001, 1.5, 1.999])
def test_half_deviances_keep_their_digits(power):
    for log_ratio in (0.0, 1e-12, -1e-6, 9e-4, -1.1e-3, 0.5, -3.0):
        with mp.workdps(40):
            x, p = mp.mpf(log_ratio), mp.mpf(power)
            expected = mp.expm1((1 - p) * x) / (p - 1) + mp.expm1((2 - p) * x) / (2 - p)
        ours = half_deviance(np.array([log_ratio]), power)[0]
        assert ours == pytest.approx(float(expected), rel=1e-9, abs=0.0)


@pytest.mark.parametrize(("power", "dispersion"), [*LAWS, (1.5, 1e-6)])
def test_upper_tails_are_what_the_distribution_function_leaves(power, dispersion):
    law = CompoundPoissonGamma(np.array([0.5, 3.0]), dispersion, power)
    for y in (-1.0, 0.0, 0.4, 2.0, 5.0):
        np.testing.assert_allclose(law.sf(y), 1.0 - law.cdf(y), rtol=1e-12, atol=1e-12)
    assert np.all(law.sf(40.0) >= 0.0)
    mass = quad(CompoundPoissonGamma(0.5, 0.5, 1.5).pdf, 9.0, 40.0, epsabs=0.0)[0]
    assert CompoundPoissonGamma(0.5, 0.5, 1.5).sf(9.0) == pytest.approx(mass, rel=1e-7)
    assert np.isnan(law.sf(np.nan)).all()
    assert np.isnan(law.logpdf(np.nan)).all()


def test_laws_of_huge_amounts():
    law = CompoundPoissonGamma(np.array([1e100, 1e290]), 2.0, 1.5)
    np.testing.assert_allclose(law.interval(0.9), [law.mean()] * 2, rtol=1e-9)
    draws = law.rvs((50, 2), random_state=0)
    np.testing.assert_allclose(draws, np.broadcast_to(law.mean(), (50, 2)), rtol=1e-6)
