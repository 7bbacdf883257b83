"""Distances by triangles and by diagonals against plain algebra."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.aligned import aligned_zeros
from skvi.numerics.frozen import frozen
from skvi.numerics.row_distances import distances, distances_work_size

ROWS = 48


def in_quads(triangles):
    count, size, _ = triangles.shape
    n_quads = -(-size // 4)
    padded = np.zeros((count, n_quads * 4, size))
    padded[:, :size] = triangles
    return np.ascontiguousarray(padded.reshape(count, n_quads, 4, size).swapaxes(2, 3))


def measured(X, center, mean, factor):
    work = aligned_zeros(distances_work_size(X.shape[1], ROWS))
    out = np.empty((len(X), len(mean)))
    arrays = (frozen(array) for array in (X, center, mean, factor))
    distances(*arrays, work, out, ROWS, True)
    return out


@pytest.mark.parametrize("n_rows", [1, 47, 48, 200])
@pytest.mark.parametrize("n_features", [1, 3, 4, 9])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_triangles_and_diagonals(n_rows, n_features, dtype):
    rng = np.random.RandomState(n_rows + n_features)
    X = (1e3 + rng.standard_normal((n_rows, n_features))).astype(dtype)
    center, mean = np.full(n_features, 1e3), rng.standard_normal((2, n_features))
    triangles = np.tril(rng.standard_normal((2, n_features, n_features)))
    difference = X.astype(np.float64)[:, None] - center - mean
    expected = np.sum(np.einsum("kij,nkj->nki", triangles, difference) ** 2, axis=2)
    np.testing.assert_allclose(measured(X, center, mean, in_quads(triangles)), expected, rtol=1e-9)
    diagonal = rng.standard_normal((2, n_features))
    expected = np.sum((diagonal * difference) ** 2, axis=2)
    np.testing.assert_allclose(measured(X, center, mean, diagonal), expected, rtol=1e-9)
