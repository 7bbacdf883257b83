"""Several starting points, most of them given up early, and the best of them repaired.

Every start is a few candidates, begun in different ways (variants of ``model.start``). All of them
run a few laps, the better ones go on for more, and few are left (successive halving). Variants
climb at different speeds, so the survivors are the best of every variant in turn. Those left at the
end are repaired: the moves of the model (merges and splits) are tried on each, and one is made
wherever the bound is higher after some laps, until none is. Then the bound alone decides. All of
this runs on a sample of the rows where there is one, so that many candidates cost less than one
fit.

Where laps are cheap, the best of several goes on: moves that lower the bound are made as well, and
what a repair makes of them is taken if it is better.

Three verbs of a model are optional. ``moves(prior, summary)`` gives a list of summaries to go on
from; without it nothing is repaired. ``climb(prior, rows, summaries, laps)`` runs laps of several
candidates together and gives their summaries and bounds. ``cheap_laps(rows)`` says how many laps
cost next to nothing, so that they can be run before and after a repair.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from skvi.inference.monitor import State, evaluate
from skvi.inference.reading import summarize_all
from skvi.inference.summary import n_numbers

__all__ = ["best_start", "candidates_for", "rungs_for"]

_VARIANTS = 3
_SCREEN = ((2, 6), (6, 2), (16, 1))
_MOST_MOVES = 12
_MANY_NUMBERS = 50_000
_WORTHWHILE = 1e-7
_SAME = 1e-6
_DETOURS = (8, 4)


class _Candidate(NamedTuple):
    """A summary on the way up, which variant it began as, and the bound there."""

    kind: int
    summary: Any
    bound: float


def candidates_for(n_starts: int) -> int:
    """Number of candidates: one of every variant, or two for each of several starts."""
    return _VARIANTS * (1 if n_starts == 1 else 2 * n_starts)


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
        return [(2, 1)]
    return [(5, 2 * _VARIANTS), (20, _VARIANTS)]


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
        One for every candidate; they may be the same.
    rungs : sequence of (int, int)
        Laps to run and candidates to keep, in turn. Where the last keeps more than one, each is
        repaired before they are compared; of a large sample or summary only the best is.
    sample : Blocks, default=None
        Rows that stand for all rows in the early laps, with weights that add up to theirs; all of
        them, in whatever order, where its attribute ``complete`` is true. None: all rows.
    n_threads : int, default=1
        Threads over blocks in passes over all rows.

    Returns
    -------
    State
        Posterior, summary and bound of the winner on all rows. An earlier candidate wins a tie.
    """
    if not model.rereads_rows:
        return evaluate(model, prior, model.start(blocks, rngs[0]))
    rows = blocks if sample is None else sample
    field = [
        _Candidate(number % _VARIANTS, model.start(rows, rng, variant=number), -np.inf)
        for number, rng in enumerate(rngs)
    ]
    if len(field) > 1:
        for laps, n_kept in rungs:
            field = _survivors(_climbed(model, rows, prior, field, laps), n_kept)
    if len(field) > 1:
        field = _improved(model, rows, prior, field)
    winner = max(field, key=lambda candidate: candidate.bound)
    state = evaluate(model, prior, winner.summary)
    if sample is None or getattr(sample, "complete", False):
        return state
    summary = summarize_all(model, blocks, state.posterior, n_threads)
    return evaluate(model, prior, summary, state.posterior)


def _improved(model, rows, prior, field):
    """The last candidates after repairs; where laps are cheap, or dear, only the best is."""
    cheap = model.cheap_laps(rows) if hasattr(model, "cheap_laps") else 0
    if cheap:
        field = _climbed(model, rows, prior, field, cheap)
    numbers = n_numbers(field[0].summary) + sum(block.X.size for block in rows)
    if cheap or numbers > _MANY_NUMBERS:
        field = [max(field, key=lambda candidate: candidate.bound)]
    field = [_repaired(model, rows, prior, candidate, cheap) for candidate in field]
    return [_explored(model, rows, prior, field[0], cheap)] if cheap else field


def _enough(bound):
    """What is more than a bound by more than rounding and unfinished laps."""
    return bound + _WORTHWHILE * (1.0 + abs(bound))


def _survivors(field, n_kept):
    """The best of every variant, then the second best of every variant, and so on."""
    ranked = sorted(field, key=lambda candidate: -candidate.bound)
    if n_kept == 1:
        return ranked[:1]
    seen = dict.fromkeys(range(_VARIANTS), 0)
    rounds = []
    for candidate in ranked:
        rounds.append((seen[candidate.kind], candidate))
        seen[candidate.kind] += 1
    rounds.sort(key=lambda entry: entry[0])
    return [candidate for _, candidate in rounds[:n_kept]]


def _climbed(model, rows, prior, field, laps):
    """The candidates after some laps, together where the model can do that."""
    summaries = [candidate.summary for candidate in field]
    if hasattr(model, "climb"):
        result = model.climb(prior, rows, summaries, laps)
    else:
        result = [_one_climbed(model, rows, prior, summary, laps) for summary in summaries]
    return [
        candidate._replace(summary=summary, bound=float(bound))
        for candidate, (summary, bound) in zip(field, result, strict=True)
    ]


def _one_climbed(model, rows, prior, summary, laps):
    """Summary and bound of one candidate after some laps."""
    posterior = None
    for _ in range(laps):
        posterior = model.update(prior, summary, posterior)
        summary = summarize_all(model, rows, posterior)
    return summary, evaluate(model, prior, summary, posterior).bound


def _repaired(model, rows, prior, candidate, cheap):
    """The candidate after all moves that raise its bound."""
    for _ in range(_MOST_MOVES if hasattr(model, "moves") else 0):
        summaries = model.moves(prior, candidate.summary)
        moved = _best_of(model, rows, prior, [_Candidate(0, each, -np.inf) for each in summaries])
        if moved is None or not moved.bound > _enough(candidate.bound):
            break
        candidate = _climbed(model, rows, prior, [moved], cheap)[0] if cheap else moved
    return candidate


def _best_of(model, rows, prior, field):
    """The best of some moves, or None where there are none."""
    laps = 0
    for more, n_kept in _SCREEN if field else ():
        laps += more
        if n_kept < len(field) or n_kept == 1:
            field = _climbed(model, rows, prior, field, laps)
            field, laps = sorted(field, key=lambda each: -each.bound)[:n_kept], 0
    return field[0] if field else None


def _explored(model, rows, prior, candidate, cheap):
    """The candidate, or a better one beyond moves that lower the bound at first."""
    known = [candidate.bound]
    for _ in range(_MOST_MOVES if hasattr(model, "moves") else 0):
        detours = _detours(model, rows, prior, candidate, cheap, known)
        better = next((each for each in detours if each.bound > _enough(candidate.bound)), None)
        if better is None:
            break
        candidate = better
    return candidate


def _detours(model, rows, prior, candidate, cheap, known):
    """The better moves, each repaired in turn; those that end in a known bound are left out."""
    field = [_Candidate(0, each, -np.inf) for each in model.moves(prior, candidate.summary)]
    if not field:
        return
    laps, width = _DETOURS
    field = _climbed(model, rows, prior, field, laps)
    field = sorted(field, key=lambda each: -each.bound)[:width]
    for each in _climbed(model, rows, prior, field, cheap):
        if all(abs(each.bound - bound) > _SAME * abs(bound) for bound in known):
            repaired = _repaired(model, rows, prior, each, cheap)
            known += [each.bound, repaired.bound]
            yield repaired
