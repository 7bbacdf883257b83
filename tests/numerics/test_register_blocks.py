"""Register blocks against products and transposes of numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from skvi.numerics.register_blocks import ROWS_PER_BLOCK, multiply_block, transposed
from tests.numerics.vector_code import WIDTHS, compiled, lanes_of

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
DTYPES = [np.float64, np.float32]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_vectors", sorted(ROWS_PER_BLOCK))
@pytest.mark.parametrize("count", [1, 7])
@pytest.mark.parametrize("lane_bytes", WIDTHS)
def test_register_block_is_a_matrix_product(lane_bytes, count, n_vectors, dtype):
    n_rows, width = ROWS_PER_BLOCK[n_vectors], n_vectors * lanes_of(dtype, lane_bytes)
    rng = np.random.RandomState(1)
    left = rng.normal(size=(n_rows, count)).astype(dtype)
    right = rng.normal(size=(count, width)).astype(dtype)

    def write(code, pointers):
        def keep(row, vector, value):
            code.store(value, pointers[2], row * width + vector * code.lanes)

        multiply_block(
            code,
            (n_rows, n_vectors),
            (pointers[0], code.index(count), code.index(1)),
            (pointers[1], code.index(width)),
            code.index(count),
            keep,
        )

    result = np.empty((n_rows, width), dtype)
    compiled(write, lane_bytes)(left, right, result)
    expected = left.astype(float) @ right.astype(float)
    np.testing.assert_allclose(result, expected, atol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_transposed(dtype, width):
    lanes = lanes_of(dtype, width)
    square = np.arange(lanes * lanes, dtype=dtype).reshape(lanes, lanes)

    def write(code, pointers):
        rows = [code.load(pointers[0], row * lanes) for row in range(lanes)]
        for row, vector in enumerate(transposed(code, rows)):
            code.store(vector, pointers[2], row * lanes)

    result = np.empty_like(square)
    compiled(write, width)(square, square, result)
    np.testing.assert_array_equal(result, square.T)
