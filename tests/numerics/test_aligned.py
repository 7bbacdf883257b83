"""Scratch arrays start on a cache line, whatever their shape and type."""

import numpy as np
import pytest

from skvi.numerics.aligned import aligned_zeros


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [0, 1, 7, 46801, (3, 5), (513, 17)])
def test_zeros_on_a_cache_line(shape, dtype):
    array = aligned_zeros(shape, dtype)
    expected = np.zeros(shape, dtype)
    assert array.shape == expected.shape
    assert array.dtype == expected.dtype
    assert array.flags.c_contiguous
    assert array.size == 0 or array.ctypes.data % 64 == 0
    assert not array.any()
