"""Every singular value and every entry of a right vector to its own digits, against mpmath."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from skvi.numerics.graded_svd import graded_svd

DECADES = [0, 3, 8, 20, 60, 150]


def graded(decades, n_rows=12, n_columns=4, seed=0):
    """Columns whose sizes span so many powers of ten, in random order."""
    rng = np.random.RandomState(seed)
    sizes = rng.permutation(10.0 ** -np.linspace(0.0, decades, n_columns))
    return rng.standard_normal((n_rows, n_columns)) * sizes, sizes


def exact_normal_equations(matrix, target, precision):
    """Mean and variances of ``(A'A + precision)^-1``, in as many digits as it takes."""
    with mpmath.workdps(700):
        rows, y = mpmath.matrix(matrix.tolist()), mpmath.matrix(target.tolist())
        normal = rows.T * rows + mpmath.mpf(precision) * mpmath.eye(matrix.shape[1])
        inverse = normal**-1
        mean = inverse * (rows.T * y)
        variance = [inverse[j, j] for j in range(matrix.shape[1])]
        return np.array(mean, dtype=float).ravel(), np.array(variance, dtype=float)


def exact_singular_values(matrix):
    """The largest singular values, as many as there may be."""
    with mpmath.workdps(700):
        rows = mpmath.matrix(matrix.tolist())
        values = mpmath.eigsy(rows.T * rows, eigvals_only=True)
        return np.array(sorted((mpmath.sqrt(abs(v)) for v in values), reverse=True), dtype=float)


@pytest.mark.parametrize("decades", DECADES)
def test_means_and_variances_are_exact_in_every_column(decades):
    for seed in range(5):
        matrix, sizes = graded(decades, seed=seed)
        y = np.random.RandomState(seed).standard_normal(len(matrix))
        precision = 1e-2 * float(sizes.min() * sizes.min())
        mean, variance = exact_normal_equations(matrix, y, precision)
        left, singular, right, parts, pivots = graded_svd(matrix)
        found = right @ (singular * (left.T @ y) / (singular**2 + precision))
        assert np.all(np.abs(found - mean) < 1e-12 * np.sqrt(variance))
        np.testing.assert_allclose(right**2 @ (1.0 / (singular**2 + precision)), variance, 1e-12)
        norms = np.linalg.norm(matrix / sizes, axis=0) * sizes
        assert np.all(parts >= (1.0 - 1e-14) * norms)
        assert np.all(parts < 100.0 * norms)
        assert np.all(pivots > 1e-2 * norms)


@pytest.mark.parametrize("decades", DECADES)
@pytest.mark.parametrize("shape", [(12, 4), (4, 4), (3, 7)])
def test_factors(shape, decades):
    matrix, sizes = graded(decades, *shape)
    left, singular, right, *_ = graded_svd(matrix)
    rank = min(shape)
    assert left.shape == (shape[0], rank)
    assert right.shape == (shape[1], rank)
    assert np.all(np.diff(singular) <= 0.0)
    np.testing.assert_allclose(left.T @ left, np.eye(rank), rtol=0.0, atol=1e-14)
    np.testing.assert_allclose(right.T @ right, np.eye(rank), rtol=0.0, atol=1e-14)
    product = (left * singular) @ right.T
    np.testing.assert_allclose(product / sizes, matrix / sizes, rtol=0.0, atol=1e-13)


@pytest.mark.parametrize("decades", DECADES)
def test_rank_is_that_of_columns_of_one_size(decades):
    matrix, _ = graded(decades, n_columns=3)
    whole = np.column_stack([matrix, np.zeros(12), 8.0 * matrix[:, 1], -0.5 * matrix[:, 0]])
    for order in (slice(None), slice(None, None, -1)):
        _, singular, right, _, pivots = graded_svd(whole[:, order])
        assert singular.shape == (3,)
        np.testing.assert_allclose(singular, exact_singular_values(whole)[:3], rtol=1e-12)
        assert not np.any(right[whole[:, order].any(axis=0) == 0.0])
        # one of each pair of columns that are alike
        assert np.sum(pivots > 0.0) == 3


def test_pivots_tell_how_far_columns_are_from_others():
    matrix, _ = graded(6, n_columns=3)
    whole = np.column_stack([matrix, matrix[:, 1] + 1e-9 * np.linalg.norm(matrix[:, 1])])
    whole[::2, 3] = matrix[::2, 1]
    *_, sizes, pivots = graded_svd(whole)
    assert 1e-10 < np.min(pivots / sizes) < 1e-8


def test_groups_of_rows_of_very_different_sizes():
    rng = np.random.RandomState(0)
    matrix = rng.standard_normal((12, 4)) * np.repeat([1e12, 1.0], [2, 10])[:, None]
    # brought into one triangle with the large rows first, as summaries of rows are
    triangle = np.linalg.qr(matrix, mode="r")
    singular = graded_svd(triangle).singular
    np.testing.assert_allclose(singular, exact_singular_values(triangle), rtol=1e-13)


def test_nothing_at_all():
    left, singular, right, parts, pivots = graded_svd(np.zeros((5, 3)))
    assert left.shape == (5, 0)
    assert singular.shape == (0,)
    assert right.shape == (3, 0)
    assert not np.any(parts)
    assert not np.any(pivots)
