"""Anderson mixing of linear steps, whose fixed points are known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from skvi.inference.mixing import Mixing


class Numbers(NamedTuple):
    values: np.ndarray


def climb(factors, n_steps, size=1.0):
    """Distances from the fixed point of steps that shrink modes by some factors."""
    factors = np.asarray(factors)
    mixing, at, distances = Mixing(), Numbers(np.ones(len(factors))), []
    for _ in range(n_steps):
        target = Numbers(factors * at.values)
        lead = mixing.propose(at, target, target.values - at.values, size)
        at = lead or Numbers((1.0 - size) * at.values + size * target.values)
        distances.append(np.linalg.norm(at.values))
    return np.array(distances)


def test_as_many_steps_as_there_are_modes_and_one_more_are_enough():
    distances = climb([0.9, -1.5], 3)
    assert distances[1] > 1.0
    assert distances[2] < 1e-4  # of shares with five digits


@pytest.mark.parametrize("size", [1.0, 0.5])
def test_slow_and_overshooting_modes_together(size):
    distances = climb([0.99, 0.9, 0.5, -1.2, -2.0], 16, size)
    assert distances[-1] < 1e-4  # by plain steps, 65536 or no nearer


def test_fast_steps_are_left_alone():
    mixing, values = Mixing(), np.ones(2)
    for _ in range(6):
        at, target = Numbers(values), Numbers(np.array([0.1, 0.2]) * values)
        assert mixing.propose(at, target, target.values - at.values, 1.0) is None
        values = target.values


def test_a_proposal_is_an_affine_combination_of_targets():
    mixing, rng = Mixing(), np.random.default_rng(0)
    targets = []
    for _ in range(4):
        targets.append(Numbers(np.append(rng.normal(size=3), 1.0)))
        lead = mixing.propose(Numbers(np.ones(4)), targets[-1], rng.normal(size=3), 1.0)
    shares = np.linalg.lstsq(np.stack([t.values for t in targets]).T, lead.values, rcond=None)
    assert shares[0].sum() == pytest.approx(1.0, abs=1e-9)
    assert np.max(shares[1], initial=0.0) < 1e-18


def test_a_rejected_proposal_takes_what_is_long_past_with_it():
    mixing = Mixing()

    def propose(i):
        step = np.array([1.0, (-1.0) ** i, 0.1 * i])
        return mixing.propose(Numbers(step), Numbers(step + 1.0), step, 1.0)

    assert [propose(i) is None for i in range(4)] == [True, True, False, False]
    mixing.reject()
    assert propose(4) is not None
    mixing.reject()
    mixing.reject()
    assert propose(5) is not None


def test_steps_of_other_lengths_and_of_no_number_are_not_combined():
    mixing = Mixing()
    for n in (2, 3, 4, 5):
        one = Numbers(np.ones(n))
        assert mixing.propose(one, one, np.ones(n), 1.0) is None
    for step in (np.nan, 1.0, 2.0):
        one = Numbers(np.ones(5))
        assert mixing.propose(one, one, np.full(5, step), 1.0) is None


def test_summaries_too_large_to_be_kept_are_not(monkeypatch):
    monkeypatch.setattr("skvi.inference.mixing._NUMBERS", 20)
    mixing = Mixing()
    for i in range(6):
        one = Numbers(np.full(5, float(i)))
        assert mixing.propose(one, one, np.array([1.0, (-1.0) ** i]), 1.0) is None
