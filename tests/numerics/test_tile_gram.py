"""The tile kernels against plain matrix products and against their Python forms."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from skvi.numerics import tile_gram
from skvi.numerics.processor import VECTOR_BYTES
from skvi.numerics.tile_gram import add_rows, fill_tile, lower_to_full, padded_width

DTYPES = [np.float32, np.float64]

needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def rows(n_rows, n_features, dtype):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n_rows, n_features)).astype(dtype)
    y, weights = rng.normal(size=(n_rows, 2)), rng.exponential(size=n_rows)
    return X, y, weights, rng.normal(size=n_features + 2).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [1, 7, 8, 9, 52])
def test_padded_width(width, dtype):
    padded = padded_width(width, dtype)
    assert width <= padded < width + VECTOR_BYTES // np.dtype(dtype).itemsize
    assert padded * np.dtype(dtype).itemsize % VECTOR_BYTES == 0


@needs_compiler
@pytest.mark.parametrize("dtype", DTYPES)
def test_fill_tile_matches_its_python_form(dtype):
    X, y, weights, shift = rows(10, 5, dtype)
    compiled, python = np.zeros((2, 12, 8), dtype)
    fill_tile(X, y, weights, shift, compiled)
    fill_tile.py_func(X, y, weights, shift, python)
    np.testing.assert_allclose(compiled, python, rtol=1e-6 if dtype == np.float32 else 1e-15)
    np.testing.assert_array_equal(compiled[10:], 0.0)


@needs_compiler
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("width", [16, 32, 64, 112, 128, 240])
def test_add_tile(width, dtype):
    tile = np.random.RandomState(1).normal(size=(9, width)).astype(dtype)
    compiled = np.zeros((width, width))
    tile_gram._add_tile(tile, 7, compiled, tile, 20)
    used = tile[:7].astype(float)
    # Seven products, each rounded, and their sum as often.
    tolerance = 14 * np.finfo(dtype).eps * (np.abs(used).T @ np.abs(used)).max()
    np.testing.assert_allclose(np.tril(compiled), np.tril(used.T @ used), atol=tolerance, rtol=0)


@pytest.mark.parametrize("n_rows", [0, 1, 5, 6, 17])
def test_add_rows_sums_over_tiles(n_rows):
    X, y, weights, shift = rows(n_rows, 3, np.float64)
    tile, start = np.zeros((6, 8)), np.full((8, 8), 2.0)
    total = start.copy()
    add_rows(X, y, weights, shift, tile, total)
    joint = np.concatenate([X - shift[:3], y - shift[3:], np.ones((n_rows, 1))], axis=1)
    expected = np.tril((joint * weights[:, None]).T @ joint)
    np.testing.assert_allclose(np.tril((total - start)[:6, :6]), expected, atol=1e-13)


@needs_compiler
def test_add_rows_matches_its_python_form():
    X, y, weights, shift = rows(17, 3, np.float64)
    compiled, python = np.zeros((2, 8, 8))
    add_rows(X, y, weights, shift, np.zeros((6, 8)), compiled)
    add_rows.py_func(X, y, weights, shift, np.zeros((6, 8)), python)
    np.testing.assert_array_equal(compiled, python)


def test_lower_to_full():
    lower = np.arange(16.0).reshape(4, 4)
    for function in (lower_to_full, getattr(lower_to_full, "py_func", lower_to_full)):
        full = np.empty((3, 3))
        function(lower, full)
        np.testing.assert_array_equal(full, [[0, 4, 8], [4, 5, 9], [8, 9, 10]])
