"""Exponential and logarithm of doubles as vector code.

Exponentials of numbers below -200 are exactly zero, which changes no sum of responsibilities and
keeps denormal numbers, an order of magnitude slower, out of the products that follow.
"""

from __future__ import annotations

__all__ = ["exp_negative", "log_at_least_one"]

_LOG2_E = 1.4426950408889634
_ROUND = 6755399441055744.0
_LOG_2_HIGH = 6.93147180369123816490e-01
_LOG_2_LOW = 1.90821492927058770002e-10
_CUT = -200.0
_FRACTION_BITS = 52
# Chebyshev interpolant of exp on |r| <= log(2) / 2: a relative error of 1.6e-17.
_EXP = (
    (0.5000000000000019, 0.1666666666666668, 0.04166666666648795, 0.008333333333319589)
    + (0.0013888888952352863, 0.00019841269890076403, 2.4801485441561313e-05)
    + (2.755724088722987e-06, 2.763265472252779e-07, 2.5110049204818658e-08)
)
# Coefficients of fdlibm (Sun Microsystems, 1993): log of 1 + f from s = f / (2 + f).
_LOG = (6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01)
_LOG += (2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01)
_LOG += (1.479819860511658591e-01,)
_ROOT_HALF_BITS = 0x3FE6A09E667F3BCD
_ONE_BITS = 0x3FF0000000000000
_INTEGER_BITS = 0x4330000000000000
_INTEGER = 4503599627370496.0


def exp_negative(x):
    """``exp(x)`` of ``-200 < x <= 0``, zero below.

    Parameters
    ----------
    x : Value
        Vector of doubles.

    Returns
    -------
    Value
        Within two units in the last place.
    """
    kept = x.larger(_CUT)
    rounded = kept * _LOG2_E + _ROUND
    n = rounded - _ROUND
    r = (kept - n * _LOG_2_HIGH) - n * _LOG_2_LOW
    value = (r + r * r * _polynomial(r, _EXP)) + 1.0
    power = rounded.bits().shifted(_FRACTION_BITS)
    scaled = (value.bits() + power).number(value)
    return (x > _CUT).where(scaled, 0.0)


def log_at_least_one(x):
    """``log(x)`` of doubles ``1 <= x < 2^500``.

    Parameters
    ----------
    x : Value

    Returns
    -------
    Value
        Within two units in the last place.
    """
    bits = x.bits()
    exponent = (bits + (_ONE_BITS - _ROOT_HALF_BITS)).shifted(-_FRACTION_BITS) - 1023
    f = (bits - exponent.shifted(_FRACTION_BITS)).number(x) - 1.0
    count = (exponent | _INTEGER_BITS).number(x) - _INTEGER
    s = f / (f + 2.0)
    square = s * s
    remainder = square * _polynomial(square, _LOG)
    half = f * f * 0.5
    low = s * (half + remainder) + count * _LOG_2_LOW
    return count * _LOG_2_HIGH + (f - (half - low))


def _polynomial(x, coefficients):
    """Estrin's scheme: pairs, pairs of pairs, ..., a short chain of dependent operations."""
    terms = list(coefficients)
    power = x
    while len(terms) > 1:
        pairs = [power * b + a for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
        power = power * power
    return terms[0]
