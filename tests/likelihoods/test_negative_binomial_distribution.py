"""Negative binomial distributions against scipy's, and far beyond what that can do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma, nbinom

from skvi.likelihoods.negative_binomial_distribution import NegativeBinomialDistribution

MEANS = np.array([1e-4, 0.3, 7.0, 2500.0])


@pytest.mark.parametrize("r", [0.05, 1.0, 40.0])
def test_agrees_with_scipy(r):
    ours = NegativeBinomialDistribution(np.log(MEANS), r)
    theirs = nbinom(r, r / (r + MEANS))
    y = np.array([-1.0, 0.0, 1.0, 14.0, 2000.0])[:, None]
    np.testing.assert_allclose(ours.pmf(y), theirs.pmf(y), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(ours.logpmf(y[1:]), theirs.logpmf(y[1:]), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(ours.cdf(y + 0.5), theirs.cdf(y + 0.5), rtol=1e-9)
    np.testing.assert_allclose(ours.sf(y), theirs.sf(y), rtol=1e-8, atol=1e-300)
    q = np.array([0.0, 0.1, 0.4, 0.99, 1.0, 1.5, np.nan])[:, None]
    np.testing.assert_array_equal(ours.ppf(q), theirs.ppf(q))
    np.testing.assert_array_equal(ours.interval(0.8), theirs.interval(0.8))
    for name in ("mean", "var", "std"):
        np.testing.assert_allclose(getattr(ours, name)(), getattr(theirs, name)(), rtol=1e-9)
    draws = ours.rvs((20_000, 4), 0)
    limit = 4.5 * ours.std() / np.sqrt(20_000)
    assert np.all(np.abs(draws.mean(axis=0) - MEANS) < limit)


@pytest.mark.parametrize("r", [0.5, 3.0])
def test_huge_counts_have_a_gamma_distribution(r):
    """Relative to their mean, of which they are a Poisson number."""
    mean = np.array([1e12, 1e100, 1e300])
    law, alike = NegativeBinomialDistribution(np.log(mean), r), gamma(r, scale=1.0 / r)
    x = np.array([0.2, 1.0, 5.0])[:, None]
    np.testing.assert_allclose(law.cdf(x * mean), np.broadcast_to(alike.cdf(x), (3, 3)), rtol=1e-8)
    np.testing.assert_allclose(law.sf(x * mean), np.broadcast_to(alike.sf(x), (3, 3)), rtol=1e-8)
    logs = np.broadcast_to(alike.logpdf(x), (3, 3)) - np.log(mean)
    np.testing.assert_allclose(law.logpmf(np.floor(x * mean)), logs, rtol=1e-7)
    q = np.array([0.05, 0.9])[:, None]
    expected = np.broadcast_to(alike.ppf(q), (2, 3))
    np.testing.assert_allclose(law.ppf(q) / mean, expected, rtol=1e-7)


def test_the_series_for_huge_counts_begins_where_the_other_ends():
    law = NegativeBinomialDistribution(np.log([2e8, 1e9, 5e9]), 2.5)
    ends = law.cdf(np.array([[1e9], [1e9 + 1.0]]))
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-8)


def test_no_numbers_and_infinite_means():
    law = NegativeBinomialDistribution(np.array([1.0, np.inf]), 2.0)
    for function in (law.pmf, law.cdf, law.sf, law.ppf):
        assert np.isnan(function(np.nan)).all()
    np.testing.assert_array_equal(law.cdf(np.array([[np.inf], [-np.inf]])), [[1, 1], [0, 0]])
    np.testing.assert_array_equal(law.sf(np.array([[np.inf], [-np.inf]])), [[0, 0], [1, 1]])
    assert law.cdf(1e300)[1] == 0.0
    assert law.ppf(0.5)[1] == np.inf
    assert np.all(law.rvs((9, 2), 0)[:, 1] == np.inf)
