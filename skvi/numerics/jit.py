"""The one decorator every compiled kernel wears."""

from __future__ import annotations

import numba

__all__ = ["kernel"]

_SUM_FLAGS = {"reassoc", "nsz", "contract", "arcp"}


def kernel(function=None, *, reassociate=False, inline="never"):
    """Compile a leaf function: nogil, no exceptions on 1/0, cached.

    Parameters
    ----------
    reassociate : bool, default=False
        Allow sums to be reordered (vectorised reductions). Never set it in a function into which
        :func:`skvi.numerics.special.exp` or ``log`` is inlined: reassociation folds away their
        rounding trick.
    inline : {"never", "always"}, default="never"
        Passed to numba.
    """
    flags = _SUM_FLAGS if reassociate else {"contract"}
    options = {"nogil": True, "error_model": "numpy", "fastmath": flags, "inline": inline}

    def decorate(target):
        return numba.njit(cache=False, **options)(target)

    return decorate if function is None else decorate(function)
