"""The few rows of one component: their differences from its mean, and weighted sums of these.

Differences stand one after the other, each padded with zeros to whole vectors.
"""

from __future__ import annotations

__all__ = ["write_differences", "write_diagonal_distances", "write_squares", "write_weighted"]

_ROWS = 4


def write_differences(arrays):
    """Differences of the rows ``X[start + members[k]]`` from ``mean[k]``."""
    code = arrays.code
    n_dimensions, stride = arrays.mean_shape[1], arrays.differences_shape[1]
    listed = arrays.k * arrays.members_shape[1]
    whole = n_dimensions // code.lanes * code.lanes
    center = arrays.k * n_dimensions
    with code.loop(0, arrays.count) as i:
        row = code.builder.zext(code.scalar_at(arrays.members, listed + i).raw, listed.raw.type)
        source = (arrays.start + code.index(row)) * n_dimensions
        target = (arrays.position + i) * stride
        with code.loop(0, whole, code.lanes) as j:
            entries = code.wide(code.load(arrays.X, source + j))
            difference = entries - code.load(arrays.mean, center + j)
            code.store(difference, arrays.differences, target + j)
        with code.loop(whole, n_dimensions) as j:
            number = code.scalar_at(arrays.X, source + j).raw
            if number.type != code.scalar:
                number = code.builder.fpext(number, code.scalar)
            mean = code.scalar_at(arrays.mean, center + j).raw
            difference = code.builder.fsub(number, mean)
            code.builder.store(difference, code.pointer(arrays.differences, target + j))


def write_diagonal_distances(arrays):
    """``|factor_k d|^2`` of consecutive rows."""
    code = arrays.code
    padded, stride = arrays.factor_shape[1], arrays.differences_shape[1]
    sums = code.variables(_ROWS, code.full(0.0))
    with code.loop(0, arrays.count, _ROWS) as i:
        for slot in sums:
            code.put(code.full(0.0), slot)
        start = (arrays.position + i) * stride
        with code.loop(0, padded, code.lanes) as j:
            scale = code.load(arrays.factor, arrays.k * padded + j)
            for r, slot in enumerate(sums):
                scaled = code.load(arrays.differences, start + stride * r + j) * scale
                code.put(scaled * scaled + code.get(slot), slot)
        for r, slot in enumerate(sums):
            target = code.pointer(arrays.out, arrays.position + i + r)
            code.builder.store(code.lane_sum(code.get(slot)).raw, target)


def _add_shares(arrays):
    """Add the sum of the shares of component ``k`` to its weight."""
    code = arrays.code
    (lanes,) = code.variables(1, code.full(0.0))
    whole = arrays.count // code.lanes * code.lanes
    with code.loop(0, whole, code.lanes) as i:
        code.put(code.get(lanes) + code.load(arrays.shares, arrays.position + i), lanes)
    (total,) = code.variables(1, code.lane_sum(code.get(lanes)))
    with code.loop(whole, arrays.count) as i:
        code.put(code.get(total) + code.scalar_at(arrays.shares, arrays.position + i), total)
    at = code.pointer(arrays.weight, arrays.k)
    code.builder.store((code.scalar_at(at) + code.get(total)).raw, at)


def write_weighted(arrays):
    """Rows times their shares, and sums of shares and of these."""
    _add_shares(arrays)
    code = arrays.code
    padded, stride = arrays.first_shape[1], arrays.differences_shape[1]
    (first,) = code.variables(1, code.full(0.0))
    with code.loop(0, padded, code.lanes) as j:
        code.put(code.load(arrays.first, arrays.k * padded + j), first)
        with code.loop(0, arrays.count) as i:
            share = code.spread(arrays.shares, arrays.position + i)
            value = share * code.load(arrays.differences, (arrays.position + i) * stride + j)
            code.store(value, arrays.weighted, i * stride + j)
            code.put(code.get(first) + value, first)
        code.store(code.get(first), arrays.first, arrays.k * padded + j)


def write_squares(arrays):
    """Sums of shares, of rows times these, and of their squares."""
    _add_shares(arrays)
    code = arrays.code
    padded, stride = arrays.first_shape[1], arrays.differences_shape[1]
    first, second = code.variables(2, code.full(0.0))
    with code.loop(0, padded, code.lanes) as j:
        at = arrays.k * padded + j
        code.put(code.load(arrays.first, at), first)
        code.put(code.load(arrays.second, at), second)
        with code.loop(0, arrays.count) as i:
            share = code.spread(arrays.shares, arrays.position + i)
            difference = code.load(arrays.differences, (arrays.position + i) * stride + j)
            weighted = share * difference
            code.put(code.get(first) + weighted, first)
            code.put(weighted * difference + code.get(second), second)
        code.store(code.get(first), arrays.first, at)
        code.store(code.get(second), arrays.second, at)
