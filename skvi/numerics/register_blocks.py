"""Matrix products and transposes that stay in registers, as instructions."""

from __future__ import annotations

from llvmlite import ir

from skvi.numerics.tiles import Value

__all__ = ["ROWS_PER_BLOCK", "multiply_block", "transposed"]

# Rows of a register block by its width in vectors: twelve sums at most, in sixteen registers.
ROWS_PER_BLOCK = {1: 8, 2: 6, 3: 4}
_LANE = ir.IntType(32)


def multiply_block(code, shape, left, right, count, write):
    """One register block of ``sum_s a[r, s] b[s, c]``, of ``shape`` (rows, vectors).

    Parameters
    ----------
    left : (pointer, row step, sum step)
        Numbers of ``a``, spread over the lanes one at a time.
    right : (pointer, sum step)
        Lanes of ``b`` side by side.
    count : Value
        Terms of the sums.
    write : callable
        Called with row, vector and sums of every pair.
    """
    (n_rows, n_vectors), (a, a_row, a_step), (b, b_step) = shape, left, right
    sums = code.variables(n_rows * n_vectors, code.full(0.0))
    with code.loop(0, count) as s:
        start = s * b_step
        lanes = [code.load(b, start + v * code.lanes) for v in range(n_vectors)]
        for r in range(n_rows):
            number = code.spread(a, s * a_step + (a_row * r if r else 0))
            for slot, vector in zip(sums[r * n_vectors :], lanes, strict=False):
                code.put(number * vector + code.get(slot), slot)
    for r in range(n_rows):
        for v in range(n_vectors):
            write(r, v, code.get(sums[r * n_vectors + v]))


def transposed(code, vectors):
    """Transpose a square of lanes by exchanging halves, quarters, ... of pairs of vectors."""
    lanes = len(vectors)
    raw = [vector.raw for vector in vectors]
    half = lanes // 2
    while half:
        low = [i if not i & half else lanes + i - half for i in range(lanes)]
        high = [i + half if not i & half else lanes + i for i in range(lanes)]
        masks = [ir.Constant(ir.VectorType(_LANE, lanes), mask) for mask in (low, high)]
        for i in range(lanes):
            if not i & half:
                pair = raw[i], raw[i + half]
                raw[i] = code.builder.shuffle_vector(*pair, masks[0])
                raw[i + half] = code.builder.shuffle_vector(*pair, masks[1])
        half //= 2
    return [Value(code.builder, vector) for vector in raw]
