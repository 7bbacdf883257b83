"""Streaming: yesterday's posterior is today's prior.

The summary of everything seen so far is kept, with the responsibilities of old rows as they were;
new rows add to it. Exact where the summary does not depend on the posterior (conjugate regression);
otherwise the new rows are swept until they settle, and the bound is a bound for all rows seen.
A model whose update is no guaranteed step keeps a quadratic in the place of old rows, which touched
their bound at the posterior they left behind. With a forgetting factor below one the old summary is
multiplied by it first (a power prior).
"""

from __future__ import annotations

from skvi.inference.monitor import Monitor, State, evaluate
from skvi.inference.natural_gradient import natural_gradient_ascent
from skvi.inference.reading import summarize_all
from skvi.inference.summary import add, scale

__all__ = ["absorb"]


def absorb(
    model,
    blocks,
    prior,
    state: State,
    monitor: Monitor,
    *,
    forgetting_factor: float = 1.0,
    n_threads=1,
) -> State:
    """Take new rows into a posterior.

    Parameters
    ----------
    model, prior, monitor
        As in :func:`skvi.inference.coordinate.coordinate_ascent`.
    blocks : Blocks
        The new rows.
    state : State
        What is known so far.
    forgetting_factor : float, default=1.0
        In (0, 1]: what each old row still counts.
    n_threads : int, default=1
        Threads over blocks.

    Returns
    -------
    state : State
        Posterior and bound for all rows seen.
    """
    past = state.summary
    if forgetting_factor != 1.0:
        past = scale(past, forgetting_factor)
    if not getattr(model, "guaranteed", True):
        options = {"n_threads": n_threads, "past": past}
        return natural_gradient_ascent(model, blocks, prior, state, monitor, **options)
    try:
        stop = False
        while not stop:
            fresh = summarize_all(model, blocks, state.posterior, n_threads)
            state = evaluate(model, prior, add(past, fresh), state.posterior)
            stop = monitor.step(model, state)
    except KeyboardInterrupt:
        monitor.interrupted = True
    return monitor.state or state
