"""Which components matter to which rows of a tile, from logits in single precision.

A component whose logit is 37 below the best one of a row, and some more for the error of the
logits, has a responsibility below 1e-16 and no part in the row. Most components are that far from
most rows, so what follows (logits by differences and statistics, both in double precision) is done
for the few that are left.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from skvi.models.gaussian_mixture.kernels.dense.logit_code import SPARE_LINES, LogitCode
from skvi.numerics.feature_tiles import BASE_LINES
from skvi.numerics.instructions import written_by
from skvi.numerics.processor import VECTOR_BYTES
from skvi.numerics.tiles import Value

__all__ = ["LEAST_LOG_SHARE", "screen_tile", "screen_work_size"]

# Beside one, a responsibility below half a unit in the last place is lost in rounding.
LEAST_LOG_SHARE = -37.0

# Lanes listed at a time: the table of their sets has 256 entries.
_LISTED = 8
_INTEGER = ir.IntType(32)


class _ScreenCode(LogitCode):
    """The instructions of the screening of one tile."""

    def __init__(self, arrays):
        lanes = arrays.code.lanes
        arrays.n_components = arrays.counts_shape[0]
        super().__init__(arrays, (arrays.n_components + (lanes - 1)) // lanes * lanes)
        self.weight_line = self.shares + self.padded * self.length

    def emit(self):
        """Write the screening; gives whether all norms were within the limit."""
        code, start = self.code, self.arrays.start
        self.margin = code.full(-LEAST_LOG_SHARE)
        self.per_norm = code.narrow(self.spread_number(self.arrays.margin_per_norm))
        limit = self.spread_number(self.arrays.limit)
        self.packed_lanes = _packed_lanes(code.builder, _LISTED)
        self.store_ones()
        self.load_weights(start, self.weight_line, flags=True)
        beyond = self.load_rows(start, self.weight_line, limit)
        with self.panels() as (panel_start, count):
            self.products(panel_start, count)
            self.logits(panel_start, count)
        with code.loop(0, self.length, self.width) as t, code.loop(0, self.width, code.lanes) as u:
            self._list(t, u)
        return code.builder.not_(beyond)

    def _list(self, t, u):
        """Append the rows of one vector to the lists of the components near them."""
        code, work = self.code, self.arrays.work
        line = self.shares + t * self.padded + u
        (top,) = code.variables(1, code.load(work, line))
        with code.loop(1, self.arrays.n_components) as k:
            code.put(code.load(work, line + k * self.width).larger(code.get(top)), top)
        margin = code.load(work, t + u) * self.per_norm + self.margin
        used = code.load(work, self.weight_line + t + u).differs(0.0)
        least = used.where(code.get(top) - margin, float("inf"))
        with code.loop(0, self.arrays.n_components) as k:
            self._append(k, t + u, code.load(work, line + k * self.width) > least)

    def _append(self, k, row, near):
        """Lanes that hold, packed by a table: a branch would be guessed wrong for most rows."""
        code, builder = self.code, self.code.builder
        bits = builder.bitcast(near.raw, ir.IntType(code.lanes))
        count = code.pointer(self.arrays.counts, k)
        number = code.scalar_at(count)
        line = k * self.arrays.members_shape[1]
        for first in range(0, code.lanes, _LISTED):
            some = builder.trunc(builder.lshr(bits, bits.type(first)), ir.IntType(_LISTED))
            some = builder.zext(some, row.raw.type)
            lanes = builder.load(builder.gep(self.packed_lanes, [some.type(0), some]))
            start = (self.arrays.offset + row + first).raw
            rows = _spread_integer(builder, builder.trunc(start, _INTEGER), _LISTED)
            rows = builder.add(builder.zext(lanes, rows.type), rows)
            target = code.pointer(self.arrays.members, line + number)
            builder.store(rows, builder.bitcast(target, rows.type.as_pointer()), align=4)
            number = number + Value(builder, builder.ctpop(some))
        builder.store(number.raw, count)


def _spread_integer(builder, integer, lanes):
    vector = ir.VectorType(integer.type, lanes)
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), integer, _INTEGER(0))
    mask = ir.Constant(ir.VectorType(_INTEGER, lanes), [0] * lanes)
    return builder.shuffle_vector(single, single, mask)


def _packed_lanes(builder, lanes):
    """For every set of lanes, those lanes in order."""
    vector = ir.VectorType(ir.IntType(8), lanes)
    entries = []
    for bits in range(1 << lanes):
        found = [lane for lane in range(lanes) if bits >> lane & 1]
        entries.append(ir.Constant(vector, found + [0] * (lanes - len(found))))
    table = ir.Constant(ir.ArrayType(vector, len(entries)), entries)
    return cgutils.global_constant(builder, "packed_lanes", table)


def screen_work_size(n_dimensions, panel, rows, n_components_padded):
    """Numbers of scratch that :func:`screen_tile` needs."""
    return (BASE_LINES + n_dimensions + panel + SPARE_LINES + n_components_padded + 1) * rows


@written_by(lambda arrays: _ScreenCode(arrays).emit(), "work", types.boolean, VECTOR_BYTES)
def screen_tile(
    X, weights, center, units, coefficients, pairs, work, members, counts, start, offset,
    first, panel, rows, limit, margin_per_norm,
):  # fmt: skip
    """Add the rows of a tile to the lists of the components that have a part in them.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    weights : ndarray of shape (n,)
        Rows of weight zero belong nowhere.
    center, units : ndarray of shape (D,)
        Rows are worked on as ``z = (x - center) units``.
    coefficients : ndarray of shape (ceil(K / 4) * P * 4,), float32
        Of the features of ``z``, four components side by side.
    pairs : ndarray of shape (2 * number of products,), int64
        Which two entries of a row each product has.
    work : ndarray, float32
        Scratch of :func:`screen_work_size`.
    members : ndarray of shape (K, any + 8), uint32
        Rows of every component, in order: ``offset`` and up.
    counts : ndarray of shape (K,), int64
        Number of rows of every component so far.
    start, offset : int
        First row of the tile, and its number in the lists.
    first : int
        Zero if ``|z|^2`` is a feature, otherwise one.
    panel, rows : int
        Products at a time, rows per tile (whole multiples of six vectors).
    limit : float
        Largest squared norm of a row that the logits are good for.
    margin_per_norm : float
        Allowance for the error of the logits of a row, per unit of its squared norm.

    Returns
    -------
    bool
        Whether the lists are good: no row was beyond ``limit``.
    """
    tile = slice(start, min(start + rows, len(X)))
    used = weights[tile] != 0.0
    z = np.where(used[:, None], (X[tile] - center) * units, 0.0)
    squares = np.sum(z * z, axis=1, keepdims=True), np.ones((len(z), 1))
    features = np.hstack([*squares[first:], z, z[:, pairs[::2]] * z[:, pairs[1::2]]])
    table = coefficients.reshape(-1, features.shape[1], 4).swapaxes(1, 2)
    logits = features @ table.reshape(-1, features.shape[1])[: len(counts)].T
    margin = -LEAST_LOG_SHARE + margin_per_norm * squares[0]
    near = (logits >= logits.max(axis=1, keepdims=True) - margin) & used[:, None]
    for k, listed in enumerate(near.T):
        found = np.flatnonzero(listed)
        members[k, counts[k] : counts[k] + found.size] = offset + found
        counts[k] += found.size
    return bool(np.all(squares[0] <= limit))
