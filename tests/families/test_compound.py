"""Compound distributions against adaptive quadrature over the normal parameter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.families.compound import CompoundDistribution, normal_nodes
from skvi.families.discrete_compound import DiscreteCompound
from tests._cases.compound import (
    CONTINUOUS,
    DISCRETE,
    MEAN,
    VARIANCES,
    expected,
    gamma,
    normal,
    poisson,
)


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_targets(name, variance):
    conditional = CONTINUOUS[name]
    law = CompoundDistribution(conditional, MEAN, np.full(3, variance))
    for x in (0.2, 1.7):
        density = expected(lambda eta, x=x: conditional(eta).pdf(x), variance)
        np.testing.assert_allclose(law.pdf(x * np.ones(3)), density, rtol=1e-7)
        np.testing.assert_allclose(
            law.logpdf(x * np.ones(3)), np.log(density), rtol=1e-6, atol=1e-7
        )
        below = expected(lambda eta, x=x: conditional(eta).cdf(x), variance)
        np.testing.assert_allclose(law.cdf(x * np.ones(3)), below, rtol=1e-7)
        np.testing.assert_allclose(law.sf(x * np.ones(3)), 1.0 - below, rtol=1e-6)
    mean = expected(lambda eta: float(conditional(eta).mean()), variance)
    second = expected(
        lambda eta: float(conditional(eta).var() + conditional(eta).mean() ** 2), variance
    )
    np.testing.assert_allclose(law.mean(), mean, rtol=1e-8)
    np.testing.assert_allclose(law.var(), second - mean**2, rtol=1e-7)
    np.testing.assert_allclose(law.std(), np.sqrt(law.var()))


def test_a_normal_target_is_a_normal_distribution():
    variance = np.array([0.0, 0.5, 40.0])
    law = CompoundDistribution(normal, MEAN, variance)
    exact = stats.norm(MEAN, np.sqrt(0.49 + variance))
    x = np.array([[-4.0], [0.0], [3.0]])
    np.testing.assert_allclose(law.logpdf(x), exact.logpdf(x), rtol=1e-9)
    np.testing.assert_allclose(law.cdf(x), exact.cdf(x), rtol=1e-9)
    q = np.array([0.001, 0.3, 0.5, 0.99])[:, None]
    np.testing.assert_allclose(law.ppf(q), exact.ppf(q), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(law.var(), exact.var(), rtol=1e-9)


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("name", CONTINUOUS)
def test_quantiles_invert_the_cdf(name, variance):
    law = CompoundDistribution(CONTINUOUS[name], MEAN, np.full(3, variance))
    q = np.array([1e-6, 0.01, 0.5, 0.9, 1.0 - 1e-6])[:, None]
    x = law.ppf(q)
    assert x.shape == (5, 3)
    assert np.all(np.diff(x, axis=0) > 0.0)
    np.testing.assert_allclose(law.cdf(x), np.broadcast_to(q, x.shape), rtol=1e-8)
    np.testing.assert_allclose(law.ppf(0.5), x[2], rtol=1e-9)
    np.testing.assert_allclose(
        law.ppf(np.array([0.01, 0.5, 0.9])), x[[1, 2, 3], range(3)], rtol=1e-9
    )


def test_targets_in_another_unit():
    one = CompoundDistribution(gamma, MEAN, np.full(3, 0.3))
    other = CompoundDistribution(gamma, MEAN, np.full(3, 0.3), location=10.0, unit=4.0)
    x = np.array([0.5, 1.0, 3.0])
    np.testing.assert_allclose(other.pdf(10.0 + 4.0 * x), one.pdf(x) / 4.0, rtol=1e-12)
    np.testing.assert_allclose(other.cdf(10.0 + 4.0 * x), one.cdf(x), rtol=1e-12)
    np.testing.assert_allclose(other.mean(), 10.0 + 4.0 * one.mean(), rtol=1e-12)
    np.testing.assert_allclose(other.std(), 4.0 * one.std(), rtol=1e-12)
    np.testing.assert_allclose(other.ppf(0.3), 10.0 + 4.0 * one.ppf(0.3), rtol=1e-10)


@pytest.mark.parametrize(
    ("kind", "conditional"), [(CompoundDistribution, gamma), (DiscreteCompound, poisson)]
)
def test_draws(kind, conditional):
    law = kind(conditional, MEAN, np.full(3, 0.3))
    draws = law.rvs(size=40_000, random_state=np.random.RandomState(0))
    assert draws.shape == (40_000, 3)
    limit = 5.0 * law.std() / np.sqrt(40_000)
    assert np.all(np.abs(draws.mean(axis=0) - law.mean()) < limit)
    x = np.array([0.5, 1.0, 2.0])
    share = np.mean(draws <= x, axis=0)
    assert np.all(np.abs(share - law.cdf(x)) < 5.0 * 0.5 / np.sqrt(40_000))
    assert law.rvs(random_state=np.random.RandomState(0)).shape == (3,)


@pytest.mark.parametrize("roughness", [0.0, 0.3, 0.41, 1.0, 10.0, 1e4])
def test_nodes(roughness):
    nodes, weights = normal_nodes(roughness)
    assert weights.sum() == pytest.approx(1.0, rel=1e-14)
    moments = [weights @ nodes**k for k in (1, 2, 3, 4)]
    np.testing.assert_allclose(moments, [0.0, 1.0, 0.0, 3.0], rtol=1e-9, atol=1e-12)
    nodes, weights = normal_nodes(max(roughness, 2.0), 2.0)
    assert weights @ np.exp(2.0 * nodes) == pytest.approx(np.exp(2.0), rel=1e-10)


def test_the_rows_are_counted():
    assert repr(DiscreteCompound(poisson, MEAN, np.ones(3))) == "DiscreteCompound(n_rows=3)"


def test_sharp_conditionals_leave_no_bumps():
    """A normal of small spread about a normal location is a normal."""
    law = CompoundDistribution(lambda eta: stats.norm(eta, 0.02), np.zeros(1), np.ones(1))
    x = np.linspace(-3.0, 3.0, 101)[:, None]
    expected = stats.norm(0.0, np.sqrt(1.0 + 0.02**2)).pdf(x)
    np.testing.assert_allclose(law.pdf(x), expected, rtol=1e-6)


@pytest.mark.parametrize("width", [1e-5, 1e-3, 0.03])
def test_normal_targets_much_narrower_than_the_parameter(width):
    """Everything about a normal whose location is normal, in the tails as well."""
    sd = np.array([0.3, 1.0, 5.0])
    law = CompoundDistribution(lambda eta: stats.norm(eta, width), MEAN, sd**2)
    exact = stats.norm(MEAN, np.sqrt(sd**2 + width**2))
    x = MEAN + sd * np.linspace(-8.0, 8.0, 12)[:, None]
    np.testing.assert_allclose(law.logpdf(x), exact.logpdf(x), rtol=0, atol=1e-7)
    np.testing.assert_allclose(law.cdf(x), exact.cdf(x), rtol=2e-7)
    np.testing.assert_allclose(law.sf(x), exact.sf(x), rtol=2e-7)
    q = np.array([1e-12, 0.02, 0.5, 0.77])[:, None]
    np.testing.assert_allclose(law.ppf(q), exact.ppf(q), rtol=1e-6, atol=1e-6)


def test_targets_far_out_of_long_tailed_laws():
    """Between two peaks, one of the parameter and one of the law, and beyond both."""
    law = CompoundDistribution(lambda eta: stats.t(3.0, eta, 1e-3), np.zeros(5), np.ones(5))
    x = np.array([0.1, 3.0, 5.0, 9.0, 60.0])
    z = np.concatenate([np.linspace(-40.0, 70.0, 400_001), *(x + np.sinh(
        np.linspace(-16.0, 16.0, 100_001))[:, None] * 1e-6).T])  # fmt: skip
    z = np.unique(z)
    for value, density in zip(x, law.pdf(x), strict=True):
        integrand = stats.t(3.0, z, 1e-3).pdf(value) * stats.norm.pdf(z)
        assert density == pytest.approx(np.trapezoid(integrand, z), rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "conditional"), [(CompoundDistribution, normal), (DiscreteCompound, poisson)]
)
def test_draws_take_whatever_scipy_takes(kind, conditional):
    law = kind(conditional, MEAN, np.full(3, 0.3))
    for seed in (None, 3, np.random.RandomState(3), np.random.default_rng(3)):
        assert law.rvs((4, 2), random_state=seed).shape == (4, 2, 3)
    assert law.rvs().shape == (3,)
    np.testing.assert_array_equal(law.rvs(5, 3), law.rvs(5, np.random.RandomState(3)))
    assert np.any(law.rvs(5) != law.rvs(5))


@pytest.mark.parametrize("name", {**CONTINUOUS, **DISCRETE})
def test_what_is_no_number_or_no_probability(name):
    """As scipy has it: NaN for NaN and for quantiles outside [0, 1], limits at infinity."""
    kind = DiscreteCompound if name in DISCRETE else CompoundDistribution
    conditional = {**CONTINUOUS, **DISCRETE}[name]
    law, alike = kind(conditional, MEAN, np.full(3, 0.3)), conditional(MEAN)
    x = np.array([np.nan, -np.inf, np.inf])[:, None]
    for value, limits in ((law.pdf(x), [0, 0]), (law.cdf(x), [0, 1]), (law.sf(x), [1, 0])):
        expected = np.broadcast_to(np.array([np.nan, *limits])[:, None], (3, 3))
        np.testing.assert_array_equal(value, expected)
    q = np.array([-0.1, 0.0, 1.0, 1.5, np.nan])[:, None]
    np.testing.assert_array_equal(law.ppf(q), alike.ppf(np.broadcast_to(q, (5, 3))))
    mixed = law.ppf(np.array([0.3, 1.5, 0.6]))
    np.testing.assert_array_equal(np.isnan(mixed), [False, True, False])
    np.testing.assert_allclose(mixed[[0, 2]], law.ppf(np.array([0.3, 0.5, 0.6]))[[0, 2]])


@pytest.mark.parametrize(("df", "mean", "std"), [(0.5, np.inf, np.nan), (1.5, 2.0, np.inf)])
def test_moments_that_do_not_exist_are_those_of_scipy(df, mean, std):
    law = CompoundDistribution(lambda eta: stats.t(df, eta, 0.7), np.full(2, 2.0), np.full(2, 0.3))
    np.testing.assert_allclose(law.mean(), mean, rtol=1e-12)
    np.testing.assert_array_equal(law.std(), std)
