"""A precision for every component and column, against the normal-gamma family."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.families.normal_gamma import NormalGamma
from skvi.families.normal_wishart import NormalWishart
from skvi.models.gaussian_mixture.components import diagonal, full
from skvi.numerics.moments import Moments

RNG = np.random.RandomState(0)


@pytest.fixture
def distribution():
    shape = np.tile(RNG.gamma(3.0, size=(4, 1)), (1, 2))
    return NormalGamma(
        RNG.standard_normal((4, 2)), RNG.gamma(2.0, size=(4, 1)), shape, RNG.gamma(2.0, size=(4, 2))
    )


def test_numbers_are_those_of_the_family(distribution):
    components = diagonal.describe(distribution)
    np.testing.assert_allclose(components.log_determinant, distribution.expected_log_determinant())
    differences = components.log_normalizer - distribution.log_normalizer()
    np.testing.assert_allclose(differences, differences[0], atol=1e-10)
    np.testing.assert_allclose(components.factor**2, distribution.expected_value()[1])


def test_one_column_is_a_full_matrix():
    nu, scale = np.array([3.0, 8.0]), np.array([2.0, 0.3])
    mean, beta = np.array([[1.0], [2.0]]), np.array([0.5, 4.0])
    ours = diagonal.describe(NormalGamma(mean, beta[:, None], nu[:, None] / 2, scale[:, None] / 2))
    matrix = full.describe(NormalWishart(mean, beta, nu, scale[:, None, None]))
    np.testing.assert_allclose(ours.log_determinant, matrix.log_determinant)
    np.testing.assert_allclose(ours.factor[:, 0], matrix.factor[:, 0, 0])
    np.testing.assert_allclose(ours.mean_spread, matrix.mean_spread)
    for first, second in zip(diagonal.tail(ours), full.tail(matrix), strict=True):
        np.testing.assert_allclose(first, second)


def test_expected_quadratic_is_a_sum_over_columns(distribution):
    components = diagonal.describe(distribution)
    moments = Moments(RNG.gamma(2.0, size=4), RNG.standard_normal((4, 2)), np.ones((4, 2)))
    gap = moments.scatter + moments.weight[:, None] * (moments.mean - distribution.mean) ** 2
    exact = np.sum(distribution.shape / distribution.rate * gap)
    assert diagonal.expected_quadratic(components, moments) == pytest.approx(exact, rel=1e-12)


def test_predictive_tail_is_that_of_the_family(distribution):
    components = diagonal.describe(distribution)
    tail = diagonal.tail(components)
    x = np.array([0.3, -1.0])
    square = (components.factor * (x - distribution.mean)) ** 2
    found = tail.constant - tail.exponent * np.log1p(tail.rate[:, None] * square).sum(axis=-1)
    np.testing.assert_allclose(found, distribution.predictive().log_density(x))


def test_a_rate_that_is_not_positive_is_an_error(distribution):
    with pytest.raises(np.linalg.LinAlgError, match="rate of a precision"):
        diagonal.describe(distribution._replace(rate=-distribution.rate))
