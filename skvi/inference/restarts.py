"""Several starting points, most of them given up early (successive halving).

    n starts x 5 laps  ->  the best third x 20 laps  ->  the best one, on all rows

The early laps run on a sample of the rows where there is one, so that many starts cost less than
one fit. Which starts are given up is decided by the bound alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from skvi.inference.coordinate import summarize_all
from skvi.inference.monitor import State, evaluate

__all__ = ["best_start"]


def best_start(
    model,
    blocks,
    prior,
    rngs: Sequence[np.random.RandomState],
    improve: Callable,
    *,
    sample=None,
    laps: tuple[int, int] = (5, 20),
    n_threads: int = 1,
) -> State:
    """State to begin a fit from.

    Parameters
    ----------
    model : Model
        The five verbs.
    blocks : Blocks
        All rows.
    prior : NamedTuple
        As ``model.prior`` gives it.
    rngs : sequence of RandomState
        One for every start.
    improve : callable
        ``improve(blocks, state, n_laps)`` gives the state after a few laps of coordinate ascent.
    sample : Blocks, default=None
        Rows that stand for all rows in the early laps, with weights that add up to theirs. None:
        all rows.
    laps : (int, int), default=(5, 20)
        Laps of every start, and of the best third.
    n_threads : int, default=1
        Threads over blocks in passes over all rows.

    Returns
    -------
    State
        Posterior, summary and bound of the winner on all rows. The first start wins a tie.
    """
    if len(rngs) == 1:
        return evaluate(model, prior, model.start(blocks, rngs[0]))
    rows = blocks if sample is None else sample
    starts = (evaluate(model, prior, model.start(rows, rng)) for rng in rngs)
    states = _best_first(improve(rows, state, laps[0]) for state in starts)
    states = states[: -(-len(states) // 3)]
    winner = _best_first(improve(rows, state, laps[1]) for state in states)[0]
    if sample is None:
        return winner
    summary = summarize_all(model, blocks, winner.posterior, n_threads)
    return evaluate(model, prior, summary, winner.posterior)


def _best_first(states):
    return sorted(states, key=lambda state: -state.bound)
