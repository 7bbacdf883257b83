"""The weighted Gram matrix of centred rows, tile by tile.

A tile holds the rows ``sqrt(w) [x - c, y - c, 1]`` of some consecutive rows, one after the other
and padded with zeros to whole vectors, small enough to stay in cache while every block of the
lower triangle of its Gram matrix is formed (:mod:`skvi.numerics.block_product`). The column of
root weights puts the weighted sums into the last line of the same matrix. Within a tile sums run
in the precision of the tile; tiles are added in float64, in a fixed order.
"""

from __future__ import annotations

import numpy as np

from skvi.numerics.block_product import ROWS, add_block
from skvi.numerics.jit import kernel
from skvi.numerics.prefetch import prefetch
from skvi.numerics.processor import VECTOR_BYTES

__all__ = ["TILE_ROWS", "add_rows", "fill_tile", "lower_to_full", "padded_width"]

TILE_ROWS = 64
_PANEL_VECTORS = 12
_WIDEST = 3


def padded_width(width, dtype):
    """``width`` rounded up to a whole number of vectors."""
    lanes = VECTOR_BYTES // np.dtype(dtype).itemsize
    return -(-width // lanes) * lanes


@kernel
def add_rows(X, y, weights, shift, tile, gram):
    """Add the Gram matrix of all rows ``sqrt(w) [x - c, y - c, 1]`` to ``gram``.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_features)
        float32 or float64.
    y : ndarray of shape (n_rows, n_targets)
        float64; ``n_targets`` may be zero.
    weights : ndarray of shape (n_rows,)
        Never negative.
    shift : ndarray of shape (n_features + n_targets,)
        The centre ``c``, in the precision of ``tile``.
    tile : ndarray of shape (tile rows, padded width)
        Scratch; the padding must be zero.
    gram : ndarray of shape (padded width, padded width)
        float64; the lower triangle is added to, the rest is left undefined.
    """
    n_rows = X.shape[0]
    for start in range(0, n_rows, tile.shape[0]):
        stop = min(start + tile.shape[0], n_rows)
        fill_tile(X[start:stop], y[start:stop], weights[start:stop], shift, tile)
        _add_tile(tile, stop - start, gram, X, stop * X.shape[1])


@kernel(inline="always")
def fill_tile(X, y, weights, shift, tile):
    """Write the rows ``sqrt(w) [x - c, y - c, 1]`` into ``tile``."""
    n_features, n_targets = X.shape[1], y.shape[1]
    centre, target_centre = shift[:n_features], shift[n_features:]
    for n in range(X.shape[0]):
        root = tile.dtype.type(np.sqrt(weights[n]))
        row, line = X[n], tile[n, :n_features]
        for j in range(n_features):
            line[j] = (row[j] - centre[j]) * root
        for j in range(n_targets):
            tile[n, n_features + j] = (y[n, j] - target_centre[j]) * root
        tile[n, n_features + n_targets] = root


@kernel(inline="always")
def _add_tile(tile, n_rows, gram, X, ahead):
    """Lower triangle in panels of columns that stay in the first-level cache.

    Meanwhile the rows of the next tile, from number ``ahead`` of ``X`` on, come from memory.
    """
    width = tile.shape[1]
    lanes = VECTOR_BYTES // tile.itemsize
    end = min(ahead + n_rows * X.shape[1], X.size)
    # So much that about one share for every block is all of it.
    step = -(-(end - ahead) * 2 * ROWS // (width * (width // (_WIDEST * lanes) + 1)))
    for start in range(0, width, _PANEL_VECTORS * lanes):
        for row in range(start, width, ROWS):
            left = min((row + ROWS + lanes - 1 - start) // lanes, _PANEL_VECTORS)
            column = start
            while left > 0:
                vectors = _WIDEST if left == _WIDEST or left > 4 else min(left, 2)
                add_block(tile, n_rows, row, column, vectors, gram)
                prefetch(X, ahead, min(ahead + step, end))
                ahead += step
                column += vectors * lanes
                left -= vectors


@kernel
def lower_to_full(lower, full):
    """Copy a lower triangle and its mirror image into ``full``, which may be smaller."""
    for i in range(full.shape[0]):
        for j in range(i + 1):
            full[i, j] = lower[i, j]
            full[j, i] = lower[i, j]
