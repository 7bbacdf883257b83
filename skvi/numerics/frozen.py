"""Arrays as kernels want them."""

from __future__ import annotations

import numpy as np

__all__ = ["frozen"]


def frozen(array):
    """The array if it is read-only and contiguous, or a view or copy that is.

    One compiled version of a kernel then serves every caller.
    """
    flags = array.flags
    if type(array) is np.ndarray and flags.c_contiguous and not flags.writeable:
        return array
    array = np.ascontiguousarray(array).view()
    array.flags.writeable = False
    return array
