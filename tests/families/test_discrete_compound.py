"""Compound distributions of whole numbers against adaptive quadrature over the parameter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.families.discrete_compound import DiscreteCompound
from tests._cases.compound import DISCRETE, MEAN, VARIANCES, expected, over_parameter, poisson


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("name", DISCRETE)
def test_counts(name, variance):
    conditional = DISCRETE[name]
    law = DiscreteCompound(conditional, MEAN, np.full(3, variance))
    for count in (0, 1, 4):
        mass = expected(lambda eta, k=count: conditional(eta).pmf(k), variance)
        np.testing.assert_allclose(law.pmf(count * np.ones(3)), mass, rtol=1e-6, atol=1e-300)
        below = expected(lambda eta, k=count: conditional(eta).cdf(k), variance)
        np.testing.assert_allclose(law.cdf(count * np.ones(3)), below, rtol=1e-7)
    np.testing.assert_array_equal(law.pdf(np.ones(3)), law.pmf(np.ones(3)))
    np.testing.assert_array_equal(law.logpdf(np.ones(3)), law.logpmf(np.ones(3)))


@pytest.mark.parametrize("variance", VARIANCES[:4])
@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_of_counts_sum_to_one(name, variance):
    law = DiscreteCompound(DISCRETE[name], MEAN, np.full(3, variance))
    counts = np.arange(3000.0)[:, None]
    mass = law.pmf(counts)
    np.testing.assert_allclose(mass.sum(axis=0), 1.0, rtol=1e-10)
    np.testing.assert_allclose(np.cumsum(mass[:50], axis=0), law.cdf(counts[:50]), rtol=1e-9)
    np.testing.assert_allclose(counts[:, 0] @ mass, law.mean(), rtol=1e-6)


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("name", DISCRETE)
def test_quantiles_of_counts_are_the_smallest_with_enough_below(name, variance):
    law = DiscreteCompound(DISCRETE[name], MEAN, np.full(3, variance))
    q = np.array([1e-6, 0.1, 0.5, 0.9, 0.9999])[:, None]
    counts = law.ppf(q)
    assert np.all(counts == np.floor(counts))
    assert np.all(counts >= 0.0)
    assert np.all(law.cdf(counts) >= q - 1e-12)
    before = counts - 1.0
    assert np.all((law.cdf(before) < q) | (counts == 0.0))


def test_counts_beyond_the_whole_numbers_have_quantiles():
    """Neighbouring numbers are more than one apart there: the search ends all the same."""
    law = DiscreteCompound(poisson, np.array([40.0]), np.array([1.0]))
    assert law.ppf(0.5)[0] == pytest.approx(np.exp(40.0), rel=1e-9)


def test_large_counts_of_a_wide_mean():
    """A Poisson number with a mean of many thousands is nearly that mean."""
    law = DiscreteCompound(poisson, np.full(3, 14.0), np.array([0.25, 1.0, 4.0]))
    exact = stats.lognorm(np.sqrt([0.25, 1.0, 4.0]), scale=np.exp(14.0))
    for q in (0.05, 0.5, 0.95):
        count = law.ppf(q)
        np.testing.assert_allclose(count, exact.ppf(q), rtol=1e-4)
        assert np.all(law.cdf(count) >= q)
        assert np.all(law.cdf(count - 1.0) < q)
        np.testing.assert_allclose(law.pmf(count), exact.pdf(count), rtol=1e-4)


def test_what_stands_beside_the_rows():
    """Numbers of trials, as of rows that are asked for once more, by themselves."""
    trials = np.array([1.0, 500.0, 20.0])

    def binomial(eta, trials):
        return stats.binom(trials, 1.0 / (1.0 + np.exp(-eta)))

    law = DiscreteCompound(binomial, MEAN, np.full(3, 2.0), trials=trials)
    x = np.array([1.0, 320.0, 7.0])
    for row in range(3):
        alone = expected_mass(binomial, trials[row], x[row], MEAN[row], 2.0)
        assert law.pmf(x)[row] == pytest.approx(alone, rel=1e-7)
    assert np.all(law.ppf(0.999) <= trials)


def expected_mass(conditional, trials, x, mean, variance):
    return over_parameter(lambda eta: conditional(eta, trials).pmf(x), mean, variance)
