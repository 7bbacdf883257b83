"""Register-blocked products of small tiles.

One block keeps ``rows x vectors`` SIMD accumulators in registers while it runs along the summed
axis: ``out[r, c] (+)= sum_s a[r, s] b[s, c]`` with any strides for ``a`` and unit stride along
``c`` for ``b`` and ``out``. Scalars of ``a`` are broadcast, vectors of ``b`` are loaded, so twelve
multiply-adds need seven or eight loads and no store. The sum of one block is taken in the
precision of ``a`` and ``b``; it is added to ``out`` in the precision of ``out``.

Compilers do not keep such blocks in registers when they are written as loops, hence the explicit
vectors. Every block function is also plain Python, which is what runs without compilation.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

__all__ = [
    "LANE_BYTES",
    "add_block_1",
    "add_block_2",
    "add_block_3",
    "add_squares_block",
    "set_block",
    "transpose_block",
]

LANE_BYTES = 32
_ROWS = {1: 8, 2: 6, 3: 4}


def _lanes(array_type):
    return LANE_BYTES * 8 // array_type.dtype.bitwidth


def _pointer(context, builder, array_type, array, offset):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [offset])


def _vector_at(builder, pointer, offset, vector_type):
    address = builder.gep(pointer, [offset])
    return builder.bitcast(address, vector_type.as_pointer())


def _splat(builder, scalar, vector_type):
    lane_zero = ir.Constant(ir.IntType(32), 0)
    empty = ir.Constant(vector_type, ir.Undefined)
    single = builder.insert_element(empty, scalar, lane_zero)
    mask = ir.Constant(ir.VectorType(ir.IntType(32), vector_type.count), None)
    return builder.shuffle_vector(single, empty, mask)


def _multiply_add(builder, vector_type):
    bits = LANE_BYTES * 8 // vector_type.count
    signature = ir.FunctionType(vector_type, [vector_type] * 3)
    name = f"llvm.fmuladd.v{vector_type.count}f{bits}"
    return cgutils.get_or_insert_function(builder.module, signature, name)


def _accumulate(builder, blocks, a, b, count, vector_type, shift=None):
    """Run along the summed axis; ``a`` and ``b`` are (pointer, strides...)."""
    a_pointer, a_row, a_step = a
    b_pointer, b_step = b
    index = a_row.type
    multiply_add = _multiply_add(builder, vector_type)
    with cgutils.for_range(builder, count) as loop:
        step = builder.mul(loop.index, b_step)
        loaded = []
        for v in range(len(blocks[0])):
            offset = builder.add(step, ir.Constant(index, v * vector_type.count))
            loaded.append(
                builder.load(_vector_at(builder, b_pointer, offset, vector_type), align=4)
            )
        if shift is not None:
            scalar = builder.load(builder.gep(shift, [loop.index]))
            common = _splat(builder, scalar, vector_type)
            loaded = [builder.fsub(vector, common) for vector in loaded]
        for r, row in enumerate(blocks):
            offset = builder.add(
                builder.mul(ir.Constant(index, r), a_row), builder.mul(loop.index, a_step)
            )
            scalar = _splat(builder, builder.load(builder.gep(a_pointer, [offset])), vector_type)
            for v, block in enumerate(row):
                total = builder.call(multiply_add, [scalar, loaded[v], builder.load(block)])
                builder.store(total, block)


def _write(builder, blocks, out, vector_type, add):
    pointer, out_row = out
    index = out_row.type
    wide = ir.VectorType(pointer.type.pointee, vector_type.count)
    for r, row in enumerate(blocks):
        start = builder.mul(ir.Constant(index, r), out_row)
        for v, block in enumerate(row):
            offset = builder.add(start, ir.Constant(index, v * vector_type.count))
            address = _vector_at(builder, pointer, offset, wide)
            value = builder.load(block)
            if wide.element != vector_type.element:
                value = builder.fpext(value, wide)
            if add:
                value = builder.fadd(builder.load(address, align=4), value)
            builder.store(value, address, align=4)


def _block_intrinsic(rows, vectors, add):
    @intrinsic
    def block(typingctx, a, a_start, a_row, a_step, b, b_start, b_step, count, out, start, row):
        size = types.intp
        signature = types.void(a, size, size, size, b, size, size, size, out, size, size)

        def codegen(context, builder, signature, arguments):
            a, a_start, a_row, a_step, b, b_start, b_step, count, out, start, row = arguments
            kinds = signature.args
            scalar = context.get_data_type(kinds[4].dtype)
            vector_type = ir.VectorType(scalar, _lanes(kinds[4]))
            zero = ir.Constant(vector_type, None)
            blocks = [
                [cgutils.alloca_once_value(builder, zero) for _ in range(vectors)]
                for _ in range(rows)
            ]
            a_pointer = _pointer(context, builder, kinds[0], a, a_start)
            b_pointer = _pointer(context, builder, kinds[4], b, b_start)
            for line in blocks:
                for block_pointer in line:
                    builder.store(zero, block_pointer)
            _accumulate(
                builder, blocks, (a_pointer, a_row, a_step), (b_pointer, b_step), count, vector_type
            )
            out_pointer = _pointer(context, builder, kinds[8], out, start)
            _write(builder, blocks, (out_pointer, row), vector_type, add)
            return context.get_dummy_value()

        return signature, codegen

    return block


def _block_function(rows, vectors, add, name):
    compiled = _block_intrinsic(rows, vectors, add)

    def block(a, a_start, a_row, a_step, b, b_start, b_step, count, out, start, row):
        width = vectors * LANE_BYTES // b.itemsize
        a, b, flat = a.reshape(-1), b.reshape(-1), out.reshape(-1)
        s = np.arange(count)
        columns = np.arange(width)
        left = a[a_start + a_row * np.arange(rows)[:, None] + a_step * s]
        right = b[b_start + b_step * s[:, None] + columns]
        target = start + row * np.arange(rows)[:, None] + columns
        flat[target] = (flat[target] if add else 0.0) + left @ right

    @overload(block, inline="never")
    def compile_block(a, a_start, a_row, a_step, b, b_start, b_step, count, out, start, row):
        def implementation(a, a_start, a_row, a_step, b, b_start, b_step, count, out, start, row):
            compiled(a, a_start, a_row, a_step, b, b_start, b_step, count, out, start, row)

        return implementation

    block.__name__ = name
    return block


set_block = _block_function(4, 3, False, "set_block")
add_block_1, add_block_2, add_block_3 = (
    _block_function(_ROWS[vectors], vectors, True, f"add_block_{vectors}") for vectors in (1, 2, 3)
)


def transpose_block(source, start, row, target, target_start, target_row):
    """Transpose one square block of as many rows and columns as a vector has lanes."""
    lanes = np.arange(LANE_BYTES // source.itemsize)
    block = source.reshape(-1)[start + row * lanes[:, None] + lanes]
    target.reshape(-1)[target_start + target_row * lanes[:, None] + lanes] = block.T


@intrinsic
def _transpose_block(typingctx, source, start, row, target, target_start, target_row):
    size = types.intp
    signature = types.void(source, size, size, target, size, size)

    def codegen(context, builder, signature, arguments):
        source, start, row, target, target_start, target_row = arguments
        kinds = signature.args
        lanes = _lanes(kinds[0])
        vector_type = ir.VectorType(context.get_data_type(kinds[0].dtype), lanes)
        pointer = _pointer(context, builder, kinds[0], source, start)
        vectors = []
        for i in range(lanes):
            offset = builder.mul(ir.Constant(row.type, i), row)
            vectors.append(builder.load(_vector_at(builder, pointer, offset, vector_type), align=4))
        pointer = _pointer(context, builder, kinds[3], target, target_start)
        for i, vector in enumerate(_exchanged(builder, vectors)):
            offset = builder.mul(ir.Constant(row.type, i), target_row)
            builder.store(vector, _vector_at(builder, pointer, offset, vector_type), align=4)
        return context.get_dummy_value()

    return signature, codegen


def _exchanged(builder, vectors):
    """Transpose by exchanging off-diagonal halves, quarters, ... of pairs of vectors."""
    lanes = len(vectors)
    half = lanes // 2
    while half:
        low = [i if not i & half else lanes + i - half for i in range(lanes)]
        high = [i + half if not i & half else lanes + i for i in range(lanes)]
        masks = [ir.Constant(ir.VectorType(ir.IntType(32), lanes), mask) for mask in (low, high)]
        for i in range(lanes):
            if not i & half:
                pair = vectors[i], vectors[i + half]
                vectors[i] = builder.shuffle_vector(*pair, masks[0])
                vectors[i + half] = builder.shuffle_vector(*pair, masks[1])
        half //= 2
    return vectors


@overload(transpose_block)
def _compile_transpose_block(source, start, row, target, target_start, target_row):
    def implementation(source, start, row, target, target_start, target_row):
        _transpose_block(source, start, row, target, target_start, target_row)

    return implementation


def add_squares_block(a, a_start, b, b_start, b_step, shift, shift_start, count, out, start):
    """Add to ``out`` the squares of ``sum_s a[r, s] (b[s, c] - shift[s])``, summed over four r.

    ``a`` holds its four rows side by side.
    """
    columns = np.arange(3 * LANE_BYTES // b.itemsize)
    s = np.arange(count)
    left = a[a_start + np.arange(4)[:, None] + 4 * s]
    right = b.reshape(-1)[b_start + b_step * s[:, None] + columns]
    product = left @ (right - shift.reshape(-1)[shift_start + s][:, None])
    out.reshape(-1)[start + columns] += np.sum(product * product, axis=0)


@intrinsic
def _add_squares_block(
    typingctx, a, a_start, b, b_start, b_step, shift, shift_start, count, out, start
):
    size = types.intp
    signature = types.void(a, size, b, size, size, shift, size, size, out, size)

    def codegen(context, builder, signature, arguments):
        a, a_start, b, b_start, b_step, shift, shift_start, count, out, start = arguments
        kinds = signature.args
        vector_type = ir.VectorType(context.get_data_type(kinds[2].dtype), _lanes(kinds[2]))
        zero = ir.Constant(vector_type, None)
        blocks = [[cgutils.alloca_once(builder, vector_type) for _ in range(3)] for _ in range(4)]
        for line in blocks:
            for block in line:
                builder.store(zero, block)
        one, four = (ir.Constant(b_step.type, value) for value in (1, 4))
        left = _pointer(context, builder, kinds[0], a, a_start), one, four
        right = _pointer(context, builder, kinds[2], b, b_start), b_step
        moved = _pointer(context, builder, kinds[5], shift, shift_start)
        _accumulate(builder, blocks, left, right, count, vector_type, moved)
        pointer = _pointer(context, builder, kinds[8], out, start)
        multiply_add = _multiply_add(builder, vector_type)
        for v in range(3):
            offset = ir.Constant(b_step.type, v * vector_type.count)
            address = _vector_at(builder, pointer, offset, vector_type)
            value = builder.load(address, align=4)
            for line in blocks:
                block = builder.load(line[v])
                value = builder.call(multiply_add, [block, block, value])
            builder.store(value, address, align=4)
        return context.get_dummy_value()

    return signature, codegen


@overload(add_squares_block)
def _compile_add_squares_block(
    a, a_start, b, b_start, b_step, shift, shift_start, count, out, start
):
    def implementation(a, a_start, b, b_start, b_step, shift, shift_start, count, out, start):
        _add_squares_block(a, a_start, b, b_start, b_step, shift, shift_start, count, out, start)

    return implementation
