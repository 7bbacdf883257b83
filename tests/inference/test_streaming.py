"""New rows join what is known: their bound is a bound for all rows."""

from __future__ import annotations

import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.monitor import evaluate
from skvi.inference.reading import summarize_all
from skvi.inference.streaming import absorb
from tests.inference.problem import fixed_point, monitor_for


def test_streaming_in_two_parts_gives_a_bound_for_all_rows(problem):
    model, blocks, prior, state = problem
    halves = [ArrayBlocks(blocks.X[:300]), ArrayBlocks(blocks.X[300:])]
    first = summarize_all(model, halves[0], state.posterior)
    begun = evaluate(model, prior, first)
    begun = coordinate_ascent(model, halves[0], prior, begun, monitor_for(halves[0]))
    result = absorb(model, halves[1], prior, begun, monitor_for(halves[1]))
    batch, _ = fixed_point(problem)
    assert result.bound <= batch.bound + 1e-6
    assert result.bound == pytest.approx(batch.bound, abs=2.0)
    assert result.summary.count.sum() == pytest.approx(600.0)


def test_retention_makes_old_rows_count_less(problem):
    model, blocks, prior, state = problem
    half = ArrayBlocks(blocks.X[300:])
    result = absorb(model, half, prior, state, monitor_for(half), forgetting_factor=0.25)
    assert result.summary.count.sum() == pytest.approx(0.25 * 600 + 300)
