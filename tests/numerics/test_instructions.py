"""Functions with a compiled form of their own."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba import njit, types

from skvi.numerics.instructions import written_by


def _write_shift(arrays):
    code = arrays.code
    n_rows, n_columns = arrays.values_shape
    with code.loop(0, n_rows * n_columns, code.lanes) as i:
        amount = code.spread(arrays.amounts, arrays.k)
        code.store(code.load(arrays.values, i) + amount, arrays.values, i)
    return code.index(7).raw


@written_by(_write_shift, "values", types.intp)
def shift(values, amounts, k):
    """Add ``amounts[k]`` to all values."""
    values += amounts[k]
    return 7


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_compiled_callers_run_the_instructions(dtype):
    caller = njit(lambda values, amounts, k: shift(values, amounts, k))
    values, amounts = np.zeros((4, 8), dtype), np.arange(3.0).astype(dtype)
    assert caller(values, amounts, 2) == 7
    np.testing.assert_array_equal(values, np.full((4, 8), 2.0))
    # Numbers of any integer kind are indices.
    assert caller(values, amounts, np.uint8(1)) == 7
    np.testing.assert_array_equal(values, np.full((4, 8), 3.0))


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="the function is the plain one")
def test_the_array_form_can_be_had():
    values = np.zeros((2, 4))
    assert shift.by_arrays(values, np.ones(1), 0) == 7
    np.testing.assert_array_equal(values, np.ones((2, 4)))


def _write_lanes(arrays):
    return arrays.code.index(arrays.code.lanes).raw


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
@pytest.mark.parametrize("lane_bytes", [32, 64])
def test_vectors_are_as_wide_as_is_asked(lane_bytes):
    def lanes(values):
        """How many numbers a vector holds."""

    counted = written_by(_write_lanes, "values", types.intp, lane_bytes)(lanes)
    caller = njit(lambda values: counted(values))
    assert caller(np.zeros(1)) == lane_bytes // 8
    assert caller(np.zeros(1, np.float32)) == lane_bytes // 4
