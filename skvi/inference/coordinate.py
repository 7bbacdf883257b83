"""Coordinate ascent: S <- sum over blocks; posterior <- update(S). The bound never falls.

Where the update of a model is no guaranteed step, a fraction of it is taken that is one: see
:mod:`skvi.inference.natural_gradient`.
"""

from __future__ import annotations

from skvi.inference.acceleration import Accelerator
from skvi.inference.monitor import Monitor, State, evaluate
from skvi.inference.natural_gradient import natural_gradient_ascent
from skvi.inference.reading import summarize_all

__all__ = ["coordinate_ascent"]


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
    if not getattr(model, "guaranteed", True):
        options = {"n_threads": n_threads}
        return natural_gradient_ascent(model, blocks, prior, state, monitor, **options)
    # where no row is read again there is but one summary
    accelerator = Accelerator(model) if accelerate and model.rereads_rows else None
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
