"""Vector code, written for small loops and compared with what numpy makes of the same numbers."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba import njit, types
from numba.extending import intrinsic

from skvi.numerics.register_blocks import ROWS_PER_BLOCK, multiply_block, transposed
from skvi.numerics.tiles import LANE_BYTES, Code

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
DTYPES = [np.float64, np.float32]


def compiled(write):
    """Kernel of two arrays and a result: ``write(code, pointers)`` emits its body."""

    @intrinsic
    def body(typingctx, first, second, result):
        def codegen(context, builder, signature, arguments):
            pairs = zip(signature.args, arguments, strict=True)
            arrays = [context.make_array(kind)(context, builder, value) for kind, value in pairs]
            code = Code(builder, context.get_data_type(signature.args[0].dtype))
            write(code, [array.data for array in arrays])
            return context.get_dummy_value()

        return types.void(first, second, result), codegen

    @njit(error_model="numpy")
    def kernel(first, second, result):
        body(first, second, result)

    return kernel


def lanes_of(dtype):
    return LANE_BYTES // np.dtype(dtype).itemsize


def lane_by_lane(operation, first, second):
    """Apply an operation on two values to the lanes of two arrays."""

    def write(code, pointers):
        code.store(operation(code.load(pointers[0]), code.load(pointers[1])), pointers[2])

    result = np.empty_like(first)
    compiled(write)(first, second, result)
    return result


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
def test_operations_are_those_of_numpy(emitted, expected, dtype):
    rng = np.random.RandomState(0)
    first, second = rng.normal(size=(2, lanes_of(dtype))).astype(dtype)
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


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n_vectors", sorted(ROWS_PER_BLOCK))
@pytest.mark.parametrize("count", [1, 7])
def test_register_block_is_a_matrix_product(count, n_vectors, dtype):
    n_rows, width = ROWS_PER_BLOCK[n_vectors], n_vectors * lanes_of(dtype)
    rng = np.random.RandomState(1)
    left = rng.normal(size=(n_rows, count)).astype(dtype)
    right = rng.normal(size=(count, width)).astype(dtype)

    def write(code, pointers):
        def keep(row, vector, value):
            code.store(value, pointers[2], row * width + vector * code.lanes)

        multiply_block(
            code,
            (n_rows, n_vectors),
            (pointers[0], code.index(count), code.index(1)),
            (pointers[1], code.index(width)),
            code.index(count),
            keep,
        )

    result = np.empty((n_rows, width), dtype)
    compiled(write)(left, right, result)
    expected = left.astype(float) @ right.astype(float)
    np.testing.assert_allclose(result, expected, atol=20 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_transposed(dtype):
    lanes = lanes_of(dtype)
    square = np.arange(lanes * lanes, dtype=dtype).reshape(lanes, lanes)

    def write(code, pointers):
        rows = [code.load(pointers[0], row * lanes) for row in range(lanes)]
        for row, vector in enumerate(transposed(code, rows)):
            code.store(vector, pointers[2], row * lanes)

    result = np.empty_like(square)
    compiled(write)(square, square, result)
    np.testing.assert_array_equal(result, square.T)


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
