"""Stochastic ascent: coordinate ascent where nothing is random, and near its end otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.step_size import ConstantStep, RobbinsMonro
from skvi.inference.stochastic import stochastic_ascent
from tests.inference.interrupting import Interrupting
from tests.inference.problem import fixed_point, monitor_for


def test_stochastic_with_all_rows_and_step_one_is_coordinate_ascent(problem):
    model, blocks, prior, state = problem
    options = {"max_iter": 3, "tol": 0.0}
    exact = coordinate_ascent(
        model, blocks, prior, state, monitor_for(blocks, **options), accelerate=False
    )
    rng = np.random.RandomState(0)
    svi = stochastic_ascent(
        model,
        blocks,
        prior,
        state,
        monitor_for(blocks, **{**options, "max_iter": 2}),
        step_size=ConstantStep(1.0),
        batch_size=600,
        rng=rng,
    )
    np.testing.assert_array_equal(exact.posterior.concentration, svi.posterior.concentration)


def test_stochastic_ends_near_the_fixed_point(problem):
    model, blocks, prior, state = problem
    monitor = monitor_for(blocks, max_iter=60, tol=0.0)
    result = stochastic_ascent(
        model,
        blocks,
        prior,
        state,
        monitor,
        step_size=RobbinsMonro(1.0, 0.9),
        batch_size=100,
        rng=np.random.RandomState(1),
    )
    reference, _ = fixed_point(problem)
    assert result.bound == pytest.approx(reference.bound, abs=0.5)
    assert monitor.history[-1] == result.bound


def test_an_interrupt_leaves_the_last_complete_pass(problem):
    _, blocks, prior, state = problem
    monitor = monitor_for(blocks)
    result = stochastic_ascent(
        Interrupting(at=8),
        blocks,
        prior,
        state,
        monitor,
        step_size=ConstantStep(0.5),
        batch_size=200,
        rng=np.random.RandomState(0),
    )
    assert monitor.interrupted
    assert monitor.state is result
    assert monitor.history[-1] == result.bound
