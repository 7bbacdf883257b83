"""What kernels are handed."""

from __future__ import annotations

import numpy as np

from skvi.numerics.frozen import frozen


def test_a_view_where_it_can_be_one():
    array = np.arange(6.0).reshape(2, 3)
    view = frozen(array)
    assert np.shares_memory(view, array)
    assert not view.flags.writeable
    assert array.flags.writeable
    copy = frozen(array.T)
    assert copy.flags.c_contiguous
    np.testing.assert_array_equal(copy, array.T)
