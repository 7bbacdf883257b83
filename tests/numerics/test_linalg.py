"""Factors and their inverses against the matrices they came from."""

import numpy as np
import pytest

from skvi.numerics.linalg import (
    cholesky_with_jitter,
    inverse_factor,
    triangular_inverse,
)


def _positive_definite(rng, *shape):
    root = rng.normal(size=(*shape, shape[-1] + 3))
    return root @ np.swapaxes(root, -1, -2)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(1,), (4,), (3, 4), (2, 3, 5), (40,), (2, 40)])
def test_factor_reproduces_the_matrix(rng, shape):
    matrix = _positive_definite(rng, *shape)
    factor, jitter = cholesky_with_jitter(matrix)
    assert jitter.shape == shape[:-1]
    assert not jitter.any()
    np.testing.assert_allclose(factor @ np.swapaxes(factor, -1, -2), matrix, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(factor, np.tril(factor))


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_singular_matrix_gets_the_smallest_relative_jitter(scale):
    matrix = scale * np.array([[1.0, 1.0], [1.0, 1.0 - 1e-9]])
    factor, jitter = cholesky_with_jitter(matrix)
    assert jitter == 1e-9
    expected = matrix + np.diag(jitter * matrix.diagonal())
    np.testing.assert_allclose(factor @ factor.T, expected, rtol=1e-15)


def test_jitter_ignores_the_units_of_the_columns():
    units = np.array([1e-9, 1.0, 1e9])
    correlation = np.ones((3, 3))
    plain, jitter = cholesky_with_jitter(correlation)
    scaled, same = cholesky_with_jitter(units[:, None] * correlation * units)
    assert jitter == same
    np.testing.assert_allclose(scaled, units[:, None] * plain, rtol=1e-6)


def test_only_the_singular_member_of_a_batch_is_touched(rng):
    good = _positive_definite(rng, 3)
    factor, jitter = cholesky_with_jitter(np.stack([good, np.ones((3, 3))]))
    assert jitter[0] == 0.0
    assert jitter[1] > 0.0
    np.testing.assert_allclose(factor[0] @ factor[0].T, good, rtol=1e-13)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1.0, 2.0], [2.0, 1.0]], "not positive definite, even"),
        ([[1.0, 0.0], [0.0, 0.0]], "smallest diagonal entry is 0.0"),
        ([[1.0, np.nan], [np.nan, 1.0]], "not finite"),
        ([[np.inf, 0.0], [0.0, 1.0]], "not finite"),
    ],
)
def test_hopeless_matrix_is_refused(matrix, message):
    with pytest.raises(np.linalg.LinAlgError, match=message):
        cholesky_with_jitter(np.array(matrix))


@pytest.mark.parametrize("shape", [(1,), (4,), (3, 4), (7,), (6, 7), (2, 3, 8), (40,), (2, 40)])
def test_inverses(rng, shape):
    factor, _ = cholesky_with_jitter(_positive_definite(rng, *shape))
    identity = np.broadcast_to(np.eye(shape[-1]), factor.shape)
    inverse = triangular_inverse(factor)
    np.testing.assert_allclose(factor @ inverse, identity, atol=1e-11)
    np.testing.assert_array_equal(inverse, np.tril(inverse))


@pytest.mark.parametrize("shape", [(2, 2), (3, 2, 2), (6, 2, 2), (12, 12), (3, 12, 12)])
def test_singular_factor_is_refused(shape):
    with pytest.raises(np.linalg.LinAlgError):
        triangular_inverse(np.zeros(shape))


@pytest.mark.parametrize("shape", [(4,), (3, 4), (2, 3, 4), (2, 3, 9), (16,), (2, 40)])
def test_inverse_factor(rng, shape):
    matrix = _positive_definite(rng, *shape)
    inverse = inverse_factor(matrix)
    np.testing.assert_array_equal(inverse, np.tril(inverse))
    expected = np.broadcast_to(np.eye(shape[-1]), matrix.shape)
    np.testing.assert_allclose(
        inverse @ matrix @ np.swapaxes(inverse, -1, -2), expected, atol=1e-10
    )


@pytest.mark.parametrize("count", [2, 6])
@pytest.mark.parametrize("size", [3, 12])
def test_inverse_factor_of_a_singular_matrix_has_the_jitter_of_the_factor(size, count):
    matrix = np.ones((count, size, size))
    matrix[1:] += np.eye(size)
    factor, jitter = cholesky_with_jitter(matrix)
    assert jitter[0] > 0.0
    identity = np.broadcast_to(np.eye(size), matrix.shape)
    np.testing.assert_allclose(inverse_factor(matrix) @ factor, identity, atol=1e-4)


@pytest.mark.parametrize("count", [1, 6])
@pytest.mark.parametrize("size", [2, 12])
@pytest.mark.parametrize("value", [-1.0, 0.0, np.nan, np.inf])
def test_inverse_factor_refuses_what_is_not_positive_definite(size, value, count):
    matrix = np.tile(np.eye(size), (count, 1, 1))
    matrix[-1, -1, -1] = value
    with pytest.raises(np.linalg.LinAlgError):
        inverse_factor(matrix)


@pytest.mark.parametrize("size", [3, 12])
def test_no_matrices_have_no_inverse_factors(size):
    assert inverse_factor(np.empty((0, size, size))).shape == (0, size, size)
