"""The register block against a matrix product."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.block_product import ROWS, add_block
from skvi.numerics.jit import kernel
from skvi.numerics.processor import VECTOR_BYTES

WIDTH = 64  # four vectors of the widest kind


@kernel
def compiled_add_block(tile, n_rows, row, column, vectors, target):
    add_block(tile, n_rows, row, column, vectors, target)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("vectors", [1, 2, 3])
@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 5, 33])
def test_adds_one_block_and_touches_nothing_else(dtype, vectors, n_rows):
    rng = np.random.RandomState(0)
    tile = rng.normal(size=(40, WIDTH)).astype(dtype)
    start = rng.normal(size=(WIDTH, WIDTH))
    lanes = VECTOR_BYTES // tile.itemsize
    row, column = 8, lanes
    expected = start.copy()
    columns = slice(column, column + vectors * lanes)
    left = tile[:n_rows, row : row + ROWS].astype(float)
    expected[row : row + ROWS, columns] += left.T @ tile[:n_rows, columns].astype(float)
    for function in (compiled_add_block, add_block):
        target = start.copy()
        function(tile, n_rows, row, column, vectors, target)
        tolerance = 1e-5 if dtype == np.float32 else 1e-13
        np.testing.assert_allclose(target, expected, atol=tolerance)
        changed = np.zeros((WIDTH, WIDTH), bool)
        changed[row : row + ROWS, columns] = True
        np.testing.assert_array_equal(target[~changed], start[~changed])


def test_float32_sums_meet_the_target_in_float64():
    tile = np.ones((2, 16), np.float32)
    target = np.full((16, 16), 1e12)
    compiled_add_block(tile, 2, 0, 0, 1, target)
    assert target[0, 0] == 1e12 + 2.0
