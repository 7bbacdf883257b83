"""Four trainers, one model: they must agree wherever theory says so."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.coordinate import coordinate_ascent, summarize_all
from skvi.inference.memoized import memoized_ascent
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.step_size import ConstantStep, RobbinsMonro
from skvi.inference.stochastic import stochastic_ascent
from skvi.inference.streaming import absorb
from tests.inference.toy import ToyMixture, Weights


def make_problem(half_distance):
    rng = np.random.RandomState(0)
    X = rng.normal(np.where(rng.rand(600, 1) < 0.3, -half_distance, half_distance), 1.0)
    model, blocks = ToyMixture((-half_distance, half_distance)), ArrayBlocks(X)
    prior = model.prior(None)
    first = summarize_all(model, blocks, Weights(np.array([50.0, 60.0])))
    return model, blocks, prior, evaluate(model, prior, first)


@pytest.fixture
def problem():
    return make_problem(1.0)


def monitor_for(blocks, **options):
    return Monitor(n_rows=blocks.total_weight, **{"tol": 1e-9, "max_iter": 500, **options})


def fixed_point(problem, accelerate=False):
    model, blocks, prior, state = problem
    monitor = monitor_for(blocks)
    return coordinate_ascent(model, blocks, prior, state, monitor, accelerate=accelerate), monitor


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


def test_acceleration_takes_fewer_iterations_to_the_same_bound():
    problem = make_problem(0.2)
    plain, slow = fixed_point(problem)
    fast_state, fast = fixed_point(problem, accelerate=True)
    assert np.all(np.diff(fast.history) >= -1e-9 * (1 + abs(plain.bound)))
    assert fast_state.bound == pytest.approx(plain.bound, rel=1e-9)
    assert len(fast.history) < 0.5 * len(slow.history)


def test_memoized_reaches_the_same_fixed_point_without_falling(problem):
    model, blocks, prior, state = problem
    monitor = monitor_for(blocks)
    result = memoized_ascent(model, blocks, prior, state, monitor, n_batches=7)
    reference, _ = fixed_point(problem)
    assert result.bound == pytest.approx(reference.bound, rel=1e-9)
    assert np.all(np.diff(monitor.history) >= -1e-9 * (1 + abs(reference.bound)))


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


def test_threads_change_no_bit(problem):
    model, _, _, state = problem
    X = np.random.RandomState(3).normal(size=(100_000, 1))
    one, two = (summarize_all(model, ArrayBlocks(X), state.posterior, n) for n in (1, 2))
    np.testing.assert_array_equal(one.count, two.count)


class Interrupting(ToyMixture):
    """Raises at one of the passes, as Ctrl-C would."""

    def __init__(self, at):
        super().__init__()
        self.at, self.calls = at, 0

    def summarize(self, block, posterior):
        self.calls += 1
        if self.calls == self.at:
            raise KeyboardInterrupt
        return super().summarize(block, posterior)


@pytest.mark.parametrize("trainer", ["coordinate", "memoized", "stochastic"])
def test_an_interrupt_leaves_the_last_complete_iteration(problem, trainer):
    _, blocks, prior, state = problem
    model, monitor = Interrupting(at=8), monitor_for(blocks)
    run = {
        "coordinate": lambda: coordinate_ascent(model, blocks, prior, state, monitor),
        "memoized": lambda: memoized_ascent(model, blocks, prior, state, monitor, n_batches=2),
        "stochastic": lambda: stochastic_ascent(
            model,
            blocks,
            prior,
            state,
            monitor,
            step_size=ConstantStep(0.5),
            batch_size=200,
            rng=np.random.RandomState(0),
        ),
    }[trainer]
    result = run()
    assert monitor.interrupted
    assert monitor.state is result
    assert monitor.history[-1] == result.bound
