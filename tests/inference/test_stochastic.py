"""Stochastic ascent: coordinate ascent where nothing is random, and near its end otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.step_size import ConstantStep, RobbinsMonro
from skvi.inference.stochastic import stochastic_ascent
from tests.inference.interrupting import Interrupting
from tests.inference.problem import fixed_point, monitor_for
from tests.inference.toy import ToyMixture


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


def run(problem, monitor, step_size, model=None, batch_size=20):
    plain, blocks, prior, state = problem
    return stochastic_ascent(
        model or plain,
        blocks,
        prior,
        state,
        monitor,
        step_size=step_size,
        batch_size=batch_size,
        rng=np.random.RandomState(0),
    )


class Counting(ToyMixture):
    """Counts the blocks it reads, by their rows."""

    def __init__(self):
        super().__init__()
        self.read = []

    def summarize(self, block, posterior):
        self.read.append(len(block.X))
        return super().summarize(block, posterior)


@pytest.mark.parametrize(
    "step_size", [RobbinsMonro(1.0, 0.7), ConstantStep(0.05), ConstantStep(0.5)], ids=repr
)
def test_stochastic_fits_converge_to_the_fixed_point(problem, step_size):
    monitor = monitor_for(problem[1], tol=1e-6, max_iter=200)
    result = run(problem, monitor, step_size)
    reference, _ = fixed_point(problem)
    assert monitor.converged
    assert monitor.state is result
    assert monitor.history[-1] == result.bound == pytest.approx(reference.bound, abs=1e-3)


def test_passes_end_once_their_steps_add_up_to_less_than_one(problem):
    # 30 steps of (t + 1)**-0.9 in a pass: 4.4, then 0.86
    model = Counting()
    monitor = monitor_for(problem[1])
    run(problem, monitor, RobbinsMonro(1.0, 0.9), model)
    assert model.read[:60] == [20] * 60
    assert set(model.read[60:]) == {600}
    assert np.all(np.diff(monitor.history[1:]) >= -1e-9)


def test_passes_of_a_constant_step_end_where_noise_prevails(problem):
    model = Counting()
    monitor = monitor_for(problem[1], tol=1e-9)
    run(problem, monitor, ConstantStep(0.5), model)
    passes = model.read.count(20) / 30
    assert 10 <= passes <= 40
    assert monitor.converged
    assert np.all(np.diff(monitor.history[int(passes) - 1 :]) >= -1e-9)


def test_the_bound_of_a_random_pass_is_exact(problem):
    _, blocks, prior, _ = problem
    reference, _ = fixed_point(problem)
    seen = []
    monitor = monitor_for(blocks, tol=0.0, max_iter=30)
    monitor.report = lambda _, state: seen.append(state)
    run(problem, monitor, ConstantStep(0.5))
    for state in seen:
        assert state.summary.count.sum() == pytest.approx(blocks.total_weight, rel=1e-12)
        assert state.bound <= reference.bound + 1e-9
    assert monitor.history[:-1] == [state.bound for state in seen[:-1]]
    assert monitor.history[-1] >= seen[-1].bound


def test_a_tolerance_of_zero_leaves_all_passes_random(problem):
    model = Counting()
    monitor = monitor_for(problem[1], tol=0.0, max_iter=12)
    run(problem, monitor, ConstantStep(0.01), model)
    assert len(monitor.history) == 12
    assert model.read == [20] * (12 * 30) + [600]
    assert not monitor.converged


def test_a_model_that_reads_its_rows_once_is_not_read_again(problem):
    model = Counting()
    model.rereads_rows = False
    monitor = monitor_for(problem[1])
    result = run(problem, monitor, ConstantStep(0.5), model)
    assert model.read == []
    assert monitor.converged
    assert len(monitor.history) == 1
    assert result.bound == pytest.approx(problem[3].bound, rel=1e-12)


@pytest.mark.parametrize("at", [40, 62])
def test_an_interrupt_in_either_phase_leaves_the_last_complete_iteration(problem, at):
    _, blocks, _, _ = problem
    monitor = monitor_for(blocks)
    result = run(problem, monitor, RobbinsMonro(1.0, 0.9), Interrupting(at=at))
    assert monitor.interrupted
    assert not monitor.converged
    assert monitor.state is result
    assert len(monitor.history) == (1 if at == 40 else 3)
    assert monitor.history[-1] == result.bound


def test_a_stop_that_is_asked_for_ends_random_passes(problem):
    monitor = monitor_for(problem[1])
    monitor.report = lambda monitor, _: len(monitor.history) == 2
    run(problem, monitor, ConstantStep(0.5))
    assert len(monitor.history) == 2
    assert not monitor.converged
