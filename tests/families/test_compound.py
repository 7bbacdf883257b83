"""Compound distributions against quadrature, closed forms and themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from skvi.families.compound import CompoundDistribution, DiscreteCompound, normal_nodes

MEAN, VARIANCE = np.array([0.0, 1.0, 2.0]), np.array([0.1, 0.5, 2.0])


def poisson(eta):
    return stats.poisson(np.exp(eta))


def gamma(eta):
    return stats.gamma(3.0, scale=np.exp(eta) / 3.0)


def integrated(function, i):
    sd = np.sqrt(VARIANCE[i])
    value, _ = integrate.quad(
        lambda z: function(MEAN[i] + sd * z) * stats.norm.pdf(z), -12.0, 12.0,
        epsabs=1e-13, limit=400,
    )  # fmt: skip
    return value


@pytest.mark.parametrize("roughness", [0.0, 0.3, 0.5, 3.0, 40.0])
def test_nodes_integrate_polynomials(roughness):
    nodes, weights = normal_nodes(roughness)
    for power, moment in enumerate([1.0, 0.0, 1.0, 0.0, 3.0]):
        assert weights @ nodes**power == pytest.approx(moment, abs=1e-10)


def test_probabilities_add_up_to_one_and_have_the_moments_of_a_lognormal_mean():
    law = DiscreteCompound(poisson, MEAN[:2], VARIANCE[:2])
    counts = np.arange(3000)[:, None]
    pmf = law.pmf(counts)
    np.testing.assert_allclose(pmf.sum(axis=0), 1.0, atol=1e-9)
    mean = np.exp(MEAN[:2] + 0.5 * VARIANCE[:2])
    np.testing.assert_allclose(law.mean(), mean, rtol=1e-10)
    variance = mean + mean**2 * np.expm1(VARIANCE[:2])
    np.testing.assert_allclose(law.var(), variance, rtol=1e-8)
    np.testing.assert_allclose((pmf * counts).sum(axis=0), mean, rtol=1e-6)
    np.testing.assert_allclose(np.cumsum(pmf, axis=0)[:40], law.cdf(counts[:40]), atol=1e-12)


def test_densities_and_probabilities_are_integrals():
    law, counts = (
        CompoundDistribution(gamma, MEAN, VARIANCE),
        DiscreteCompound(poisson, MEAN, VARIANCE),
    )
    for i in range(3):
        expected = integrated(lambda eta: gamma(eta).pdf(4.0), i)
        assert law.pdf(np.full(3, 4.0))[i] == pytest.approx(expected, rel=1e-8)
        expected = integrated(lambda eta: poisson(eta).pmf(5), i)
        assert counts.pmf(np.full(3, 5))[i] == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize("level", [0.01, 0.5, 0.975])
def test_quantiles_invert_the_distribution_function(level):
    law = CompoundDistribution(gamma, MEAN, VARIANCE, location=3.0, unit=2.0)
    np.testing.assert_allclose(law.cdf(law.ppf(level)), level, atol=1e-10)
    assert np.all(law.ppf(level) > 3.0)
    counts = DiscreteCompound(poisson, MEAN, VARIANCE)
    quantile = counts.ppf(level)
    assert np.all(quantile == np.floor(quantile))
    assert np.all(counts.cdf(quantile) >= level)
    assert np.all(np.where(quantile > 0, counts.cdf(quantile - 1), 0.0) < level)


def test_targets_move_and_stretch_with_location_and_unit():
    plain = CompoundDistribution(gamma, MEAN, VARIANCE)
    moved = CompoundDistribution(gamma, MEAN, VARIANCE, location=-1.0, unit=5.0)
    np.testing.assert_allclose(moved.mean(), 5.0 * plain.mean() - 1.0)
    np.testing.assert_allclose(moved.std(), 5.0 * plain.std())
    y = np.array([0.5, 2.0, 9.0])
    np.testing.assert_allclose(moved.pdf(5.0 * y - 1.0), plain.pdf(y) / 5.0)
    np.testing.assert_allclose(moved.sf(5.0 * y - 1.0), plain.sf(y))


def test_draws_have_the_moments():
    law = CompoundDistribution(gamma, MEAN[:2], VARIANCE[:2])
    draws = law.rvs(40_000, np.random.RandomState(0))
    assert draws.shape == (40_000, 2)
    error = law.std() / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(axis=0) - law.mean()) < 4.0 * error)
    assert law.rvs(random_state=np.random.RandomState(0)).shape == (2,)


def test_sharp_conditionals_leave_no_bumps():
    """A normal of small spread about a normal location is a normal."""
    law = CompoundDistribution(lambda eta: stats.norm(eta, 0.02), np.zeros(1), np.ones(1))
    x = np.linspace(-3.0, 3.0, 101)[:, None]
    expected = stats.norm(0.0, np.sqrt(1.0 + 0.02**2)).pdf(x)
    np.testing.assert_allclose(law.pdf(x), expected, rtol=1e-6)
