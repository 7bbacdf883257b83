"""Stochastic ascent: S <- (1 - rho) S + rho (N / B) summarize(batch).

A blend of summaries is a natural-gradient step on the bound (Hoffman, Blei, Wang and Paisley,
2013). With all rows in the batch and step one it is a sweep of coordinate ascent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skvi.inference.coordinate import summarize_all
from skvi.inference.monitor import Monitor, State, evaluate
from skvi.inference.summary import blend, scale

__all__ = ["stochastic_ascent"]


def stochastic_ascent(
    model,
    blocks,
    prior,
    state: State,
    monitor: Monitor,
    *,
    step_size: Callable[[int], float],
    batch_size: int,
    rng: np.random.RandomState,
    n_threads: int = 1,
) -> State:
    """Run passes of stochastic natural-gradient steps, then one exact sweep over all rows.

    The monitor hears of every pass; the bound it records is an estimate, taken at the blended
    summary, except for the last one, which is exact.

    Parameters
    ----------
    model, blocks, prior, state, monitor
        As in :func:`skvi.inference.coordinate.coordinate_ascent`.
    step_size : callable
        Size of step number t = 0, 1, ...
    batch_size : int
        Rows per step.
    rng : RandomState
        Draws the order of the rows.
    n_threads : int, default=1
        Threads over the blocks of a batch and of the last sweep.

    Returns
    -------
    state : State
        After the exact sweep, or after the last complete pass where the fit was interrupted.
    """
    step, stop = 0, False
    try:
        while not (stop or monitor.exhausted):
            latest = state
            for batch in blocks.batches(batch_size, rng):
                latest = _step(model, batch, prior, latest, blocks, step_size(step), n_threads)
                step += 1
            state = latest
            stop = monitor.step(model, state)
        state = _finish(model, blocks, prior, state, monitor, n_threads)
    except KeyboardInterrupt:
        monitor.interrupted = True
    return state


def _step(model, batch, prior, state, blocks, size, n_threads):
    weight = batch.total_weight
    if weight == 0.0:
        return state
    estimate = summarize_all(model, batch, state.posterior, n_threads)
    if weight != blocks.total_weight:
        estimate = scale(estimate, blocks.total_weight / weight)
    return evaluate(model, prior, blend(state.summary, estimate, size), state.posterior)


def _finish(model, blocks, prior, state, monitor, n_threads):
    """Replace the estimated bound of the last pass by the exact one at an exact summary."""
    summary = summarize_all(model, blocks, state.posterior, n_threads)
    state = evaluate(model, prior, summary, state.posterior)
    if monitor.history:
        monitor.history[-1] = state.bound
    monitor.state = state
    return state
