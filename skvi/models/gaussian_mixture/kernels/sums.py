"""Responsibility-weighted sums of a tile: features times responsibilities, over the rows.

Responsibilities are repacked so that the lanes of a vector are components; the sums of one tile
run in the precision of the tile and are added to float64 totals.
"""

from __future__ import annotations

from skvi.numerics.jit import kernel
from skvi.numerics.tiles import add_block_1, add_block_2, add_block_3, transpose_block

__all__ = ["add_sums", "pack_lanes"]


@kernel
def _vectors_taken(left):
    """Vectors of components in the next block: three, with no single one left over."""
    return 2 if left == 4 else min(left, 3)


@kernel
def pack_lanes(lines, lanes, count, packed):
    """Transpose ``lines`` (components, T) into blocks of up to three vectors per row."""
    n_vectors = lines.shape[0] // lanes
    length = lines.shape[1]
    vector = 0
    while vector < n_vectors:
        taken = _vectors_taken(n_vectors - vector)
        start = vector * lanes * length
        for t in range(0, count, lanes):
            for v in range(taken):
                transpose_block(
                    lines, (vector + v) * lanes * length + t, length,
                    packed, start + (t * taken + v) * lanes, taken * lanes,
                )
        vector += taken


@kernel
def add_sums(features, first, stop, packed, lanes, n_vectors, count, sums):
    """Add to rows ``first`` to ``stop`` of ``sums`` what the leading features contribute."""
    length = features.shape[1]
    width = n_vectors * lanes
    vector = 0
    while vector < n_vectors:
        taken = _vectors_taken(n_vectors - vector)
        start, step = vector * lanes * length, taken * lanes
        out = first * width + vector * lanes
        if taken == 3:
            for p in range(0, stop - first, 4):
                add_block_3(
                    features, p * length, length, 1, packed, start, step, count,
                    sums, out + p * width, width,
                )
        elif taken == 2:
            for p in range(0, stop - first, 6):
                add_block_2(
                    features, p * length, length, 1, packed, start, step, count,
                    sums, out + p * width, width,
                )
        else:
            for p in range(0, stop - first, 8):
                add_block_1(
                    features, p * length, length, 1, packed, start, step, count,
                    sums, out + p * width, width,
                )
        vector += taken
