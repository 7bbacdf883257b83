"""A hint changes nothing, wherever it points."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from skvi.numerics.prefetch import prefetch


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_rows_stay_as_they_are(dtype):
    rows = np.arange(300.0).reshape(30, 10).astype(dtype)
    before = rows.copy()
    hint = njit(lambda rows, start, stop: prefetch(rows, start, stop))
    for start, stop in (0, 300), (5, 5), (290, 10**6), (7, 3):
        hint(rows, start, stop)
    np.testing.assert_array_equal(rows, before)
