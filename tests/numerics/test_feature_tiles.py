"""Sizes of tiles, and rows that are read into them."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba import njit

from skvi.numerics.feature_tiles import BASE_LINES, TileCode, tile_rows
from skvi.numerics.instructions import written_by
from skvi.numerics.processor import VECTOR_BYTES

needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


@pytest.mark.parametrize("n_lines", [1, 4, 30, 200, 3000, 10**5])
@pytest.mark.parametrize(("lanes", "itemsize"), [(4, 8), (8, 8), (8, 4), (16, 4)])
def test_sizes(n_lines, lanes, itemsize):
    rows = tile_rows(n_lines, lanes, itemsize)
    unit = 6 * lanes
    assert rows in (unit, 3 * unit, 5 * unit)  # an odd number of units
    assert rows == unit or rows * n_lines * itemsize <= 200_000
    assert tile_rows(n_lines + 1, lanes, itemsize) <= rows


class _LoadCode(TileCode):
    """Every tile's lines, one tile behind the other."""

    def emit(self):
        code, arrays = self.code, self.arrays
        lines = self.n_dimensions + BASE_LINES
        with code.loop(0, self.n_rows, self.length) as start:
            self.load_rows(start)
            with code.loop(0, lines * self.length) as i:
                value = code.scalar_at(arrays.work, i)
                code.builder.store(value.raw, code.pointer(arrays.out, start * lines + i))


@written_by(lambda arrays: _LoadCode(arrays).emit(), "work", lane_bytes=VECTOR_BYTES)
def _load(X, center, work, out, rows):
    raise NotImplementedError


@njit
def _loaded(X, center, work, out, rows):
    _load(X, center, work, out, rows)


@needs_compiler
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_features", [1, 4, 6])
@pytest.mark.parametrize("n_rows", [96, 100])
def test_rows_become_lines(n_rows, n_features, dtype):
    length = 6 * VECTOR_BYTES // 8
    rng = np.random.default_rng(1)
    X, center = rng.normal(size=(n_rows, n_features)).astype(dtype), rng.normal(size=n_features)
    lines, tiles = n_features + BASE_LINES, -(-n_rows // length)
    work, out = np.empty(lines * length), np.empty(tiles * lines * length)
    _loaded(X, center, work, out, length)
    z = X - center
    for tile, block in enumerate(out.reshape(tiles, lines, length)):
        here = z[tile * length : (tile + 1) * length]
        # Lanes beyond the last row hold that row again: whoever weighs them gives them nothing.
        full = np.concatenate([here, np.repeat(z[-1:], length - len(here), axis=0)])
        np.testing.assert_array_equal(block[BASE_LINES:], full.T)
        np.testing.assert_allclose(block[0], np.sum(full**2, axis=1), rtol=1e-13)
