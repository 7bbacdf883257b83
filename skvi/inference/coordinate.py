"""Coordinate ascent: S <- sum over blocks; posterior <- update(S). The bound never falls."""

from __future__ import annotations

from contextlib import closing
from functools import partial

from skvi.inference.acceleration import Accelerator
from skvi.inference.monitor import Monitor, State, evaluate
from skvi.inference.summary import total
from skvi.inference.threads import ordered_map

__all__ = ["coordinate_ascent", "summarize_all"]


def summarize_all(model, blocks, posterior, n_threads: int = 1):
    """Summary of all blocks at one posterior, added in the order of the blocks."""
    if n_threads <= 1:
        return total(model.summarize(block, posterior) for block in blocks)
    if hasattr(model, "prepare"):
        model.prepare(posterior)  # once, before threads wait for one another
    work = ordered_map(partial(model.summarize, posterior=posterior), blocks, n_threads)
    with closing(work) as summaries:  # whatever happens, threads and BLAS are let go
        return total(summaries)


def coordinate_ascent(
    model, blocks, prior, state: State, monitor: Monitor, *, n_threads=1, accelerate=True
) -> State:
    """Run coordinate ascent until the monitor says stop.

    Parameters
    ----------
    model : Model
        The five verbs.
    blocks : Blocks
        The rows; read once per iteration, or not at all where ``model.rereads_rows`` is False.
    prior : NamedTuple
        As ``model.prior`` gives it.
    state : State
        Where to start.
    monitor : Monitor
        Records every iteration and decides when to stop.
    n_threads : int, default=1
        Threads over blocks.
    accelerate : bool, default=True
        Extrapolate once plain ascent is slow; an extrapolation is kept only where the bound does
        not fall (see :mod:`skvi.inference.acceleration`).

    Returns
    -------
    state : State
        After the last recorded iteration. An interrupt from the keyboard ends the loop early and
        sets ``monitor.interrupted``.
    """
    accelerator = Accelerator(model) if accelerate else None
    try:
        monitor.begin(model, state)
        while not monitor.exhausted:
            proposal = accelerator.propose(prior, state) if accelerator else None
            if proposal is not None:
                trial = _sweep(model, blocks, prior, proposal, n_threads)
                if accelerator.accept(trial, state):
                    state = trial
                    if monitor.step(model, state):
                        break
                continue
            state = _sweep(model, blocks, prior, state, n_threads)
            if monitor.step(model, state):
                break
    except KeyboardInterrupt:
        monitor.interrupted = True
    return monitor.state or state


def _sweep(model, blocks, prior, state, n_threads):
    summary = state.summary
    if model.rereads_rows:
        summary = summarize_all(model, blocks, state.posterior, n_threads)
    return evaluate(model, prior, summary, state.posterior)
