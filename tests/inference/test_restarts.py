"""Successive halving on a model that is one number climbing towards its own peak."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from skvi.inference.monitor import evaluate
from skvi.inference.protocol import Block
from skvi.inference.restarts import best_start


class Height(NamedTuple):
    """Summary and posterior: how high a start has come, and where it can get."""

    height: float
    peak: float


class Climb:
    """Each lap closes half of the way to the peak; the peak is drawn by the start."""

    rereads_rows = True

    def start(self, blocks, rng):
        return Height(0.0, rng.uniform(1.0, 2.0))

    def summarize(self, block, posterior):
        return posterior

    def update(self, prior, summary, posterior=None):
        return Height(0.5 * (summary.height + summary.peak), summary.peak)

    def bound(self, prior, posterior, summary):
        return {"height": posterior.height}


ROWS = [Block(np.zeros((1, 1)), None, np.ones(1), 0)]
SAMPLE = [Block(np.ones((1, 1)), None, np.ones(1), 0)]


def peaks(n_starts):
    return [np.random.RandomState(seed).uniform(1.0, 2.0) for seed in range(n_starts)]


def run(n_starts, **options):
    laps = []

    def improve(blocks, state, n_laps):
        laps.append((blocks, n_laps))
        for _ in range(n_laps):
            state = evaluate(Climb(), None, state.posterior)
        return state

    rngs = [np.random.RandomState(seed) for seed in range(n_starts)]
    return best_start(Climb(), ROWS, None, rngs, improve, **options), laps


@pytest.mark.parametrize(("n_starts", "n_kept"), [(2, 1), (3, 1), (4, 2), (9, 3)])
def test_the_best_third_goes_on_and_the_best_wins(n_starts, n_kept):
    state, laps = run(n_starts)
    assert [n for _, n in laps] == [5] * n_starts + [20] * n_kept
    assert state.posterior.peak == max(peaks(n_starts))
    assert all(blocks is ROWS for blocks, _ in laps)


def test_one_start_is_begun_and_nothing_more():
    state, laps = run(1, sample=SAMPLE)
    assert laps == []
    assert state.posterior.peak == peaks(1)[0]


def test_early_laps_use_the_sample_and_the_winner_all_rows():
    state, laps = run(3, sample=SAMPLE, laps=(2, 4))
    assert [n for _, n in laps] == [2, 2, 2, 4]
    assert all(blocks is SAMPLE for blocks, _ in laps)
    # One lap for the start, two and four in between, and one over all rows.
    peak = max(peaks(3))
    assert state.bound == pytest.approx(peak * (1.0 - 0.5**8))
