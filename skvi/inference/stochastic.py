"""Stochastic ascent: S <- (1 - rho) S + rho (N / B) summarize(batch).

A blend of summaries is a natural-gradient step on the bound (Hoffman, Blei, Wang and Paisley,
2013). With all rows in the batch and step one it is a sweep of coordinate ascent.

The summaries of the batches of one pass add up to one of all rows, each row taken at the posterior
of its turn. The bound at that sum is exact, whatever the steps, so passes can be compared. (A model
whose update is no guaranteed step has its bound worked out in one more reading.) Random
passes climb fast at first and then wander: they are given up for exact sweeps as soon as one of
three things is seen. The steps of a pass add up to less than one, so that even without noise a
sweep would go further; the bounds of the latest passes are no higher, beyond their noise, than
those of the passes before; or a pass moved nothing. The sweeps end by
the rule of all fits, or where ten of them gain next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skvi.inference.coordinate import coordinate_ascent
from skvi.inference.monitor import Monitor, State, evaluate
from skvi.inference.natural_gradient import exact_state
from skvi.inference.reading import summarize_all
from skvi.inference.summary import add, blend, scale

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
    """Run passes of stochastic natural-gradient steps, then exact sweeps until the fit converges.

    The monitor hears of every pass and of every sweep; their bounds are exact. A model that reads
    its rows once has a complete summary to start with: nothing is left to blend, and its sweeps
    read no rows. With a tolerance of zero all iterations of any model are random passes.

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
        Threads over the blocks of a batch and of the sweeps.

    Returns
    -------
    state : State
        After the last iteration. Where that was a random pass, because no iterations were left or
        a stop was asked for, one more exact sweep takes its place. After an interrupt: the last
        complete iteration.
    """
    sweeps = {"n_threads": n_threads, "accelerate": model.rereads_rows}
    if not model.rereads_rows and monitor.tol > 0.0:
        return coordinate_ascent(model, blocks, prior, state, monitor, **sweeps)
    passes = _Passes(model, prior, state, step_size, n_threads)
    try:
        monitor.begin(model, state)
        stop = False
        while not stop:
            state = passes.run(blocks, blocks.batches(batch_size, rng), state)
            stop = monitor.step(model, state, exact=False)
            if not stop and monitor.tol > 0.0 and (passes.distance < 1.0 or monitor.stalled):
                monitor.relax()
                return coordinate_ascent(model, blocks, prior, state, monitor, **sweeps)
        state = _finish(model, blocks, prior, state, monitor, n_threads)
    except KeyboardInterrupt:
        monitor.interrupted = True
    return state


class _Passes:
    """Random passes: the blend goes on from pass to pass, each gives the sum over its batches."""

    def __init__(self, model, prior, state, step_size, n_threads):
        self._model, self._prior, self._step_size = model, prior, step_size
        self._blend, self._posterior = state.summary, state.posterior
        self._n_threads, self._step, self.distance = n_threads, 0, 0.0

    def run(self, blocks, batches, state):
        """State at the summary of all rows that one pass adds up."""
        self.distance, whole = 0.0, None
        for batch in batches:
            size = self._step_size(self._step)
            self._step += 1
            self.distance += size
            weight = batch.total_weight
            if weight == 0.0:
                continue
            part = summarize_all(self._model, batch, self._posterior, self._n_threads)
            whole = part if whole is None else add(whole, part)
            if weight != blocks.total_weight:
                part = scale(part, blocks.total_weight / weight)
            self._blend = blend(self._blend, part, size)
            self._posterior = self._model.update(self._prior, self._blend, self._posterior)
        if not getattr(self._model, "guaranteed", True):
            return self._exact(blocks)
        return evaluate(self._model, self._prior, whole, state.posterior)

    def _exact(self, blocks):
        """State where the blend has led, with the exact bound; the blend is what it came from."""
        arguments = self._model, blocks, self._prior, self._posterior, self._n_threads
        return exact_state(*arguments)._replace(summary=self._blend)


def _finish(model, blocks, prior, state, monitor, n_threads):
    """Put an exact sweep in the place of the last random pass."""
    if not getattr(model, "guaranteed", True):
        monitor.state = exact_state(model, blocks, prior, state.posterior, n_threads)
        return monitor.state
    summary = summarize_all(model, blocks, state.posterior, n_threads)
    state = evaluate(model, prior, summary, state.posterior)
    monitor.history[-1] = state.bound
    monitor.state = state
    return state
