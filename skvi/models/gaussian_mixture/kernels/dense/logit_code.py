"""Instructions that turn a tile of rows into logits: products of entries, then a matrix product."""

from __future__ import annotations

import contextlib

from numba.core import cgutils

from skvi.numerics.feature_tiles import (
    BASE_LINES,
    BLOCK_VECTORS,
    TileCode,
)
from skvi.numerics.register_blocks import multiply_block

__all__ = ["SPARE_LINES", "LogitCode", "groups"]

SPARE_LINES = 8


@contextlib.contextmanager
def groups(code, n_vectors):
    """First vector and number of vectors of groups of three, with no single one left over."""
    (position,) = code.variables(1, code.index(0))
    with code.loop(0, n_vectors, 2):
        vector = code.get(position)
        left = n_vectors - vector
        four = left.equals(4)
        taken = four.where(code.index(2), left.smaller(BLOCK_VECTORS)).larger(0)
        yield vector, taken
        code.put(vector + taken, position)


class LogitCode(TileCode):
    """Code that has logits of a tile by quadratic features.

    Parameters
    ----------
    arrays : Arrays
        With ``coefficients``, ``pairs``, ``first``, ``panel`` and ``n_components`` too.
    padded : Value
        Components, rounded up to whole vectors.
    """

    def __init__(self, arrays, padded):
        super().__init__(arrays)
        self.padded = padded
        self.base = self.n_dimensions + BASE_LINES
        self.n_products = arrays.pairs_shape[0] // 2
        self.n_features = self.base - arrays.first + self.n_products
        self.shares = (self.base + arrays.panel + SPARE_LINES) * self.length

    def store_ones(self):
        """The line of ones, which no tile changes."""
        code = self.code
        with code.loop(0, self.length, code.lanes) as t:
            code.store(code.full(1.0), self.arrays.work, self.length + t)

    def spread_number(self, number):
        """A number among the arguments, in every lane."""
        return self.code.spread(cgutils.alloca_once_value(self.code.builder, number.raw))

    @contextlib.contextmanager
    def panels(self):
        """First product and number of products of every panel; one panel if there are none."""
        code, panel = self.code, self.arrays.panel
        with code.loop(0, self.n_products.larger(1), panel) as start:
            yield start, (self.n_products - start).smaller(panel)

    def lines(self, start, count):
        """First feature of a panel, its line in the tile, and the number of features."""
        is_first = start.equals(0)
        line = is_first.where(self.arrays.first, self.base)
        feature = is_first.where(self.code.index(0), self.base - self.arrays.first + start)
        return is_first, feature, line, self.base + count - line

    def products(self, start, count):
        """Products of a panel into the tile."""
        code, work, pairs = self.code, self.arrays.work, self.arrays.pairs
        with code.loop(0, count) as q:
            ends = [code.scalar_at(pairs, (start + q) * 2 + side) for side in (0, 1)]
            left, right = [(end + BASE_LINES) * self.length for end in ends]
            out = (self.base + q) * self.length
            with code.loop(0, self.length, self.width) as t:
                for v in range(0, self.width, code.lanes):
                    z = code.load(work, left + t + v) * code.load(work, right + t + v)
                    code.store(z, work, out + t + v)

    def logits(self, panel_start, panel_count):
        """Add the part of a panel to the logits: ``width`` rows of every component side by side."""
        code, work = self.code, self.arrays.work
        is_first, feature, line, count = self.lines(panel_start, panel_count)
        with code.loop(0, self.length, self.width) as t:
            right = code.pointer(work, line * self.length + t), self.length
            with code.loop(0, self.arrays.n_components, 4) as k:
                start = k * self.n_features + feature * 4
                left = code.pointer(self.arrays.coefficients, start), code.index(1), 4
                out = self.shares + t * self.padded + k * self.width
                sums = []
                multiply_block(
                    code, (4, BLOCK_VECTORS), left, right, count, lambda r, v, x: sums.append(x)
                )
                with code.builder.if_else(is_first.raw) as (then, otherwise):
                    for branch, add in ((then, False), (otherwise, True)):
                        with branch:
                            for position, total in enumerate(sums):
                                at = out + position * code.lanes
                                value = code.load(work, at) + total if add else total
                                code.store(value, work, at)
