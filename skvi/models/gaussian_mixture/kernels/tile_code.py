"""What the compiled passes share: rows come in tiles, feature by feature.

A tile holds ``z = x - center`` with one line of ``T`` numbers per feature, so that the lanes of a
vector are rows. Lines of a tile: ``|z|^2``, ones, ``z``. Rows beyond the last one, and rows of
weight zero, are zero.
"""

from __future__ import annotations

from numba.core import cgutils

from skvi.numerics.tiles import Code

__all__ = ["BASE_LINES", "BLOCK_VECTORS", "Arrays", "TileCode", "tile_rows"]

BASE_LINES = 2
BLOCK_VECTORS = 3
_TILE_UNIT = 2 * BLOCK_VECTORS
_TILE_BYTES = 200_000


def tile_rows(n_lines, lanes, itemsize):
    """Rows per tile: within the second-level cache, an odd number of cache lines per line."""
    unit = _TILE_UNIT * lanes
    fitting = _TILE_BYTES // (n_lines * unit * itemsize)
    return unit * (1 if fitting < 3 else 3 if fitting < 5 else 5)


class Arrays:
    """Pointers and shapes of the arguments of an intrinsic.

    Parameters
    ----------
    context, builder, signature, arguments
        As numba hands them to a code generator.
    names : sequence of str
        Arrays become attributes ``name`` (pointer) and ``name_shape``; the rest become indices.
    """

    def __init__(self, context, builder, signature, arguments, names, scalar_of):
        kinds = dict(zip(names, signature.args, strict=True))
        scalar = context.get_data_type(kinds[scalar_of].dtype)
        self.code = Code(builder, scalar)
        for name, argument in zip(names, arguments, strict=True):
            if hasattr(kinds[name], "ndim"):
                array = context.make_array(kinds[name])(context, builder, argument)
                shape = cgutils.unpack_tuple(builder, array.shape)
                setattr(self, name, array.data)
                setattr(self, f"{name}_shape", [self.code.index(size) for size in shape])
            else:
                setattr(self, name, self.code.index(argument))


class TileCode:
    """Code that reads rows into a tile.

    Parameters
    ----------
    arrays : Arrays
        With ``X``, ``center``, ``work`` and ``rows``; the tile is at the start of ``work``.
    """

    def __init__(self, arrays):
        self.arrays, self.code = arrays, arrays.code
        self.n_rows, self.n_dimensions = arrays.X_shape
        self.length = arrays.rows
        self.width = BLOCK_VECTORS * self.code.lanes

    def lanes_of(self, start):
        """Indices of the rows in the lanes of a vector, the last row instead of missing ones."""
        last = self.n_rows - 1
        return [(start + lane).smaller(last) for lane in range(self.code.lanes)]

    def load_weights(self, start, out):
        """Weights of the rows of a tile to the line at ``out``; zero beyond the last row."""
        code, weights = self.code, self.arrays.weights
        with code.loop(0, self.length, code.lanes) as t:
            lanes = []
            for lane, row in enumerate(self.lanes_of(start + t)):
                weight = code.scalar_at(weights, row)
                lanes.append((start + t + lane < self.n_rows).where(weight, 0.0))
            code.store(code.narrow(code.assembled(lanes)), self.arrays.work, out + t)

    def load_rows(self, start, weight_line=None, limit=None):
        """Centred rows into the tile; whether a squared norm is beyond ``limit``."""
        code, work = self.code, self.arrays.work
        norm, beyond = code.variables(2, code.full(0.0))
        with code.loop(0, self.length, code.lanes) as t:
            code.put(code.full(0.0), norm)
            starts = [row * self.n_dimensions for row in self.lanes_of(start + t)]
            used = None
            if weight_line is not None:
                used = code.load(work, weight_line + t).differs(0.0)
            with code.loop(0, self.n_dimensions) as i:
                z = code.gather(self.arrays.X, [first + i for first in starts])
                z = code.narrow(code.wide(z) - code.spread(self.arrays.center, i))
                z = z if used is None else used.where(z, 0.0)
                code.store(z, work, (i + BASE_LINES) * self.length + t)
                code.put(z * z + code.get(norm), norm)
            total = code.get(norm)
            code.store(total, work, t)
            if limit is not None:
                found = code.wide(total).exceeds(limit)
                code.put(found.where(1.0, code.get(beyond)), beyond)
        return code.any_lane(code.get(beyond).differs(0.0))
