"""Successive halving on a model that is one number climbing towards its own peak."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from skvi.inference.blocks import BlockGroup
from skvi.inference.protocol import Block
from skvi.inference.restarts import best_start, candidates_for, rungs_for


class Height(NamedTuple):
    """Summary and posterior: how high a start has come, and where it can get."""

    height: float
    peak: float


class Climb:
    """Each lap closes half of the way to the peak; the peak is drawn by the start."""

    rereads_rows = True

    def __init__(self):
        self.rows = []

    def start(self, blocks, rng, variant=0):
        return Height(0.0, rng.uniform(1.0, 2.0) + 10.0 * (variant % 3))

    def summarize(self, block, posterior):
        self.rows.append(block)
        return posterior

    def update(self, prior, summary, posterior=None):
        return Height(0.5 * (summary.height + summary.peak), summary.peak)

    def bound(self, prior, posterior, summary):
        return {"height": posterior.height}

    def location(self, posterior):
        return np.array([posterior.height]), np.array([1e-9])


ROWS = BlockGroup([Block(np.zeros((1, 1)), None, np.ones(1), 0)])
SAMPLE = BlockGroup([Block(np.ones((1, 1)), None, np.ones(1), 0)])


def peaks(n_candidates):
    draws = [np.random.RandomState(seed).uniform(1.0, 2.0) for seed in range(n_candidates)]
    return [draw + 10.0 * (k % 3) for k, draw in enumerate(draws)]


def run(n_candidates, rungs, **options):
    model = Climb()
    rngs = [np.random.RandomState(seed) for seed in range(n_candidates)]
    return best_start(model, ROWS, None, rngs, rungs, **options), model.rows


@pytest.mark.parametrize("n_candidates", [2, 6, 12])
def test_the_best_candidate_wins(n_candidates):
    state, rows = run(n_candidates, [(5, 4), (7, 1)])
    assert state.posterior.peak == max(peaks(n_candidates))
    assert len(rows) == 5 * n_candidates + 7 * min(4, n_candidates)


def test_every_variant_survives_until_the_last_rung():
    laps = []

    class Watched(Climb):
        def update(self, prior, summary, posterior=None):
            laps.append(int(summary.peak // 10))
            return super().update(prior, summary, posterior)

    rngs = [np.random.RandomState(seed) for seed in range(6)]
    best_start(Watched(), ROWS, None, rngs, [(5, 3), (9, 1)])
    # the last 3 x 9 laps belong to one candidate of each variant, though the third is far ahead
    assert sorted(set(laps[-27:])) == [0, 1, 2]


def test_one_candidate_is_begun_and_nothing_more():
    state, rows = run(1, [(5, 1)])
    assert rows == []
    assert state.posterior.peak == peaks(1)[0]


def test_a_complete_sample_stands_for_all_rows():
    sample = BlockGroup(list(SAMPLE))
    sample.complete = True
    _, rows = run(3, [(2, 1)], sample=sample)
    assert all(np.all(block.X == 1.0) for block in rows)


def test_early_laps_use_the_sample_and_the_winner_all_rows():
    state, rows = run(3, [(2, 1)], sample=SAMPLE)
    assert [bool(block.X[0, 0]) for block in rows] == [True] * 6 + [False]
    # One lap for the start, two on the sample, and one over all rows.
    assert state.bound == pytest.approx(max(peaks(3)) * (1.0 - 0.5**4))


@pytest.mark.parametrize("n_starts", [1, 2, 5, 20])
def test_rungs_narrow_down(n_starts):
    rungs = rungs_for(n_starts)
    kept = [n for _, n in rungs]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] == (1 if n_starts == 1 else 3)
    assert kept[0] <= candidates_for(n_starts)


class Leap(Climb):
    """Can move to a higher peak, up to a highest one, or to a lower one."""

    def moves(self, prior, summary):
        return [Height(0.0, summary.peak - 1.0), Height(0.0, min(summary.peak + 2.0, 40.0))]


def test_survivors_are_repaired_until_no_move_helps():
    rngs = [np.random.RandomState(seed) for seed in range(6)]
    state = best_start(Leap(), ROWS, None, rngs, [(5, 3)])
    assert state.posterior.peak == 40.0


def test_on_a_large_sample_only_the_best_is_repaired():
    asked = []

    class Counting(Leap):
        def moves(self, prior, summary):
            asked.append(summary.peak)
            return []

    large = BlockGroup([Block(np.ones((300, 200)), None, np.ones(300), 0)])
    for sample, n_repaired in (SAMPLE, 3), (large, 1):
        asked.clear()
        rngs = [np.random.RandomState(seed) for seed in range(6)]
        best_start(Counting(), ROWS, None, rngs, [(5, 3)], sample=sample)
        assert len(asked) == n_repaired
    assert asked == [max(peaks(6))]


def test_a_single_survivor_is_left_alone():
    rngs = [np.random.RandomState(seed) for seed in range(6)]
    state = best_start(Leap(), ROWS, None, rngs, [(5, 1)])
    assert state.posterior.peak == max(peaks(6))


def test_candidates_that_climb_together_end_as_those_that_climb_alone():
    class Together(Climb):
        def climb(self, prior, rows, summaries, laps):
            for _ in range(laps):
                summaries = [self.update(prior, summary) for summary in summaries]
            return [(each, self.update(prior, each).height) for each in summaries]

    rngs = [[np.random.RandomState(seed) for seed in range(6)] for _ in range(2)]
    alone = best_start(Climb(), ROWS, None, rngs[0], [(5, 3), (7, 1)])
    together = best_start(Together(), ROWS, None, rngs[1], [(5, 3), (7, 1)])
    assert together.posterior == alone.posterior


def test_a_model_of_one_pass_needs_no_candidates():
    class Settled(Climb):
        rereads_rows = False

    rngs = [np.random.RandomState(0)]
    state = best_start(Settled(), ROWS, None, rngs, [(5, 1)], sample=SAMPLE)
    assert state.posterior.peak == peaks(1)[0]


class Cheap(Leap):
    """Laps cost nothing; beyond the highest peak within a move there is a valley, then a summit."""

    def cheap_laps(self, rows):
        return 30

    def moves(self, prior, summary):
        if summary.peak >= 40.0:
            return [Height(0.0, 5.0)] if summary.peak < 60.0 else []
        return [Height(0.0, 60.0 if summary.peak == 5.0 else 40.0)]


def test_of_several_starts_the_best_crosses_valleys_where_laps_are_cheap():
    rngs = [np.random.RandomState(seed) for seed in range(6)]
    state = best_start(Cheap(), ROWS, None, rngs, [(5, 3)])
    assert state.posterior.peak == 60.0
