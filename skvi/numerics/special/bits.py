"""Bit views and branch-free choice: the pieces from which vector code is made.

``NUMBA_DISABLE_JIT=1`` swaps in plain Python versions.
"""

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

__all__ = ["bits_of_double", "bits_of_single", "double_from_bits", "select", "single_from_bits"]


def _select():
    def select(typing_context, condition, chosen, otherwise):
        """Return one of two numbers of one type, both of them computed.

        A conditional expression may become a jump, which keeps loops from being vectorised.
        """

        def generate(context, builder, signature, arguments):
            return builder.select(*arguments)

        if condition == types.boolean and chosen == otherwise and isinstance(chosen, types.Float):
            return chosen(condition, chosen, otherwise), generate
        return None

    return intrinsic(select)


def _bitcast(source, target, llvm_type):
    def bitcast(typing_context, value):
        def generate(context, builder, signature, arguments):
            return builder.bitcast(arguments[0], llvm_type)

        return (target(source), generate) if value == source else None

    return intrinsic(bitcast)


def _view(source, target):
    return lambda value: source(value).view(target)


if config.DISABLE_JIT:

    def select(condition, chosen, otherwise):
        """Return ``chosen`` where the condition holds."""
        return chosen if condition else otherwise

    bits_of_double = _view(np.float64, np.uint64)
    double_from_bits = _view(np.uint64, np.float64)
    bits_of_single = _view(np.float32, np.uint32)
    single_from_bits = _view(np.uint32, np.float32)
else:
    select = _select()
    bits_of_double = _bitcast(types.float64, types.uint64, ir.IntType(64))
    double_from_bits = _bitcast(types.uint64, types.float64, ir.DoubleType())
    bits_of_single = _bitcast(types.float32, types.uint32, ir.IntType(32))
    single_from_bits = _bitcast(types.uint32, types.float32, ir.FloatType())
