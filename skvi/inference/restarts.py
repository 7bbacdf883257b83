"""Several starting points, most of them given up early (successive halving).

Every start is a few candidates, begun in different ways (variants of ``model.start``). All of them
run a few laps, the better ones go on for more, and one is left. Variants climb at different speeds,
so until the last rung the survivors are the best of every variant in turn, and only then the bound
alone decides. The early laps run on a sample of the rows where there is one, so that many
candidates cost less than one fit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skvi.inference.coordinate import coordinate_ascent, summarize_all
from skvi.inference.monitor import Monitor, State, evaluate

__all__ = ["best_start", "candidates_for", "rungs_for"]

_VARIANTS = 3
_TOLERANCE = 1e-3
_LEAN = 5


def candidates_for(n_starts: int) -> int:
    """Number of candidates: two of every variant, or three each for every one of several starts."""
    return _VARIANTS * (2 if n_starts == 1 else 3 * n_starts)


def rungs_for(n_starts: int) -> list[tuple[int, int]]:
    """Laps and survivors of every rung, for a number of starts.

    Parameters
    ----------
    n_starts : int
        What the user asked for.

    Returns
    -------
    list of (laps, survivors)
    """
    if n_starts == 1:
        return [(4, 1)]
    return [(5, 4 * n_starts), (20, 2 * n_starts), (100, 1)]


def best_start(
    model,
    blocks,
    prior,
    rngs: Sequence[np.random.RandomState],
    rungs: Sequence[tuple[int, int]],
    *,
    sample=None,
    n_threads: int = 1,
) -> State:
    """State to begin a fit from.

    Parameters
    ----------
    model : Model
        The five verbs; ``start`` also takes ``variant``, the number of the candidate.
    blocks : Blocks
        All rows.
    prior : NamedTuple
        As ``model.prior`` gives it.
    rngs : sequence of RandomState
        One for every candidate.
    rungs : sequence of (int, int)
        Laps to run and candidates to keep, in turn; the last keeps one.
    sample : Blocks, default=None
        Rows that stand for all rows in the early laps, with weights that add up to theirs. None:
        all rows.
    n_threads : int, default=1
        Threads over blocks in passes over all rows.

    Returns
    -------
    State
        Posterior, summary and bound of the winner on all rows. An earlier candidate wins a tie.
    """
    rows = blocks if sample is None else sample
    field = [
        (variant % _VARIANTS, evaluate(model, prior, model.start(rows, rng, variant=variant)))
        for variant, rng in enumerate(rngs)
    ]
    for laps, n_kept in rungs if len(field) > 1 else ():
        field = [(kind, _improved(model, rows, prior, state, laps)) for kind, state in field]
        field = _survivors(field, n_kept)
    winner = field[0][1]
    if sample is None:
        return winner
    return evaluate(
        model, prior, summarize_all(model, blocks, winner.posterior, n_threads), winner.posterior
    )


def _survivors(field, n_kept):
    """The best of every variant, then the second best of every variant, and so on."""
    ranked = sorted(field, key=lambda entry: -entry[1].bound)
    if n_kept == 1:
        return ranked[:1]
    seen = [0] * _VARIANTS
    rounds = []
    for kind, state in ranked:
        rounds.append((seen[kind], kind, state))
        seen[kind] += 1
    rounds.sort(key=lambda entry: entry[0])
    return [(kind, state) for _, kind, state in rounds[:n_kept]]


def _improved(model, rows, prior, state, laps):
    """State after some laps; the first few need no record."""
    if laps <= _LEAN:
        posterior = state.posterior
        for _ in range(laps - 1):
            summary = summarize_all(model, rows, posterior)
            posterior = model.update(prior, summary, posterior)
        return evaluate(model, prior, summarize_all(model, rows, posterior), posterior)
    monitor = Monitor(_TOLERANCE, laps, rows.total_weight)
    state = coordinate_ascent(model, rows, prior, state, monitor)
    if monitor.interrupted:
        raise KeyboardInterrupt
    return state
