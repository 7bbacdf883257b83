"""Softmax of a tile of logits, component by component along the rows.

The row maximum is subtracted first; responsibilities below ``exp(-200)`` (float32: ``exp(-60)``)
are set to exactly zero, which changes no sum and keeps denormal numbers, an order of magnitude
slower, out of the products that follow. Flags stay at ``contract``: reassociation would fold
away the rounding trick of the exponential.
"""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic, overload

from skvi.models.gaussian_mixture.kernels.features import copy_line
from skvi.numerics.jit import kernel

__all__ = ["exp_negative", "softmax_tile"]

_LOG2_E = 1.4426950408889634
_LOG_2_HIGH = 6.93147180369123816490e-01
_LOG_2_LOW = 1.90821492927058770002e-10
_ROUND = 6755399441055744.0
_LOG2_E_32 = np.float32(_LOG2_E)
_LOG_2_HIGH_32 = np.float32(0.693359375)
_LOG_2_LOW_32 = np.float32(-2.12194440e-4)
_ROUND_32 = np.float32(12582912.0)
# Chebyshev interpolants of exp on |r| <= log(2) / 2: relative errors 1.6e-17 and 2.5e-9.
_C2, _C3, _C4 = 0.5000000000000019, 0.1666666666666668, 0.04166666666648795
_C5, _C6, _C7 = 0.008333333333319589, 0.0013888888952352863, 0.00019841269890076403
_C8, _C9, _C10 = 2.4801485441561313e-05, 2.755724088722987e-06, 2.763265472252779e-07
_C11 = 2.5110049204818658e-08
_ONE_32 = np.float32(1.0)
_D2, _D3 = np.float32(0.5000000047146057), np.float32(0.16666415414041177)
_D4, _D5 = np.float32(0.04166635277111221), np.float32(0.008375134774624326)
_D6 = np.float32(0.0013941118895837)
CUT = -200.0
CUT_32 = np.float32(-60.0)


@intrinsic
def _add_to_exponent(typingctx, value, rounded):
    """Multiply by two to the integer that sits in the low bits of ``rounded``."""
    fraction_bits = {types.float64: 52, types.float32: 23}[value]

    def codegen(context, builder, signature, arguments):
        value, rounded = arguments
        integer = ir.IntType(signature.args[0].bitwidth)
        power = builder.bitcast(rounded, integer)
        power = builder.shl(power, ir.Constant(integer, fraction_bits))
        return builder.bitcast(builder.add(builder.bitcast(value, integer), power), value.type)

    return value(value, value), codegen


def exp_negative(x):
    """``exp(x)`` of ``-200 < x <= 0`` (float32: ``-60 < x``), zero below."""
    cut = CUT_32 if isinstance(x, np.float32) else CUT
    return type(x)(math.exp(x)) if x > cut else type(x)(0.0)


@overload(exp_negative, jit_options={"fastmath": {"contract"}})
def _compile_exp_negative(x):
    return _exp_32 if x == types.float32 else _exp_64


def _exp_64(x):
    kept = x if x > CUT else CUT
    rounded = kept * _LOG2_E + _ROUND
    n = rounded - _ROUND
    r = (kept - n * _LOG_2_HIGH) - n * _LOG_2_LOW
    r2 = r * r
    r4 = r2 * r2
    low = (_C2 + r * _C3) + r2 * (_C4 + r * _C5)
    middle = (_C6 + r * _C7) + r2 * (_C8 + r * _C9)
    q = low + r4 * (middle + r4 * (_C10 + r * _C11))
    p = 1.0 + (r + r2 * q)
    return _add_to_exponent(p, rounded) if x > CUT else 0.0


def _exp_32(x):
    kept = x if x > CUT_32 else CUT_32
    rounded = kept * _LOG2_E_32 + _ROUND_32
    n = rounded - _ROUND_32
    r = (kept - n * _LOG_2_HIGH_32) - n * _LOG_2_LOW_32
    r2 = r * r
    q = (_D2 + r * _D3) + r2 * (_D4 + r * (_D5 + r * _D6))
    p = _ONE_32 + (r + r2 * q)
    return _add_to_exponent(p, rounded) if x > CUT_32 else np.float32(0.0)


@kernel
def softmax_tile(logits, n_components, count, weights, lines, totals):
    """Replace a tile of logits by weighted responsibilities.

    Parameters
    ----------
    logits : ndarray of shape (at least n_components, T)
        Overwritten by ``w_i r_ik``.
    n_components, count : int
        Rows and columns in use.
    weights : ndarray of shape (T,)
        Weights of the rows in the tile.
    lines : ndarray of shape (3, T)
        Scratch.
    totals : ndarray of shape (2,)
        Entropy and log-normaliser, added to.
    """
    top = 0
    copy_line(logits[0], lines[0][:count])
    for k in range(1, n_components):
        _larger(logits[k], lines[top], lines[1 - top][:count])
        top = 1 - top
    largest, total, cross = lines[top][:count], lines[1 - top][:count], lines[2][:count]
    total[:] = 0
    cross[:] = 0
    for k in range(n_components):
        line = logits[k][:count]
        for t in range(count):
            shifted = line[t] - largest[t]
            share = exp_negative(shifted)
            line[t] = share
            total[t] += share
            cross[t] += share * shifted
    for t in range(count):
        weight = weights[t]
        if weight != 0:
            log_total = math.log(total[t])
            totals[0] += weight * (log_total - cross[t] / total[t])
            totals[1] += weight * (log_total + largest[t])
        total[t] = weight / total[t]
    for k in range(n_components):
        line = logits[k][:count]
        for t in range(count):
            line[t] *= total[t]


@kernel
def _larger(first, second, out):
    """Elementwise maximum; in place, it would be compiled to branches."""
    for t in range(out.size):
        out[t] = first[t] if first[t] > second[t] else second[t]
