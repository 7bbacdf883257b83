"""The one decorator every compiled kernel wears."""

from __future__ import annotations

import numba

from skvi.numerics.kernel_cache import KernelCache

__all__ = ["kernel"]

_SUM_FLAGS = {"reassoc", "nsz", "contract", "arcp"}


def kernel(function=None, *, reassociate=False, inline="never", force_inline=False):
    """Compile a leaf function on its first call: nogil, no exceptions on 1/0, cached on disk.

    Compiled code is kept in ``skvi/<fingerprint>`` below ``NUMBA_CACHE_DIR``, or in the user's
    cache directory where that is not set. Where the directory cannot be written, or an entry in it
    cannot be read, the kernel is compiled in memory. Only functions defined in this package are
    kept on disk. ``NUMBA_DISABLE_JIT=1`` leaves the Python function as it is.

    Parameters
    ----------
    function : callable, optional
        The function to compile; left out when the decorator is given options.
    reassociate : bool, default=False
        Allow sums to be reordered (vectorised reductions). Never set it in a function into which
        :func:`skvi.numerics.special.exp` or ``log`` is inlined at the source level: reassociation
        folds away their rounding trick.
    inline : {"never", "always"}, default="never"
        Passed to numba: "always" pastes the source into the caller, which then decides about
        reassociation.
    force_inline : bool, default=False
        Have LLVM inline the compiled function into every caller, however long it is; its own
        reassociation setting stays.

    Returns
    -------
    numba dispatcher, or a decorator that returns one
    """
    flags = _SUM_FLAGS if reassociate else {"contract"}
    options = {
        "nogil": True,
        "error_model": "numpy",
        "fastmath": flags,
        "inline": inline,
        "forceinline": force_inline,
    }

    def decorate(target):
        compiled = numba.njit(**options)(target)
        if not numba.config.DISABLE_JIT and KernelCache.covers(target):
            compiled._cache = KernelCache(target)
        return compiled

    return decorate if function is None else decorate(function)
