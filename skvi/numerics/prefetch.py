"""A hint to the memory system, for loops that compute long between two readings of rows."""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

from skvi.numerics.instructions import written_by

__all__ = ["LINE_BYTES", "prefetch"]

LINE_BYTES = 64
_SECOND_LEVEL = 2


def _write_prefetch(arrays):
    code, builder = arrays.code, arrays.code.builder
    byte, flag = ir.IntType(8).as_pointer(), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, flag, flag, flag])
    hint = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    per_line = LINE_BYTES * code.lanes // 32
    with code.loop(arrays.start, arrays.stop, per_line) as index:
        address = builder.bitcast(code.pointer(arrays.rows, index), byte)
        builder.call(hint, [address, flag(0), flag(_SECOND_LEVEL), flag(1)])


@written_by(_write_prefetch, "rows")
def prefetch(rows, start, stop):
    """Have numbers on their way to the second-level cache; changes nothing else.

    Parameters
    ----------
    rows : ndarray
        C-contiguous.
    start, stop : int
        Range of numbers in the flattened array; beyond its end nothing happens.
    """
