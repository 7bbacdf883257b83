"""Step sizes fall as their formulas say."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.step_size import ConstantStep, RobbinsMonro


def test_robbins_monro_falls_as_stated():
    step = RobbinsMonro(delay=2.0, forgetting_rate=0.75)
    assert [step(t) for t in (0, 6)] == pytest.approx([2.0**-0.75, 8.0**-0.75])


@pytest.mark.parametrize("delay", [1.0, 64.0])
def test_robbins_monro_steps_are_never_above_one_and_always_fall(delay):
    steps = np.array([RobbinsMonro(delay, 0.6)(t) for t in range(1000)])
    assert steps[0] <= 1.0
    assert np.all(np.diff(steps) < 0.0)


def test_a_constant_step_stays():
    assert [ConstantStep(0.3)(t) for t in (0, 12345)] == [0.3, 0.3]
