"""Views of floating-point numbers as integers and back, without leaving the register."""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["bits_of_double", "bits_of_single", "double_from_bits", "single_from_bits"]


def _bitcast(source, target, llvm_type, name, summary):
    def function(typing_context, value):
        def generate(context, builder, signature, arguments):
            return builder.bitcast(arguments[0], llvm_type)

        return (target(source), generate) if value == source else None

    function.__name__ = function.__qualname__ = name
    function.__doc__ = summary
    return intrinsic(function)


bits_of_double = _bitcast(
    types.float64, types.uint64, ir.IntType(64), "bits_of_double", "Bits of a float64 as uint64."
)
double_from_bits = _bitcast(
    types.uint64, types.float64, ir.DoubleType(), "double_from_bits", "The float64 with these bits."
)
bits_of_single = _bitcast(
    types.float32, types.uint32, ir.IntType(32), "bits_of_single", "Bits of a float32 as uint32."
)
single_from_bits = _bitcast(
    types.uint32, types.float32, ir.FloatType(), "single_from_bits", "The float32 with these bits."
)
