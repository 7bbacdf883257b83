"""What the compiled passes share: rows come in tiles, feature by feature.

A tile holds ``z = x - center`` with one line of ``T`` numbers per feature, so that the lanes of a
vector are rows. Lines of a tile: ``|z|^2``, ones, ``z``. Rows beyond the last one, and rows of
weight zero, are zero.
"""

from __future__ import annotations

from skvi.numerics.register_blocks import transposed

__all__ = ["BASE_LINES", "BLOCK_VECTORS", "QUAD", "TileCode", "tile_rows"]

BASE_LINES = 2
BLOCK_VECTORS = 3
_TILE_UNIT = 2 * BLOCK_VECTORS
_TILE_BYTES = 200_000
QUAD = 4


def tile_rows(n_lines, lanes, itemsize):
    """Rows per tile: within the second-level cache, an odd number of cache lines per line."""
    unit = _TILE_UNIT * lanes
    fitting = _TILE_BYTES // (n_lines * unit * itemsize)
    return unit * (1 if fitting < 3 else 3 if fitting < 5 else 5)


class TileCode:
    """Code that reads rows into a tile.

    Parameters
    ----------
    arrays : Arrays
        With ``X``, ``center``, ``work`` and ``rows``; the tile is at the start of ``work``. Rows
        are multiplied by ``units``, if it has any.
    """

    def __init__(self, arrays):
        self.arrays, self.code = arrays, arrays.code
        self.n_rows, self.n_dimensions = arrays.X_shape
        self.length = arrays.rows
        self.width = BLOCK_VECTORS * self.code.lanes
        self.units = getattr(arrays, "units", None)

    def lanes_of(self, start):
        """Indices of the rows in the lanes of a vector, the last row instead of missing ones."""
        last = self.n_rows - 1
        return [(start + lane).smaller(last) for lane in range(self.code.lanes)]

    def load_weights(self, start, out, flags=False):
        """Weights of a tile's rows to the line at ``out``, or one for all but weight zero.

        Zero beyond the last row.
        """
        code, arrays = self.code, self.arrays

        def write(weights, t):
            if flags:
                weights = weights.differs(0.0).where(1.0, code.wide(code.full(0.0)))
            code.store(code.narrow(weights), arrays.work, out + t)

        whole = (self.n_rows - start).smaller(self.length) // code.lanes * code.lanes
        with code.loop(0, whole, code.lanes) as t:
            write(code.load(arrays.weights, start + t), t)
        with code.loop(whole, self.length, code.lanes) as t:
            lanes = []
            for lane, row in enumerate(self.lanes_of(start + t)):
                weight = code.scalar_at(arrays.weights, row)
                lanes.append((start + t + lane < self.n_rows).where(weight, 0.0))
            write(code.assembled(lanes), t)

    def load_rows(self, start, weight_line=None, limit=None):
        """Centred rows into the tile; whether a squared norm is beyond ``limit``."""
        code, work = self.code, self.arrays.work
        norm, beyond = code.variables(2, code.full(0.0))
        whole = self.n_dimensions // QUAD * QUAD
        with code.loop(0, self.length, code.lanes) as t:
            code.put(code.full(0.0), norm)
            starts = [row * self.n_dimensions for row in self.lanes_of(start + t)]
            used = None
            if weight_line is not None:
                used = code.load(work, weight_line + t).differs(0.0)

            def keep(i, z, t=t, used=used):
                z = z if used is None else used.where(z, 0.0)
                code.store(z, work, (i + BASE_LINES) * self.length + t)
                code.put(z * z + code.get(norm), norm)

            with code.loop(0, whole, QUAD) as i:
                for j, z in enumerate(self._four_features(starts, i)):
                    keep(i + j, z)
            with code.loop(whole, self.n_dimensions) as i:
                z = code.gather(self.arrays.X, [first + i for first in starts])
                z = code.wide(z) - code.spread(self.arrays.center, i)
                if self.units is not None:
                    z = z * code.spread(self.units, i)
                keep(i, code.narrow(z))
            total = code.get(norm)
            code.store(total, work, t)
            if limit is not None:
                found = code.wide(total).exceeds(limit)
                code.put(found.where(1.0, code.get(beyond)), beyond)
        return code.any_lane(code.get(beyond).differs(0.0))

    def _four_features(self, starts, i):
        """Four consecutive features of as many rows as lanes: rows are read, then transposed."""
        code = self.code
        center = code.wide(code.load(self.arrays.center, i, QUAD))
        columns = [[] for _ in range(QUAD)]
        for first in range(0, code.lanes, QUAD):
            rows = [code.load(self.arrays.X, at + i, QUAD) for at in starts[first : first + QUAD]]
            rows = [code.wide(row) - center for row in rows]
            if self.units is not None:
                unit = code.load(self.units, i, QUAD)
                rows = [row * unit for row in rows]
            square = transposed(code, rows)
            for column, lanes in zip(columns, square, strict=True):
                column.append(code.narrow(lanes))
        return [code.joined(parts) for parts in columns]
