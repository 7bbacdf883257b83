"""Poisson distributions against scipy's, and far beyond what that can do."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mp
from scipy.special import gammaln
from scipy.stats import norm, poisson

from skvi.likelihoods.poisson_distribution import PoissonDistribution

RATES = np.array([1e-5, 0.3, 7.0, 250.0, 3e5])


def test_agrees_with_scipy():
    ours, theirs = PoissonDistribution(np.log(RATES)), poisson(RATES)
    y = np.array([-1.0, 0.0, 0.5, 1.0, 14.0, 15.0, 240.0, 300_500.0])[:, None]
    np.testing.assert_allclose(ours.pmf(y), theirs.pmf(y), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(ours.cdf(y), theirs.cdf(y), rtol=1e-12)
    np.testing.assert_allclose(ours.sf(y), theirs.sf(y), rtol=1e-9, atol=1e-300)
    q = np.array([0.0, 1e-6, 0.4, 0.99, 1.0, 1.5, np.nan])[:, None]
    np.testing.assert_array_equal(ours.ppf(q), theirs.ppf(q))
    np.testing.assert_allclose(ours.interval(0.8), theirs.interval(0.8))
    for name in ("mean", "var", "std"):
        np.testing.assert_allclose(getattr(ours, name)(), getattr(theirs, name)(), rtol=1e-12)


@pytest.mark.parametrize("count", [16.0, 1e5, 1e12, 1e30])
def test_log_probabilities_keep_their_digits(count):
    for gap in (0.0, 1e-9, -3e-4, 9e-3, -1.1e-2, 0.7):
        log_rate = np.log(count) + gap
        with mp.workdps(60):
            k, eta = mp.mpf(count), mp.mpf(log_rate)
            expected = float(k * eta - mp.exp(eta) - mpmath.loggamma(k + 1))
        ours = PoissonDistribution(log_rate).logpmf(count)
        rounding = count * abs(gap) * 1e-14 + count * 1e-28
        assert ours == pytest.approx(expected, rel=1e-9, abs=1e-9 + rounding)


def test_between_the_whole_numbers():
    law, y = PoissonDistribution(np.log(RATES[:3])), np.array([0.5, 2.7, 20.4])
    expected = y * np.log(RATES[:3]) - RATES[:3] - gammaln(y + 1.0)
    np.testing.assert_allclose(law.logpdf(y), expected, rtol=1e-12)
    np.testing.assert_allclose(law.pdf(y), np.exp(expected), rtol=1e-12)
    np.testing.assert_array_equal(law.logpmf(y), -np.inf)
    np.testing.assert_array_equal(law.logpdf(3.0), law.logpmf(3.0))


def test_counts_that_no_rate_explains_have_no_probability():
    law = PoissonDistribution(np.array([0.0, 2.0]))
    for y, mass, below in ((1e300, 0.0, 1.0), (np.inf, 0.0, 1.0), (-np.inf, 0.0, 0.0)):
        np.testing.assert_array_equal(law.pmf(y), mass)
        np.testing.assert_array_equal(law.pdf(y), mass)
        np.testing.assert_array_equal(law.cdf(y), below)
        np.testing.assert_array_equal(law.sf(y), 1.0 - below)
    for function in (law.pmf, law.pdf, law.cdf, law.sf, law.ppf):
        assert np.isnan(function(np.nan)).all()


def test_large_and_infinite_rates():
    rate = np.array([1e12, 1e30, np.inf])
    with np.errstate(divide="ignore"):
        law = PoissonDistribution(np.log(rate))
    q = np.array([0.01, 0.5, 0.99])[:, None]
    expected = norm.ppf(q, rate[:2], np.sqrt(rate[:2]))
    np.testing.assert_allclose(law.ppf(q)[:, :2], expected, rtol=1e-11)
    np.testing.assert_array_equal(law.ppf(q)[:, 2], np.inf)
    assert np.all(law.rvs((50, 3), 0)[:, 2] == np.inf)
    np.testing.assert_allclose(law.rvs((50, 3), 0)[:, 1], 1e30, rtol=1e-13)
    assert law.logpmf(3.0)[2] == -np.inf
    assert law.cdf(1e300)[2] == 0.0
    np.testing.assert_array_equal(law.mean(), np.exp(np.log(rate)))
    assert PoissonDistribution(-800.0).pmf(0.0) == 1.0


def test_draws():
    draws = PoissonDistribution(np.log(RATES)).rvs((20_000, 5), np.random.default_rng(0))
    z = (draws.mean(axis=0) - RATES) / np.sqrt(RATES / 20_000)
    assert np.all(np.abs(z) < 4.0)
    assert PoissonDistribution(np.log(RATES)).rvs(random_state=0).shape == (5,)
