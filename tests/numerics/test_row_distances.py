"""Squared distances of rows, compiled and in Python, against the sums without any trick."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from skvi.numerics import row_distances as module
from skvi.numerics.aligned import aligned_zeros
from skvi.numerics.row_distances import distances, distances_work_size

needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def make_case(n_rows, n_features, n_components=3, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_features)).astype(dtype)
    mean = rng.normal(size=(n_components, n_features))
    factor = np.triu(rng.normal(size=(n_components, n_features, n_features)))
    return X, mean, factor


def packed(factor):
    """Triangles with four rows side by side."""
    count, size, _ = factor.shape
    quads = -(-size // 4)
    padded = np.zeros((count, 4 * quads, size))
    padded[:, :size] = factor
    shape = count, quads, 4, size
    return np.ascontiguousarray(padded.reshape(shape).swapaxes(2, 3))


def reference(X, center, mean, factor):
    """In extended precision; ``factor`` holds matrices or diagonals."""
    difference = X.astype(np.longdouble)[:, None] - center - mean
    if factor.ndim == 2:
        return np.sum((difference * factor) ** 2, axis=2).astype(np.float64)
    image = np.einsum("kij,nkj->nki", factor, difference)
    return np.sum(image**2, axis=2).astype(np.float64)


@needs_compiler
@pytest.mark.parametrize("lower", [0, 1])
@pytest.mark.parametrize("n_features", [1, 4, 7])
def test_they_match_their_python_source(n_features, lower):
    X, mean, factor = make_case(100, n_features)
    factor = factor.swapaxes(1, 2) if lower else factor
    for table in (packed(factor), np.ascontiguousarray(factor[:, :, 0])):
        work = aligned_zeros(distances_work_size(n_features, 24))
        compiled, python = np.empty((2, 100, 3))
        arguments = X, np.ones(n_features), mean, table, work
        distances(*arguments, compiled, 24, lower)
        module._distances.by_arrays(*arguments, python, 24, lower)
        np.testing.assert_allclose(compiled, python, rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("lower", [0, 1])
@pytest.mark.parametrize("n_features", [1, 3, 4, 9, 33])
@pytest.mark.parametrize("n_rows", [1, 47, 48, 49, 500])
def test_they_are_the_distances(n_rows, n_features, lower, dtype):
    X, mean, factor = make_case(n_rows, n_features, dtype=dtype)
    factor = factor.swapaxes(1, 2) if lower else factor
    center = np.full(n_features, 0.5)
    work = np.empty(distances_work_size(n_features, 48))
    out = np.empty((n_rows, 3))
    distances(X, center, mean, packed(factor), work, out, 48, lower)
    np.testing.assert_allclose(out, reference(X, center, mean, factor), rtol=1e-11)
    diagonal = np.ascontiguousarray(factor[:, :, 0])
    distances(X, center, mean, diagonal, work, out, 48, lower)
    np.testing.assert_allclose(out, reference(X, center, mean, diagonal), rtol=1e-11, atol=1e-300)


def test_rows_far_from_the_origin():
    X, mean, factor = make_case(100, 5)
    X = X + 1e6
    center = np.full(5, 1e6)
    work, out = np.empty(distances_work_size(5, 48)), np.empty((100, 3))
    distances(X, center, mean, packed(factor), work, out, 48, 0)
    np.testing.assert_allclose(out, reference(X, center, mean, factor), rtol=1e-11)
