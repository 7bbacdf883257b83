"""Extrapolation: fewer iterations, the same bound, no fall."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from skvi.inference.acceleration import Accelerator
from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import evaluate
from skvi.inference.reading import summarize_all
from tests.inference.problem import fixed_point, make_problem


def test_acceleration_takes_fewer_iterations_to_the_same_bound():
    problem = make_problem(0.2)
    plain, slow = fixed_point(problem)
    fast_state, fast = fixed_point(problem, accelerate=True)
    assert np.all(np.diff(fast.history) >= -1e-9 * (1 + abs(plain.bound)))
    assert fast_state.bound == pytest.approx(plain.bound, rel=1e-9)
    assert len(fast.history) < 0.5 * len(slow.history)


def plain_steps(problem, n_steps):
    model, blocks, prior, state = problem
    states = [state]
    for _ in range(n_steps):
        summary = summarize_all(model, blocks, states[-1].posterior)
        states.append(evaluate(model, prior, summary, states[-1].posterior))
    return states


def test_nothing_is_proposed_before_three_states_or_where_ascent_is_fast():
    problem = make_problem(4.0)
    accelerator = Accelerator(problem[0])
    proposals = [accelerator.propose(problem[2], state) for state in plain_steps(problem, 4)]
    assert proposals == [None] * 5


def test_the_proposal_is_an_affine_combination_of_three_summaries():
    problem = make_problem(0.2)
    states = plain_steps(problem, 2)
    accelerator = Accelerator(problem[0])
    assert accelerator.propose(problem[2], states[0]) is None
    assert accelerator.propose(problem[2], states[1]) is None
    proposal = accelerator.propose(problem[2], states[2])
    counts = [state.summary.count for state in (*states, proposal)]
    # The total is kept, and the jump goes on in the direction of the steps, beyond the last.
    assert counts[3].sum() == pytest.approx(600.0)
    assert (counts[3] - counts[2]) @ (counts[2] - counts[1]) > 0.0


def test_a_jump_after_which_the_bound_falls_is_refused():
    accelerator = Accelerator(make_problem(0.2)[0])
    before = SimpleNamespace(bound=-100.0)
    assert not accelerator.accept(SimpleNamespace(bound=-100.1), before)
    assert accelerator.accept(SimpleNamespace(bound=-100.0), before)


def test_a_jump_to_what_is_no_posterior_is_dropped():
    model, blocks, prior, _ = make_problem(0.2)
    negative = summarize_all(model, ArrayBlocks(blocks.X[:3]), prior)
    negative = negative._replace(count=np.array([-5.0, 8.0]))
    with np.errstate(invalid="ignore"):
        assert Accelerator(model)._sound(prior, negative, prior) is None
