"""Coordinate ascent: it never falls, and ends where a pass changes nothing."""

from __future__ import annotations

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.reading import summarize_all
from tests.inference.interrupting import Interrupting
from tests.inference.problem import fixed_point, monitor_for


def test_coordinate_ascent_never_falls_and_reaches_a_fixed_point(problem):
    state, monitor = fixed_point(problem)
    assert monitor.converged
    assert np.all(np.diff(monitor.history) >= -1e-9 * (1 + abs(state.bound)))
    again = summarize_all(problem[0], problem[1], state.posterior)
    np.testing.assert_allclose(again.count, state.summary.count, rtol=1e-6)


def test_bound_is_below_the_log_evidence_by_quadrature(problem):
    model, blocks, _, _ = problem
    state, _ = fixed_point(problem)
    w = np.linspace(0, 1, 20001)[1:-1]
    density = np.exp(-0.5 * (blocks.X - model.location_) ** 2) / np.sqrt(2 * np.pi)
    loglik = np.log(np.outer(density[:, 0], w) + np.outer(density[:, 1], 1 - w)).sum(axis=0)
    evidence = loglik.max() + np.log(np.exp(loglik - loglik.max()).sum() * (w[1] - w[0]))
    assert state.bound < evidence
    assert evidence - state.bound < 2.0


def test_threads_change_no_bit(problem):
    model, _, _, state = problem
    X = np.random.RandomState(3).normal(size=(100_000, 1))
    one, two = (summarize_all(model, ArrayBlocks(X), state.posterior, n) for n in (1, 2))
    np.testing.assert_array_equal(one.count, two.count)


def test_a_model_is_prepared_once_before_threads_begin(problem):
    model, blocks, _, state = problem
    calls = []

    class Prepared(type(model)):
        def prepare(self, posterior):
            calls.append(posterior)

        def summarize(self, block, posterior):
            calls.append("block")
            return super().summarize(block, posterior)

    summarize_all(Prepared(model.location_), blocks, state.posterior, 2)
    assert calls == [state.posterior] + ["block"] * len(blocks)


def test_an_interrupt_leaves_the_last_complete_iteration(problem):
    _, blocks, prior, state = problem
    monitor = monitor_for(blocks)
    result = coordinate_ascent(Interrupting(at=8), blocks, prior, state, monitor)
    assert monitor.interrupted
    assert monitor.state is result
    assert monitor.history[-1] == result.bound
