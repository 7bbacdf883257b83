"""Matrix products over the few rows of one component, as register blocks."""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.kernels.logit_code import groups
from skvi.numerics.instructions import written_by
from skvi.numerics.register_blocks import ROWS_PER_BLOCK, multiply_block, transposed

__all__ = ["SPARE_ROWS", "add_products", "row_stride", "triangle_distances"]

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


def _write_distances(arrays):
    code = arrays.code
    _, n_dimensions, stride = arrays.table_shape
    lower = arrays.lower.differs(0)
    for width, column in _column_blocks(code, (n_dimensions + (_QUAD - 1)) // _QUAD):
        first = lower.where(code.index(0), column)
        last = lower.where((column + width * code.lanes).smaller(n_dimensions), n_dimensions)
        right = code.pointer(arrays.table, (arrays.k * n_dimensions + first) * stride + column)
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


def _write_products(arrays):
    code = arrays.code
    (_, height, padded), stride = arrays.out_shape, arrays.right_shape[1]
    for width, column in _column_blocks(code, padded // code.lanes):
        right = code.pointer(arrays.right, arrays.position * stride + column), stride
        with code.loop(0, column + width * code.lanes, ROWS_PER_BLOCK[width]) as row:
            left = code.pointer(arrays.left, row), code.index(1), stride
            corner = (arrays.k * height + row) * padded + column

            def write(r, v, value, corner=corner):
                at = corner + padded * r + v * code.lanes
                code.store(code.load(arrays.out, at) + value, arrays.out, at)

            multiply_block(code, (ROWS_PER_BLOCK[width], width), left, right, arrays.count, write)


@written_by(_write_distances, "out")
def triangle_distances(table, differences, out, k, position, count, lower):
    """``|A_k d|^2`` of consecutive rows.

    Parameters
    ----------
    table : ndarray of shape (K, D, stride)
        Transposed triangles ``A_k``, their rows padded with zeros.
    differences : ndarray of shape (rows, stride)
        With :data:`SPARE_ROWS` rows more than are asked for.
    out : ndarray of shape (rows,)
        Gets the distances, from ``position`` on; the :data:`SPARE_ROWS` that follow are spoilt.
    k : int
        Which triangle.
    position, count : int
        First row and number of rows.
    lower : int
        Whether the ``A_k`` are lower triangles.
    """
    scaled = differences[position : position + count, : table.shape[1]] @ table[k]
    out[position : position + count] = np.sum(scaled * scaled, axis=1)


@written_by(_write_products, "out")
def add_products(left, right, out, k, position, count):
    """Add ``sum_i left_i right_i'`` to ``out[k]``, of which the lower triangle is not maintained.

    Parameters
    ----------
    left : ndarray of shape (rows + 1, stride)
        Rows from the first one on.
    right : ndarray of shape (rows, stride)
        Rows from ``position`` on.
    out : ndarray of shape (K, padded + SPARE_ROWS, padded)
    k : int
    position, count : int
        First row and number of rows.
    """
    width = out.shape[2]
    rows = right[position : position + count, :width]
    out[k, :width] += left[:count, :width].T @ rows
