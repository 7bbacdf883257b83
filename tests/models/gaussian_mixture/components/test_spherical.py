"""One precision for every component, against the normal-gamma family."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.families.normal_gamma import NormalGamma
from skvi.models.gaussian_mixture.components import spherical
from skvi.models.gaussian_mixture.kernels import SphericalMoments

RNG = np.random.RandomState(0)


@pytest.fixture
def distribution():
    return NormalGamma(
        RNG.standard_normal((4, 3)), RNG.gamma(2.0, size=(4, 1)), 1.0 + RNG.gamma(3.0, size=(4, 1)),
        RNG.gamma(2.0, size=(4, 1)),
    )  # fmt: skip


def test_numbers_are_those_of_the_family(distribution):
    components = spherical.describe(distribution)
    np.testing.assert_allclose(components.log_determinant, distribution.expected_log_determinant())
    differences = components.log_normalizer - distribution.log_normalizer()
    np.testing.assert_allclose(differences, differences[0], atol=1e-10)
    assert components.factor.shape == (4,)


def test_update_pools_the_columns():
    prior = spherical.initial(
        NormalGamma(np.zeros(3), np.array([0.5]), np.array([2.0]), np.array([1.5])), 2
    )
    X = RNG.standard_normal((5, 3)) + 1.0
    mean = np.array([X.mean(axis=0), np.zeros(3)])
    trace = np.array([[np.sum((X - mean[0]) ** 2)], [0.0]])
    found = spherical.updated(prior, SphericalMoments(np.array([5.0, 0.0]), mean, trace))
    shape, rate = found.distribution.shape[:, 0], found.distribution.rate[:, 0]
    np.testing.assert_allclose(shape, [2.0 + 7.5, 2.0])
    between = 0.5 * 5.0 / 5.5 * np.sum(mean[0] ** 2)
    np.testing.assert_allclose(rate, [1.5 + 0.5 * (trace[0, 0] + between), 1.5])
    centre, spread = spherical.location(found)
    np.testing.assert_allclose(centre[0], X.sum(axis=0) / 5.5)
    np.testing.assert_allclose(spread[1], np.sqrt(1.5 / (2.0 * 0.5)))


def test_expected_quadratic_pools_the_columns(distribution):
    components = spherical.describe(distribution)
    moments = SphericalMoments(RNG.gamma(2.0, size=4), RNG.standard_normal((4, 3)), np.ones((4, 1)))
    gap = np.sum((moments.mean - distribution.mean) ** 2, axis=1)
    precision = (distribution.shape / distribution.rate)[:, 0]
    exact = np.sum(precision * (1.0 + moments.weight * gap))
    assert spherical.expected_quadratic(components, moments) == pytest.approx(exact, rel=1e-12)


def test_predictive_tail_is_that_of_the_family(distribution):
    components = spherical.describe(distribution)
    tail = spherical.tail(components)
    x = np.array([0.3, -1.0, 2.0])
    square = components.factor**2 * np.sum((x - distribution.mean) ** 2, axis=-1)
    found = tail.constant - tail.exponent * np.log1p(tail.rate * square)
    np.testing.assert_allclose(found, distribution.predictive().log_density(x))
