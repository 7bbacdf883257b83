"""Density and distribution function of the standard normal without branches.

The tail is ``erfcx`` as a polynomial in ``(x - c) / (x + c)``, a map of the half-line to (-1, 1)
under which ``(1 + 2 x) erfcx(x)`` is nearly one (Shepherd and Laframboise, 1981; the coefficients
are Chebyshev interpolants worked out anew). Loops over it become vector instructions.
"""

from __future__ import annotations

from skvi.numerics.jit import kernel
from skvi.numerics.special.bits import select
from skvi.numerics.special.elementary import exp

__all__ = ["normal_cdf_pdf", "upper_erfcx"]

_SQRT_HALF = 0.7071067811865476
_INVERSE_SQRT_2PI = 0.3989422804014327


@kernel(force_inline=True)
def upper_erfcx(x):
    """``exp(x^2) erfc(x)`` of ``x >= 0``: relative error below 1e-15."""
    t = (x - 3.75) / (x + 3.75)
    s = t * t
    even = -2.623107347133476e-09
    even = even * s + 3.197926671666804e-08
    even = even * s + -2.4857126248016745e-07
    even = even * s + 1.7419821586224816e-06
    even = even * s + -1.1438048033346894e-05
    even = even * s + 5.164652974177416e-05
    even = even * s + 0.000293714378044958
    even = even * s + -0.009746579683265262
    even = even * s + -0.05869339857664934
    even = even * s + -0.10880393014244462
    even = even * s + 0.0035854154854790257
    even = even * s + 1.2375126308378275
    odd = -1.9551358868985616e-09
    odd = odd * s + 1.879082322370048e-08
    odd = odd * s + -5.084465378687302e-08
    odd = odd * s + -9.792625707303523e-07
    odd = odd * s + 2.2387565714911816e-05
    odd = odd * s + -0.00029015535246077655
    odd = odd * s + 0.0017556261651970652
    odd = odd * s + 0.02836227737211114
    odd = odd * s + 0.09230432116428125
    odd = odd * s + 0.08227673848999506
    odd = odd * s + -0.14024059858554525
    return (even + odd * t) / (1.0 + 2.0 * x)


@kernel(force_inline=True)
def normal_cdf_pdf(x):
    """Distribution function and density of the standard normal.

    The density has a relative error below 1e-15 (1 + x^2); so has the smaller tail.
    """
    size = select(x < 0.0, -x, x)
    size = select(size < 40.0, size, 40.0)
    density = _INVERSE_SQRT_2PI * exp(-0.5 * size * size)
    tail = 1.2533141373155003 * density * upper_erfcx(size * _SQRT_HALF)
    return select(x < 0.0, tail, 1.0 - tail), density
