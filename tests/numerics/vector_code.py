"""Small kernels around a few vector instructions."""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

from skvi.numerics.tiles import LANE_BYTES, Code

# The wider ones are split where the processor has none.
WIDTHS = [LANE_BYTES, 64]


def compiled(write, width=LANE_BYTES):
    """Kernel of two arrays and a result: ``write(code, pointers)`` emits its body."""

    @intrinsic
    def body(typingctx, first, second, result):
        def codegen(context, builder, signature, arguments):
            pairs = zip(signature.args, arguments, strict=True)
            arrays = [context.make_array(kind)(context, builder, value) for kind, value in pairs]
            code = Code(builder, context.get_data_type(signature.args[0].dtype), width)
            write(code, [array.data for array in arrays])
            return context.get_dummy_value()

        return types.void(first, second, result), codegen

    @njit(error_model="numpy")
    def kernel(first, second, result):
        body(first, second, result)

    return kernel


def lanes_of(dtype, width=LANE_BYTES):
    return width // np.dtype(dtype).itemsize
