"""Scratch arrays that start on a cache line: vectors that straddle two cost up to an eighth."""

from __future__ import annotations

import math

import numpy as np

__all__ = ["aligned_zeros"]

_CACHE_LINE = 64


def aligned_zeros(shape, dtype=np.float64):
    """Zeros, C-contiguous, of which the first is at a multiple of 64 bytes.

    Parameters
    ----------
    shape : int or tuple of int
    dtype : dtype, default=numpy.float64

    Returns
    -------
    ndarray
    """
    shape = tuple(shape) if np.iterable(shape) else (shape,)
    itemsize = np.dtype(dtype).itemsize
    size = math.prod(shape)
    space = np.zeros(size + _CACHE_LINE // itemsize, dtype=dtype)
    start = -space.ctypes.data % _CACHE_LINE // itemsize
    return space[start : start + size].reshape(shape)
