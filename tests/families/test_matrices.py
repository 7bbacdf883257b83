import numpy as np

from skvi.families import _matrices as matrices


def positive_definite(seed, shape=(3, 4)):
    root = np.random.RandomState(seed).normal(size=(*shape, shape[-1] + 2))
    return root @ np.swapaxes(root, -1, -2)


def test_precision_is_the_symmetric_inverse():
    matrix = positive_definite(0)
    inverse = matrices.precision(matrix)
    np.testing.assert_allclose(inverse @ matrix, np.broadcast_to(np.eye(4), (3, 4, 4)), atol=1e-12)
    np.testing.assert_array_equal(inverse, np.swapaxes(inverse, -1, -2))


def test_log_determinant_and_diagonal():
    matrix = positive_definite(1)
    np.testing.assert_allclose(matrices.log_determinant(matrix), np.linalg.slogdet(matrix)[1])
    np.testing.assert_array_equal(matrices.diagonal(matrix)[2], np.diag(matrix[2]))


def test_whitened_vectors_have_the_mahalanobis_length():
    matrix, vector = positive_definite(2), np.random.RandomState(3).normal(size=(7, 3, 4))
    white = matrices.whiten(matrix, vector)
    solved = np.linalg.solve(matrix, vector[..., None])[..., 0]
    np.testing.assert_allclose((white**2).sum(axis=-1), (vector * solved).sum(axis=-1), rtol=1e-12)


def test_triangular_excess_is_trace_minus_log_determinant():
    matrix, reference, ratio = positive_definite(4), positive_definite(5), np.array([0.5, 1.0, 3.0])
    product = ratio[:, None, None] * np.linalg.solve(reference, matrix)
    expected = np.trace(product, axis1=1, axis2=2) - 4 - np.linalg.slogdet(product)[1]
    value = matrices.triangular_excess(matrix, reference, ratio)
    np.testing.assert_allclose(value, expected, rtol=1e-12)


def test_outer():
    vector = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(matrices.outer(vector)[1], [[9.0, 12.0], [12.0, 16.0]])
