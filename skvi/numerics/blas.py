"""BLAS calls that add to their result in place, as numpy's products cannot, without the GIL."""

from __future__ import annotations

import ctypes
from functools import lru_cache

from numba.extending import get_cython_function_address

__all__ = ["add_gram"]

_INTEGER = ctypes.POINTER(ctypes.c_int)
_ADDRESS = ctypes.c_void_p
_ONE = ctypes.c_double(1.0)


def add_gram(rows, out):
    """Add the lower triangle of ``rows' rows`` to ``out``.

    Parameters
    ----------
    rows : ndarray of shape (n, d)
        float64, C-contiguous.
    out : ndarray of shape (d, d)
        float64, C-contiguous; changed in place, on and below the diagonal.
    """
    n_rows, width = (ctypes.byref(ctypes.c_int(size)) for size in rows.shape)
    one = ctypes.addressof(_ONE)
    # In the column order of BLAS the rows are columns, and the lower triangle is the upper one.
    _syrk()(
        b"U", b"N", width, n_rows, one, rows.ctypes.data, width, one, out.ctypes.data, width,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _syrk():
    arguments = (ctypes.c_char_p, ctypes.c_char_p, _INTEGER, _INTEGER, _ADDRESS, _ADDRESS, _INTEGER)
    kind = ctypes.CFUNCTYPE(None, *arguments, _ADDRESS, _ADDRESS, _INTEGER)
    return kind(get_cython_function_address("scipy.linalg.cython_blas", "dsyrk"))
