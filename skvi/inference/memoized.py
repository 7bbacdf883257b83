"""Memoized ascent: S <- sum of stored, stored[b] <- summarize(b), batch after batch.

The bound at the end of a lap is exact and never falls, there is no step size, and the posterior
moves once per batch instead of once per pass (Hughes and Sudderth, 2013, Advances in Neural
Information Processing Systems 26). Memory: two summaries per batch. Nothing is subtracted: a batch
of huge weight would leave its rounding errors behind.
"""

from __future__ import annotations

from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.monitor import Monitor, State, evaluate
from skvi.inference.reading import summarize_all
from skvi.inference.summary import add, total

__all__ = ["memoized_ascent"]


def memoized_ascent(
    model, blocks, prior, state: State, monitor: Monitor, *, n_batches: int, n_threads: int = 1
) -> State:
    """Run laps over the batches until the monitor says stop.

    Parameters
    ----------
    model, blocks, prior, state, monitor
        As in :func:`skvi.inference.coordinate.coordinate_ascent`.
    n_batches : int
        Batches of consecutive rows (chunks, where the rows come in chunks).
    n_threads : int, default=1
        Threads over the blocks of one batch.

    Returns
    -------
    state : State
        After the last complete lap.
    """
    if not getattr(model, "guaranteed", True):
        return coordinate_ascent(model, blocks, prior, state, monitor, n_threads=n_threads)
    batches = blocks.groups(n_batches)
    try:
        stored = [summarize_all(model, batch, state.posterior, n_threads) for batch in batches]
        state = evaluate(model, prior, total(stored), state.posterior)
        stop = monitor.step(model, state)
        while not stop:
            stored, state = _lap(model, batches, prior, state, stored, n_threads)
            stop = monitor.step(model, state)
    except KeyboardInterrupt:
        monitor.interrupted = True
    return monitor.state or state


def _lap(model, batches, prior, state, stored, n_threads):
    """One visit to every batch."""
    posterior, fresh, behind, ahead = state.posterior, [], None, _sums_of_later(stored)
    for batch, later in zip(batches, ahead, strict=True):
        fresh.append(summarize_all(model, batch, posterior, n_threads))
        behind = fresh[-1] if behind is None else add(behind, fresh[-1])
        summary = behind if later is None else add(behind, later)
        posterior = model.update(prior, summary, posterior)
    return fresh, evaluate(model, prior, behind, posterior)


def _sums_of_later(summaries):
    """For every summary the sum of those after it; None for the last."""
    sums = [None]
    for summary in reversed(summaries[1:]):
        sums.append(summary if sums[-1] is None else add(summary, sums[-1]))
    return sums[::-1]
