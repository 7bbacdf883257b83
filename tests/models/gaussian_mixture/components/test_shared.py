"""Wishart expectations shared by the matrix structures."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.families.wishart import Wishart
from skvi.models.gaussian_mixture.components import shared
from tests.models.gaussian_mixture.components.spd import random_matrices


@pytest.mark.parametrize("size", [1, 3, 10])
def test_numbers_are_those_of_the_family(size):
    rng = np.random.RandomState(size)
    freedom, scale = size + rng.gamma(2.0, size=5), random_matrices(5, size, rng)
    described = shared.describe_wishart(freedom, scale)
    family = Wishart(freedom, scale)
    np.testing.assert_allclose(described.log_normalizer, family.log_normalizer(), rtol=1e-11)
    np.testing.assert_allclose(described.log_determinant, family.expected_log_determinant())
    np.testing.assert_array_equal(described.factor, np.tril(described.factor))


def test_a_matrix_that_is_not_positive_definite_is_an_error():
    with pytest.raises(np.linalg.LinAlgError):
        shared.describe_wishart(np.array([3.0]), -np.eye(2)[None])


def test_scatter_quadratic_is_a_trace():
    rng = np.random.RandomState(0)
    factor, scatter = np.tril(rng.standard_normal((4, 3, 3))), random_matrices(4, 3, rng)
    exact = sum(np.trace(a @ s @ a.T) for a, s in zip(factor, scatter, strict=True))
    assert shared.scatter_quadratic(factor, scatter) == pytest.approx(exact, rel=1e-12)
