"""Exponential and logarithm without branches, so that loops over them are vectorised.

Adding 1.5 * 2**52 to a double rounds it to an integer and leaves that integer in its low bits,
from where it can be shifted into an exponent. Compile with contraction only.
"""

from __future__ import annotations

import math

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.special.bits import (
    bits_of_double,
    bits_of_single,
    double_from_bits,
    select,
    single_from_bits,
)

__all__ = ["exp", "exp32", "log", "log_normal"]

_ROUND = 6755399441055744.0  # 1.5 * 2**52
_BIAS = 1023.0
_LOG2_E = 1.4426950408889634
_LN2 = 0.6931471805599453
_LN2_HIGH = 0.6931471803691238  # 32 bits: exact times any exponent
_LN2_LOW = 1.9082149292705877e-10
_MANTISSA = np.uint64(52)

_ROUND32 = np.float32(12582912.0)  # 1.5 * 2**23
_BIAS32 = np.float32(127.0)
_LOG2_E32 = np.float32(_LOG2_E)
_LN2_HIGH32 = np.float32(0.693115234375)
_LN2_LOW32 = np.float32(3.1946184945309415e-05)
_MANTISSA32 = np.uint32(23)

_SQRT_HALF_BITS = np.uint64(0x3FE6A09E667F3BCD)
_ONE_BITS = np.uint64(0x3FF0000000000000)
_EXPONENT_MASK = np.uint64(0xFFF0000000000000)
_TWO_52_BITS = np.uint64(0x4330000000000000)
_SMALLEST_NORMAL = 2.2250738585072014e-308
_TWO_52 = 4503599627370496.0
_TWO_54 = 18014398509481984.0


@kernel(force_inline=True)
def exp(x):
    """Exponential of a float64.

    Relative error below 2.3e-16 where the result is a normal number; gradual underflow to 0 below
    -745.2, ``inf`` above 709.79, ``nan`` for ``nan``.
    """
    bounded = select(x > -746.0, x, -746.0)
    bounded = select(bounded < 710.0, bounded, 710.0)
    power = (bounded * _LOG2_E + _ROUND) - _ROUND
    r = (bounded - power * _LN2_HIGH) - power * _LN2_LOW
    # Minimax coefficients of (exp(r) - 1 - r) / r^2 on |r| <= log(2) / 2; error 1.7e-17.
    low = 0.5 + r * 0.16666666666666669
    middle = 0.04166666666662413 + r * 0.008333333333330062
    upper = 0.0013888888917213717 + r * 0.00019841269863053618
    high = 2.4801521295954376e-05 + r * 2.7557268459997064e-06
    top = 2.7620088445409746e-07 + r * 2.510038549551032e-08
    square = r * r
    tail = upper + square * (high + square * top)
    mantissa = 1.0 + (r + square * (low + square * (middle + square * tail)))
    # Two factors, because 2**power alone may be out of range where the result is not.
    half = (power * 0.5 + _ROUND) - _ROUND
    first = double_from_bits(bits_of_double(half + (_ROUND + _BIAS)) << _MANTISSA)
    second = double_from_bits(bits_of_double((power - half) + (_ROUND + _BIAS)) << _MANTISSA)
    result = mantissa * first * second
    return select(x == x, result, x)


@kernel(force_inline=True)
def exp32(x):
    """Exponential of a float32: relative error below 1.2e-7.

    Results below the smallest normal float32 (``x < -87.3``) are 0; ``inf`` above 88.72, ``nan``
    for ``nan``.
    """
    bounded = select(x > np.float32(-88.0), x, np.float32(-88.0))
    bounded = select(bounded < np.float32(89.0), bounded, np.float32(89.0))
    power = (bounded * _LOG2_E32 + _ROUND32) - _ROUND32
    r = (bounded - power * _LN2_HIGH32) - power * _LN2_LOW32
    tail = np.float32(0.00019890990)
    tail = tail * r + np.float32(0.00139336499)
    tail = tail * r + np.float32(0.00833331092)
    tail = tail * r + np.float32(0.04166646492)
    tail = tail * r + np.float32(0.16666666681)
    tail = tail * r + np.float32(0.5)
    mantissa = np.float32(1.0) + (r + (r * r) * tail)
    half = (power * np.float32(0.5) + _ROUND32) - _ROUND32
    # A shift widens to 64 bits, so the narrowing is spelled out.
    first = np.uint32(bits_of_single(half + (_ROUND32 + _BIAS32)) << _MANTISSA32)
    second = np.uint32(bits_of_single((power - half) + (_ROUND32 + _BIAS32)) << _MANTISSA32)
    result = mantissa * single_from_bits(first) * single_from_bits(second)
    result = select(x >= np.float32(-87.33654), result, np.float32(0.0))
    return select(x == x, result, x)


@kernel(force_inline=True)
def log(x):
    """Natural logarithm of a float64.

    Relative error below 2.3e-16, denormal numbers included; ``-inf`` at 0, ``nan`` below, ``inf``
    at ``inf``.
    """
    tiny = x < _SMALLEST_NORMAL
    result = log_normal(select(tiny, x * _TWO_54, x))
    result = select(tiny, result - 54.0 * _LN2, result)
    result = select(x < math.inf, result, x)
    result = select(x > 0.0, result, math.nan)
    return select(x == 0.0, -math.inf, result)


@kernel(force_inline=True)
def log_normal(x):
    """Natural logarithm of a positive, finite, normal float64, with no checks at all."""
    bits = bits_of_double(x)
    # x = 2**power * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)).
    shifted = bits + (_ONE_BITS - _SQRT_HALF_BITS)
    power = double_from_bits((shifted >> _MANTISSA) | _TWO_52_BITS) - (_TWO_52 + _BIAS)
    f = double_from_bits((bits + _ONE_BITS) - (shifted & _EXPONENT_MASK)) - 1.0
    # Series of fdlibm's log.
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = 0.3999999999940941908 + w * (0.2222219843214978396 + w * 0.1531383769920937332)
    even = 0.2857142874366239149 + w * (0.1818357216161805012 + w * 0.1479819860511658591)
    series = w * odd + z * (0.6666666666666735130 + w * even)
    half_square = 0.5 * f * f
    correction = s * (half_square + series) + power * _LN2_LOW
    return power * _LN2_HIGH - ((half_square - correction) - f)
