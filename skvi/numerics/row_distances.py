"""Squared distances from differences: as accurate as the data at any condition and separation.

``|A_k (x - mean_k)|^2``, with ``A_k`` a triangle (four of its rows at a time meet three vectors of
rows of ``X``) or a diagonal.
"""

from __future__ import annotations

import numpy as np

from skvi.numerics.feature_tiles import (
    BASE_LINES,
    BLOCK_VECTORS,
    TileCode,
)
from skvi.numerics.instructions import written_by
from skvi.numerics.jit import kernel
from skvi.numerics.processor import VECTOR_BYTES
from skvi.numerics.register_blocks import multiply_block

__all__ = ["distances", "distances_work_size"]


def distances_work_size(n_dimensions, rows):
    """Numbers of scratch that :func:`distances` needs."""
    return (BASE_LINES + 2 * n_dimensions + 1) * rows


class _DistanceCode(TileCode):
    """The instructions of the distances."""

    def __init__(self, arrays, triangular):
        super().__init__(arrays)
        self.triangular = triangular
        self.n_components = arrays.mean_shape[0]
        self.moved = (self.n_dimensions + BASE_LINES) * self.length
        self.result = self.moved + self.n_dimensions * self.width

    def emit(self):
        """Write the loop over rows and components."""
        code = self.code
        with code.loop(0, self.n_rows, self.length) as start:
            self.load_rows(start)
            with code.loop(0, self.length, self.width) as t:
                with code.loop(0, self.n_components) as k:
                    sums = code.variables(BLOCK_VECTORS, code.full(0.0))
                    self._move(t, k, sums)
                    if self.triangular:
                        self._multiply(k, sums)
                    self._write(start + t, k, sums)

    def _move(self, t, k, sums):
        """Differences from one mean, scaled where the factor is a diagonal."""
        code, arrays = self.code, self.arrays
        with code.loop(0, self.n_dimensions) as i:
            mean = code.spread(arrays.mean, k * self.n_dimensions + i)
            if not self.triangular:
                scale = code.spread(arrays.factor, k * self.n_dimensions + i)
            line = (i + BASE_LINES) * self.length + t
            for v, slot in enumerate(sums):
                difference = code.load(arrays.work, line + v * code.lanes) - mean
                if self.triangular:
                    at = self.moved + i * self.width + v * code.lanes
                    code.store(difference, arrays.work, at)
                else:
                    scaled = difference * scale
                    code.put(scaled * scaled + code.get(slot), slot)

    def _multiply(self, k, sums):
        code, arrays = self.code, self.arrays
        quadruples = (self.n_dimensions + 3) // 4
        lower = arrays.lower.differs(0)
        with code.loop(0, self.n_dimensions, 4) as row:
            first = lower.where(code.index(0), row)
            stop = lower.where((row + 4).smaller(self.n_dimensions), self.n_dimensions)
            start = (k * quadruples * 4 + row) * self.n_dimensions + first * 4
            left = code.pointer(arrays.factor, start), code.index(1), 4
            right = code.pointer(arrays.work, self.moved + first * self.width)
            right = right, code.index(self.width)

            def add_square(r, v, value):
                code.put(value * value + code.get(sums[v]), sums[v])

            multiply_block(code, (4, BLOCK_VECTORS), left, right, stop - first, add_square)

    def _write(self, start, k, sums):
        code, arrays = self.code, self.arrays
        for v, slot in enumerate(sums):
            code.store(code.get(slot), arrays.work, self.result + v * code.lanes)
        missing = self.n_rows - start
        with code.loop(0, missing.smaller(self.width)) as t:
            value = code.scalar_at(arrays.work, self.result + t)
            target = code.pointer(arrays.out, (start + t) * self.n_components + k)
            code.builder.store(value.raw, target)


@written_by(
    lambda arrays: _DistanceCode(arrays, triangular=len(arrays.factor_shape) == 4).emit(),
    "work",
    lane_bytes=VECTOR_BYTES,
)
def _distances(X, center, mean, factor, work, out, rows, lower):
    """What the compiled code does, by arrays."""
    for k, location in enumerate(mean):
        difference = X - center - location
        if factor.ndim == 2:
            scaled = difference * factor[k]
        else:
            scaled = difference @ factor[k].swapaxes(0, 1).reshape(X.shape[1], -1)
        np.einsum("ij,ij->i", scaled, scaled, out=out[:, k])


@kernel
def distances(X, center, mean, factor, work, out, rows, lower):
    """Squared distance of every row from every component.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    center : ndarray of shape (D,)
    mean : ndarray of shape (K, D)
        Means less the centre.
    factor : ndarray
        Of shape (K, ceil(D / 4), D, 4): triangles, four rows side by side. Of shape (K, D):
        diagonals.
    work : ndarray
        Scratch of :func:`distances_work_size`.
    out : ndarray of shape (n, K)
    rows, lower : int
        Rows per tile (whole multiples of six vectors); whether triangles are lower ones.
    """
    _distances(X, center, mean, factor, work, out, rows, lower)
