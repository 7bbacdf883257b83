"""One register block of a Gram matrix, written straight into vector instructions.

``add_block`` adds ``tile[:, row : row + 4]' tile[:, column : ...]`` to a float64 target. Four
features meet ``vectors`` (at most three) vectors of features, so that the twelve running sums,
three loaded vectors and one broadcast fill the sixteen registers of AVX2, and each loaded vector
is used four times. Consecutive features lie side by side in a tile, so nothing is transposed.
The compiled form is emitted as explicit vector code because LLVM's loop vectorizer cannot keep a
two-dimensional block of sums in registers. Vectors are as wide as the processor's; every sum runs
over the rows in the same order, whatever their width.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from skvi.numerics.processor import VECTOR_BYTES

__all__ = ["ROWS", "add_block"]

ROWS = 4
_MOST_VECTORS = 3
_FLAGS = ("contract",)
_INDEX = ir.IntType(64)


def add_block(tile, n_rows, row, column, vectors, target):
    """Add one block of ``tile' tile`` to ``target``; sums run in the tile's precision.

    Parameters
    ----------
    tile : ndarray of shape (at least n_rows, width)
        float32 or float64, C-contiguous.
    n_rows : int
        Rows of the tile in use.
    row, column : int
        Corner of the block in ``target``.
    vectors : {1, 2, 3}
        Width of the block in vectors.
    target : ndarray of shape (width, width)
        float64, C-contiguous; changed in place.
    """
    width = vectors * (VECTOR_BYTES // tile.itemsize)
    left, right = tile[:n_rows, row : row + ROWS], tile[:n_rows, column : column + width]
    target[row : row + ROWS, column : column + width] += left.T @ right


@overload(add_block, inline="never")
def _compiled_add_block(tile, n_rows, row, column, vectors, target):
    def compiled(tile, n_rows, row, column, vectors, target):
        _emit_add_block(tile, n_rows, row, column, vectors, target)

    return compiled


@intrinsic
def _emit_add_block(typing_context, tile, n_rows, row, column, vectors, target):
    signature = types.void(tile, types.int64, types.int64, types.int64, types.int64, target)

    def codegen(context, builder, signature, arguments):
        tile, n_rows, row, column, vectors, target = arguments
        tile = context.make_array(signature.args[0])(context, builder, tile)
        target = context.make_array(signature.args[5])(context, builder, target)
        operands = _Operands(context, builder, tile, n_rows, row, column, target)
        for count in range(1, _MOST_VECTORS + 1):
            chosen = builder.icmp_signed("==", vectors, vectors.type(count))
            with builder.if_then(chosen):
                operands.emit(count)
        return context.get_dummy_value()

    return signature, codegen


class _Operands:
    """The operands of one block while its instructions are written."""

    def __init__(self, context, builder, tile, n_rows, row, column, target):
        self.builder, self.n_rows = builder, n_rows
        self.tile, self.target = tile.data, target.data
        self.row, self.column = row, column
        self.tile_stride = cgutils.unpack_tuple(builder, tile.shape)[1]
        self.target_stride = cgutils.unpack_tuple(builder, target.shape)[1]
        scalar = tile.data.type.pointee
        self.lanes = VECTOR_BYTES // context.get_abi_sizeof(scalar)
        self.vector = ir.VectorType(scalar, self.lanes)

    def emit(self, vectors):
        """Write the loop over rows and the addition of its sums to the target."""
        builder = self.builder
        zero = ir.Constant(self.vector, [0.0] * self.lanes)
        before = builder.block
        loop, after = builder.append_basic_block("rows"), builder.append_basic_block("add")
        builder.branch(loop)
        builder.position_at_end(loop)
        counter, start = builder.phi(_INDEX), builder.phi(_INDEX)
        sums = [builder.phi(self.vector) for _ in range(ROWS * vectors)]
        updated = self._row_products(start, sums, vectors)
        next_counter = builder.add(counter, _INDEX(1))
        next_start = builder.add(start, self.tile_stride)
        for phi, first, following in [
            (counter, _INDEX(0), next_counter),
            (start, _INDEX(0), next_start),
            *((total, zero, value) for total, value in zip(sums, updated, strict=True)),
        ]:
            phi.add_incoming(first, before)
            phi.add_incoming(following, loop)
        builder.cbranch(builder.icmp_signed("<", next_counter, self.n_rows), loop, after)
        builder.position_at_end(after)
        self._add_to_target(updated, vectors)

    def _row_products(self, start, sums, vectors):
        builder = self.builder
        right = []
        for v in range(vectors):
            offset = builder.add(builder.add(start, self.column), _INDEX(v * self.lanes))
            right.append(self._load(self.tile, offset, self.vector))
        updated = []
        for r in range(ROWS):
            offset = builder.add(builder.add(start, self.row), _INDEX(r))
            left = self._broadcast(builder.load(builder.gep(self.tile, [offset])))
            for v in range(vectors):
                product = builder.fmul(left, right[v], flags=_FLAGS)
                updated.append(builder.fadd(product, sums[r * vectors + v], flags=_FLAGS))
        return updated

    def _add_to_target(self, sums, vectors):
        builder = self.builder
        wide = ir.VectorType(ir.DoubleType(), self.lanes)
        for r in range(ROWS):
            line = builder.mul(builder.add(self.row, _INDEX(r)), self.target_stride)
            for v in range(vectors):
                total = sums[r * vectors + v]
                if total.type != wide:
                    total = builder.fpext(total, wide)
                offset = builder.add(builder.add(line, self.column), _INDEX(v * self.lanes))
                old = self._load(self.target, offset, wide)
                self._store(builder.fadd(old, total), self.target, offset, wide)

    def _broadcast(self, scalar):
        empty = ir.Constant(self.vector, ir.Undefined)
        single = self.builder.insert_element(empty, scalar, ir.IntType(32)(0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(single, empty, mask)

    def _load(self, base, offset, vector):
        address = self.builder.bitcast(self.builder.gep(base, [offset]), vector.as_pointer())
        return self.builder.load(address, align=4)

    def _store(self, value, base, offset, vector):
        address = self.builder.bitcast(self.builder.gep(base, [offset]), vector.as_pointer())
        self.builder.store(value, address, align=4)
