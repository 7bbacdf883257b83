"""Special functions of one number for use inside compiled kernels.

All are accurate to 1e-13 relative over the whole double range (``scalar_digamma`` to 1e-14 absolute
next to its root). Loops over ``exp``, ``log``, ``digamma`` and ``trigamma`` become vector
instructions. None may be compiled with ``reassociate=True``, nor inlined at the source level into a
function that is: reordered sums fold away the rounding tricks they rest on.
"""

from __future__ import annotations

from skvi.numerics.special.elementary import exp, exp32, log
from skvi.numerics.special.error import erfcx, exp_e1, log_ndtr
from skvi.numerics.special.gamma import (
    digamma,
    digamma_difference,
    log_gamma,
    log_gamma_difference,
    scalar_digamma,
    trigamma,
)

__all__ = [
    "digamma",
    "digamma_difference",
    "erfcx",
    "exp",
    "exp32",
    "exp_e1",
    "log",
    "log_gamma",
    "log_gamma_difference",
    "log_ndtr",
    "scalar_digamma",
    "trigamma",
]
