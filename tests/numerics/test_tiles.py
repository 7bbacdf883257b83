"""Vector code, written for small loops and compared with what numpy makes of the same numbers."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from tests.numerics.vector_code import WIDTHS, compiled, lanes_of

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
DTYPES = [np.float64, np.float32]


def lane_by_lane(operation, first, second):
    """Apply an operation on two values to the lanes of two arrays, a vector long."""

    def write(code, pointers):
        code.store(operation(code.load(pointers[0]), code.load(pointers[1])), pointers[2])

    result = np.empty_like(first)
    compiled(write, first.nbytes)(first, second, result)
    return result


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("emitted", "expected"),
    [
        (lambda a, b: a + b, np.add),
        (lambda a, b: a - b, np.subtract),
        (lambda a, b: a * b, np.multiply),
        (lambda a, b: a / b, np.divide),
        (lambda a, b: a.larger(b), np.maximum),
        (lambda a, b: a.smaller(b), np.minimum),
        (
            lambda a, b: ((a < 0.0) | (b < 0.0)).where(1.0, a),
            lambda a, b: np.where((a < 0.0) | (b < 0.0), 1.0, a),
        ),
        (lambda a, b: a.differs(b).where(a, 0.0), lambda a, b: np.where(a != b, a, 0)),
        (lambda a, b: a.bits().number(b), lambda a, b: a),
    ],
    ids=["+", "-", "*", "/", "larger", "smaller", "where", "differs", "bits"],
)
def test_operations_are_those_of_numpy(emitted, expected, dtype, width):
    rng = np.random.RandomState(0)
    first, second = rng.normal(size=(2, lanes_of(dtype, width))).astype(dtype)
    second[0] = first[0]
    np.testing.assert_array_equal(
        lane_by_lane(emitted, first, second), expected(first, second).astype(dtype)
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_a_number_exceeds_every_bound(dtype):
    first = np.zeros(lanes_of(dtype), dtype)
    first[:3] = np.nan, 2.0, np.inf
    found = lane_by_lane(lambda a, b: a.exceeds(b).where(b, 0.0), first, np.ones_like(first))
    np.testing.assert_array_equal(found[:4], [1.0, 1.0, 1.0, 0.0])


@pytest.mark.parametrize(("stop", "step"), [(0, 1), (1, 1), (10, 3)])
def test_loops_and_variables(stop, step):
    def write(code, pointers):
        (slot,) = code.variables(1, code.full(0.0))
        with code.loop(0, stop, step):
            code.put(code.get(slot) + 1.0, slot)
        code.store(code.get(slot), pointers[2])

    result = np.empty(lanes_of(np.float64))
    compiled(write)(result, result, result)
    np.testing.assert_array_equal(result, len(range(0, stop, step)))


def test_lanes_are_widened_narrowed_and_summed():
    first = np.arange(1.0, 9.0, dtype=np.float32)

    def write(code, pointers):
        total = code.lane_sum(code.load(pointers[0]))
        widened = code.narrow(code.wide(code.load(pointers[0])) * 2.0)
        code.store(widened + code.assembled([total] * code.lanes), pointers[2])

    result = np.empty_like(first)
    compiled(write)(first, first, result)
    np.testing.assert_array_equal(result, 2.0 * first + 36.0)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_parts_are_joined(count):
    first = np.arange(16.0)

    def write(code, pointers):
        length = code.lanes // count
        parts = [code.load(pointers[0], length * part, length) for part in range(count)]
        code.store(code.joined(parts), pointers[2])

    result = np.zeros(16)
    compiled(write, 128)(first, first, result)
    np.testing.assert_array_equal(result, first)
