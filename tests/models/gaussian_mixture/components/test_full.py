"""A matrix for every component, against the normal-Wishart family."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.families.normal_wishart import NormalWishart
from skvi.models.gaussian_mixture.components import full
from skvi.numerics.moments import Moments
from tests.models.gaussian_mixture.components.spd import random_matrices


@pytest.fixture
def distribution():
    rng = np.random.RandomState(0)
    return NormalWishart(
        rng.standard_normal((4, 3)), rng.gamma(2.0, size=4), 2.5 + rng.gamma(3.0, size=4),
        random_matrices(4, 3, rng),
    )  # fmt: skip


def test_numbers_are_those_of_the_family(distribution):
    components = full.describe(distribution)
    np.testing.assert_allclose(components.log_determinant, distribution.expected_log_determinant())
    differences = components.log_normalizer - distribution.log_normalizer()
    np.testing.assert_allclose(differences, differences[0], atol=1e-12 * 100)
    precision = np.swapaxes(components.factor, -1, -2) @ components.factor
    np.testing.assert_allclose(precision, distribution.expected_value()[1])
    np.testing.assert_allclose(components.mean_spread, 3.0 / distribution.mean_precision)


def test_expected_quadratic_is_a_sum_over_rows(distribution):
    rng = np.random.RandomState(1)
    X, r = rng.standard_normal((20, 3)), rng.dirichlet(np.ones(4), 20)
    components = full.describe(distribution)
    weight = r.sum(axis=0)
    mean = r.T @ X / weight[:, None]
    scatter = np.einsum("ik,ikd,ike->kde", r, X[:, None] - mean, X[:, None] - mean)
    gaps = np.einsum("kde,ike->ikd", components.factor, X[:, None] - distribution.mean)
    exact = np.sum(r * np.sum(gaps**2, axis=-1))
    found = full.expected_quadratic(components, Moments(weight, mean, scatter))
    assert found == pytest.approx(exact, rel=1e-12)


def test_predictive_tail_is_that_of_the_family(distribution):
    components = full.describe(distribution)
    tail = full.tail(components)
    x = np.array([0.3, -1.0, 2.0])
    gap = np.einsum("kde,ke->kd", components.factor, x - distribution.mean)
    found = tail.constant - tail.exponent * np.log1p(tail.rate * np.sum(gap**2, axis=-1))
    np.testing.assert_allclose(found, distribution.predictive().log_density(x))
    np.testing.assert_allclose(tail.degrees_of_freedom, distribution.degrees_of_freedom - 2.0)
