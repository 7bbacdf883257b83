"""Matrix products over the few rows of one component, as register blocks."""

from __future__ import annotations

from skvi.models.gaussian_mixture.kernels.dense.logit_code import groups
from skvi.numerics.register_blocks import ROWS_PER_BLOCK, multiply_block, transposed

__all__ = ["SPARE_ROWS", "row_stride", "write_products", "write_triangle_distances"]

SPARE_ROWS = max(ROWS_PER_BLOCK.values())
# Multiples of four, so that sums over lanes can be had by transposing.
_ROWS_OF_DISTANCES = {1: 8, 2: 4, 3: 4}
_QUAD = 4
_CONFLICTING = 32


def row_stride(n_dimensions):
    """Numbers from one row to the next: whole vectors, not a power of two for long rows."""
    width = -(-n_dimensions // _QUAD) * _QUAD
    return width + _QUAD if width % _CONFLICTING == 0 else width


def _column_blocks(code, n_vectors):
    """Groups of vectors, with a width that is known when the code is written."""
    with groups(code, n_vectors) as (vector, taken):
        for width in ROWS_PER_BLOCK:
            with code.builder.if_then(taken.equals(width).raw):
                yield width, vector * code.lanes


def write_triangle_distances(arrays):
    """``|A_k d|^2`` of consecutive rows, from transposed triangles with rows of whole vectors."""
    code = arrays.code
    _, n_dimensions, stride = arrays.factor_shape
    lower = arrays.lower.differs(0)
    for width, column in _column_blocks(code, (n_dimensions + (_QUAD - 1)) // _QUAD):
        first = lower.where(code.index(0), column)
        last = lower.where((column + width * code.lanes).smaller(n_dimensions), n_dimensions)
        right = code.pointer(arrays.factor, (arrays.k * n_dimensions + first) * stride + column)
        n_rows = _ROWS_OF_DISTANCES[width]
        with code.loop(0, arrays.count, n_rows) as row:
            left = code.pointer(arrays.differences, (arrays.position + row) * stride + first)
            squares = [None] * n_rows

            def add_square(r, v, value, squares=squares):
                squares[r] = value * value + squares[r] if v else value * value

            multiply_block(
                code, (n_rows, width), (left, stride, code.index(1)), (right, stride),
                last - first, add_square,
            )  # fmt: skip
            for r in range(0, n_rows, _QUAD):
                lanes = transposed(code, squares[r : r + _QUAD])
                total = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
                at = arrays.position + row + r
                before = column.equals(0).where(code.full(0.0), code.load(arrays.out, at))
                code.store(before + total, arrays.out, at)


def write_products(arrays):
    """Add ``sum_i weighted_i difference_i'`` to the upper triangle of ``second[k]``."""
    code = arrays.code
    (_, height, padded), stride = arrays.second_shape, arrays.differences_shape[1]
    for width, column in _column_blocks(code, padded // code.lanes):
        right = code.pointer(arrays.differences, arrays.position * stride + column), stride
        with code.loop(0, column + width * code.lanes, ROWS_PER_BLOCK[width]) as row:
            left = code.pointer(arrays.weighted, row), code.index(1), stride
            corner = (arrays.k * height + row) * padded + column

            def write(r, v, value, corner=corner):
                at = corner + padded * r + v * code.lanes
                code.store(code.load(arrays.second, at) + value, arrays.second, at)

            multiply_block(code, (ROWS_PER_BLOCK[width], width), left, right, arrays.count, write)
