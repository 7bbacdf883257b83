"""Laws of every model: summaries add, weights are repetitions, the bound never falls."""

from __future__ import annotations

import pickle
from numbers import Real

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.memoized import memoized_ascent
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.protocol import Model
from skvi.inference.reading import summarize_all
from skvi.inference.step_size import ConstantStep
from skvi.inference.stochastic import stochastic_ascent
from skvi.inference.summary import total
from tests.cases import MODELS

CASES = [
    pytest.param(case, id=f"{model}, {name}")
    for model, cases in MODELS.items()
    for name, case in cases.items()
]
every_model = pytest.mark.parametrize("case", CASES)
unit_free = pytest.mark.parametrize("case", [c for c in CASES if c.values[0].scaled is not None])
# a square root cannot be taken away from; its model reads the rows once
# a step that is only proposed is taken as a whole or halved, and begins with a reading of the rows
guaranteed = pytest.mark.parametrize(
    "case", [c for c in CASES if getattr(c.values[0].make(), "guaranteed", True)]
)
divisible = pytest.mark.parametrize("case", [c for c in CASES if not c.values[0].square_root])


def bounds(model, state, monitor):
    """The exact bounds of a fit, from the first on."""
    first = [state.bound] if getattr(model, "guaranteed", True) else []
    return np.array([*first, *monitor.history])


def leaves(tree):
    """All arrays of a nest of tuples, flat."""
    if isinstance(tree, tuple):
        return [leaf for branch in tree for leaf in leaves(branch)]
    return [np.asarray(tree)] if isinstance(tree, (np.ndarray, Real)) else []


def invariants(summary):
    """What two equivalent summaries must agree on (a square root is one of many)."""
    summary = summary.moments() if hasattr(summary, "root") else summary
    return leaves(summary)


def assert_same_summary(first, second, rtol=1e-9):
    for a, b in zip(invariants(first), invariants(second), strict=True):
        size = np.max(np.abs(b), initial=1e-300)
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * size)


def run(model, blocks, prior, state, max_iter=400, tol=1e-6, **options):
    monitor = Monitor(tol, max_iter, blocks.total_weight)
    return coordinate_ascent(model, blocks, prior, state, monitor, **options), monitor


@every_model
def test_it_has_the_five_verbs(case):
    assert isinstance(case.make(), Model)


@every_model
def test_blocks_add_up_to_the_whole_in_any_order_and_size(case):
    X, y, weights = case.rows()
    model, _, state = case.begin(case.blocks())
    whole = summarize_all(model, ArrayBlocks(X, y, weights), state.posterior)
    order = np.random.RandomState(0).permutation(len(X))
    pieces = [
        ArrayBlocks(X[rows], None if y is None else y[rows], weights[rows])
        for rows in np.array_split(order, 5)
    ]
    parts = total(summarize_all(model, piece, state.posterior) for piece in pieces)
    assert_same_summary(parts, whole)


@every_model
def test_weights_are_repetitions(case):
    X, y, weights = case.rows()
    weights[:3] = 0.0
    model, _, state = case.begin(case.blocks())
    times = weights.astype(int)
    repeated = ArrayBlocks(X.repeat(times, axis=0), None if y is None else y.repeat(times, axis=0))
    weighted = ArrayBlocks(X, y, weights)
    assert_same_summary(
        summarize_all(model, weighted, state.posterior),
        summarize_all(model, repeated, state.posterior),
    )


@every_model
def test_the_bound_never_falls_and_its_terms_add_up(case):
    blocks = case.blocks()
    model, prior, state = case.begin(blocks)
    result, monitor = run(model, blocks, prior, state, max_iter=60, tol=0.0, accelerate=False)
    history = bounds(model, state, monitor)
    assert np.all(np.diff(history) >= -1e-9 * (1.0 + np.abs(history[-1])))
    assert result.bound == pytest.approx(sum(result.terms.values()), rel=1e-12)


@every_model
def test_acceleration_does_not_lower_the_bound(case):
    blocks = case.blocks()
    model, prior, state = case.begin(blocks)
    accelerate = model.rereads_rows
    # Where steps are compared by their bounds, the top is known to the root of their rounding.
    tol = 1e-6 if getattr(model, "guaranteed", True) else 1e-5
    result, monitor = run(model, blocks, prior, state, tol=tol, accelerate=accelerate)
    history = bounds(model, state, monitor)
    assert np.all(np.diff(history) >= -1e-9 * (1.0 + np.abs(history[-1])))
    assert monitor.converged


@guaranteed
def test_a_full_batch_with_step_one_is_a_coordinate_sweep(case):
    blocks = case.blocks()
    model, prior, state = case.begin(blocks)
    exact, _ = run(model, blocks, prior, state, max_iter=2, tol=0.0, accelerate=False)
    svi = stochastic_ascent(
        model, blocks, prior, state, Monitor(0.0, 1, blocks.total_weight),
        step_size=ConstantStep(1.0), batch_size=10**6, rng=np.random.RandomState(0),
    )  # fmt: skip
    assert svi.bound == pytest.approx(exact.bound, rel=1e-12)


@divisible
def test_memoized_ascent_ends_where_coordinate_ascent_ends(case):
    blocks = case.blocks()
    model, prior, state = case.begin(blocks)
    batch, _ = run(model, blocks, prior, state, tol=1e-9, max_iter=5000)
    monitor = Monitor(1e-9, 5000, blocks.total_weight)
    memoized = memoized_ascent(model, blocks, prior, state, monitor, n_batches=4)
    history = np.array(monitor.history)
    assert np.all(np.diff(history) >= -1e-9 * (1.0 + np.abs(history[-1])))
    np.testing.assert_allclose(memoized.bound, batch.bound, rtol=1e-6)


@unit_free
@pytest.mark.parametrize("factor", [1e-30, 0.25, 1e30])
def test_units_shift_the_bound_by_the_log_jacobian(case, factor):
    X, y, weights = case.rows()
    of_x, of_y = case.scaled
    results = []
    for unit in (1.0, factor):
        scaled_y = None if y is None else (y * unit if of_y else y)
        blocks = ArrayBlocks(X * unit if of_x else X, scaled_y, weights)
        model, prior, state = case.begin(blocks)
        results.append(run(model, blocks, prior, state, max_iter=30, tol=0.0)[0].bound)
    n_columns = X.shape[1] * of_x + (0 if y is None else y.shape[1] * of_y)
    shift = -(weights.sum() * n_columns - case.n_flat) * np.log(factor)
    assert results[1] - results[0] == pytest.approx(shift, rel=1e-11, abs=1e-8)


@every_model
def test_single_precision_rows_follow_double_precision(case):
    results = []
    for dtype in (np.float64, np.float32):
        blocks = case.blocks(dtype)
        model, prior, state = case.begin(blocks)
        results.append(run(model, blocks, prior, state, max_iter=30, tol=0.0)[0].bound)
    assert results[1] == pytest.approx(results[0], rel=1e-4)


@every_model
def test_state_and_model_survive_pickling(case):
    blocks = case.blocks()
    model, prior, state = case.begin(blocks)
    copies = pickle.loads(pickle.dumps((model, prior, state)))
    model, prior, copied = copies
    again = evaluate(model, prior, copied.summary)
    assert again.bound == state.bound
    for a, b in zip(leaves(copied.posterior), leaves(state.posterior), strict=True):
        np.testing.assert_array_equal(a, b)


@every_model
def test_verbs_leave_their_arguments_alone(case):
    blocks = case.blocks()
    model, prior, state = case.begin(blocks)
    before = [leaf.copy() for leaf in leaves((prior, state.posterior, state.summary))]
    summary = summarize_all(model, blocks, state.posterior)
    model.bound(prior, model.update(prior, state.summary, state.posterior), summary)
    for old, new in zip(before, leaves((prior, state.posterior, state.summary)), strict=True):
        np.testing.assert_array_equal(old, new)
