"""Scaled error function, logarithm of the normal distribution function, exponential integral."""

from __future__ import annotations

import math

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.special.bits import bits_of_double, double_from_bits
from skvi.numerics.special.elementary import exp, log

__all__ = ["erfcx", "exp_e1", "log_ndtr"]

_HALF_MASK = np.uint64(0xFFFFFFFFF8000000)
_SQRT_HALF = 0.7071067811865476
_INVERSE_SQRT_PI = 0.5641895835477563
_EULER_GAMMA = 0.5772156649015329


@kernel
def _split_square(x):
    """Square of a number as an exact leading part and a rest below 1e-4 where it is below 1600."""
    head = double_from_bits(bits_of_double(x) & _HALF_MASK)
    return head * head, (x - head) * (x + head)


@kernel
def _exp_small(x):
    """Exponential of a number below 1e-4."""
    return 1.0 + x * (1.0 + x * (0.5 + x * 0.16666666666666666))


@kernel
def erfcx(x):
    """Scaled complementary error function ``exp(x^2) erfc(x)`` of a float64."""
    if x > 12.0:
        w = 0.5 / (x * x)
        tail = 1.0 - w * 9.0 * (1.0 - w * 11.0 * (1.0 - w * 13.0 * (1.0 - w * 15.0)))
        tail = 1.0 - w * 3.0 * (1.0 - w * 5.0 * (1.0 - w * 7.0 * tail))
        return _INVERSE_SQRT_PI / x * (1.0 - w * tail)
    if x < -27.0:
        return math.inf
    square, rest = _split_square(x)
    # erfc is below 2 and the square within range, so the rest only scales the result.
    return exp(square) * (math.erfc(x) * _exp_small(rest))


@kernel
def log_ndtr(x):
    """Logarithm of the standard normal distribution function of a float64."""
    if x < -1.0:
        scaled = 0.5 * erfcx(-x * _SQRT_HALF)
        return log(scaled) - 0.5 * x * x if x > -1e150 else -0.5 * x * x
    square, rest = _split_square(x)
    if square > 1600.0:
        return -0.0
    upper = 0.5 * erfcx(x * _SQRT_HALF) * (exp(-0.5 * square) * _exp_small(-0.5 * rest))
    return math.log1p(-upper)


@kernel
def exp_e1(c):
    """Scaled exponential integral ``exp(c) E1(c)`` of a float64.

    ``inf`` at 0, ``nan`` below, 0 at ``inf``.

    Notes
    -----
    Power series up to 2, continued fraction beyond (Abramowitz and Stegun, 5.1.11 and 5.1.22).
    """
    if not c > 0.0:
        return math.inf if c == 0.0 else math.nan
    if c > 1e17:
        return 1.0 / c
    if c > 2.0:
        fraction = 0.0
        for k in range(10 + int(90.0 / c), 0, -1):
            fraction = k * k / (c + (2.0 * k + 1.0) - fraction)
        return 1.0 / (c + 1.0 - fraction)
    term, total = 1.0, 0.0
    for k in range(1, 31):
        term *= -c / k
        total -= term / k
    return exp(c) * (total - _EULER_GAMMA - log(c))
