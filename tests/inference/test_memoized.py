"""Memoized ascent ends where coordinate ascent ends, with an exact bound after every lap."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.memoized import memoized_ascent
from skvi.inference.reading import summarize_all
from tests.inference.interrupting import Interrupting
from tests.inference.problem import fixed_point, monitor_for


def test_memoized_reaches_the_same_fixed_point_without_falling(problem):
    model, blocks, prior, state = problem
    monitor = monitor_for(blocks)
    result = memoized_ascent(model, blocks, prior, state, monitor, n_batches=7)
    reference, _ = fixed_point(problem)
    assert result.bound == pytest.approx(reference.bound, rel=1e-9)
    assert np.all(np.diff(monitor.history) >= -1e-9 * (1 + abs(reference.bound)))


def test_the_bound_is_that_of_all_rows(problem):
    model, blocks, prior, state = problem
    result = memoized_ascent(model, blocks, prior, state, monitor_for(blocks), n_batches=7)
    again = summarize_all(model, blocks, result.posterior)
    np.testing.assert_allclose(result.summary.count, again.count, rtol=1e-6)


def test_an_interrupt_leaves_the_last_complete_lap(problem):
    _, blocks, prior, state = problem
    model, monitor = Interrupting(at=8), monitor_for(blocks)
    result = memoized_ascent(model, blocks, prior, state, monitor, n_batches=2)
    assert monitor.interrupted
    assert monitor.state is result
    assert monitor.history[-1] == result.bound
