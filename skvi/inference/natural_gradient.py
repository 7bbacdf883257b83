"""Natural-gradient ascent for models whose update is a proposal, not a guaranteed step.

The posterior is kept by the summary it came from. A step moves a fraction of the way from that to
the summary the rows give at the posterior, which for a Gaussian posterior of the weights is a
natural-gradient step on the exact bound (Khan and Lin, 2017). Before one is taken, what the last
few together point to is tried (Anderson mixing), and kept if the bound is higher there. Steps that
lower the bound are halved until they do not, so the bound never falls; a step that gains nothing
more ends the fit.
"""

from __future__ import annotations

import numpy as np

from skvi.inference.mixing import Mixing
from skvi.inference.monitor import Monitor, State
from skvi.inference.reading import summarize_all
from skvi.inference.summary import add, blend

__all__ = ["exact_state", "natural_gradient_ascent"]

_LEAST_STEP = 2.0**-30
_ROUNDING = 1e-12
_SEEN = 1e-10  # relative gains that rounding leaves to be seen
_SAME = 1e-4  # posterior standard deviations
_LEAST_GAIN = 1e-2  # in units of the tolerance: variances are then right to a per cent or two


def exact_state(model, blocks, prior, posterior, n_threads=1, past=None) -> State:
    """State with the exact bound at a posterior: one reading of the rows.

    Parameters
    ----------
    model, blocks, prior
        As in :func:`natural_gradient_ascent`.
    posterior : NamedTuple
    n_threads : int, default=1
    past : NamedTuple or None, default=None
        Summary of rows that are not read again.

    Returns
    -------
    State
    """
    summary = summarize_all(model, blocks, posterior, n_threads)
    if past is not None:
        summary = add(past, summary)
    return State(prior, posterior, summary, dict(model.bound(prior, posterior, summary)))


def natural_gradient_ascent(
    model, blocks, prior, state: State, monitor: Monitor, *, n_threads=1, past=None
) -> State:
    """Climb until the monitor says stop.

    Parameters
    ----------
    model, blocks, prior, state, monitor
        As in :func:`skvi.inference.coordinate.coordinate_ascent`; the posterior of ``state`` is the
        update of its summary.
    n_threads : int, default=1
        Threads over blocks.
    past : NamedTuple or None, default=None
        Summary of rows that are not read again: it stays as it is.

    Returns
    -------
    state : State
        After the last recorded iteration: the summary is that of the rows at the posterior, and
        the bound is exact.
    """
    climb = _Climb(model, blocks, prior, n_threads, past)
    try:
        origin, state = state.summary, climb.at(state.posterior)
        monitor.begin(model, state)
        size, stop = 1.0, monitor.step(model, state, exact=False)
        while not (stop or climb.is_done(state, monitor)):
            leap = climb.leap(origin, state, size)
            found = leap or climb.step(origin, state, size)
            if found is None:
                monitor.converged = climb.is_flat(state, monitor)
                break
            gain = found[1].bound - state.bound
            halved = found[2] < size
            origin, state, size = found
            stop = monitor.step(model, state, exact=size == 1.0 and not leap)
            if not leap and monitor.change <= monitor.tol and gain <= _LEAST_GAIN * monitor.tol:
                # No step gains more, which is the end whether or not it was a whole one.
                monitor.converged = monitor.tol > 0.0
                break
            size = size if halved else min(2.0 * size, 1.0)
    except KeyboardInterrupt:
        monitor.interrupted = True
    return monitor.state or state


class _Climb:
    """Steps of one fit."""

    def __init__(self, model, blocks, prior, n_threads, past):
        self._model, self._prior = model, prior
        self._rest = n_threads, past
        self._blocks = blocks
        self._mixing = Mixing()
        self._whole = None  # the last state that was asked where it leads, and the answer

    def at(self, posterior):
        """State with the exact bound at a posterior."""
        return exact_state(self._model, self._blocks, self._prior, posterior, *self._rest)

    def leap(self, origin, state, size):
        """Where the last few steps together point to, if the bound is higher there; or None."""
        summary = None
        try:
            _, step, gain = self._lead(state)
            if gain > _SEEN * (1.0 + abs(state.bound)):
                summary = self._mixing.propose(origin, state.summary, step, size)
            if summary is None:
                return None
            trial = self.at(self._update(summary, state))
        except np.linalg.LinAlgError:
            trial = None
        if trial is not None and trial.bound > state.bound and self._holds(summary, trial):
            return summary, trial, size
        self._mixing.reject()
        return None

    def _holds(self, summary, state):
        """Whether the summary leads to the same posterior from there: small steps then begin there.

        Where a learned scale and the weights can balance in two ways it may not.
        """
        if hasattr(self._model, "anchored"):
            summary = self._model.anchored(self._prior, state.posterior, summary)
        try:
            again = self._model.update(self._prior, summary, state.posterior)
        except np.linalg.LinAlgError:
            return False
        mean, sd = self._model.location(state.posterior)
        return bool(np.max(np.abs(self._model.location(again)[0] - mean) / sd, initial=0.0) < _SAME)

    def step(self, origin, state, size):
        """The first of steps of falling size that does not lower the bound; None if none does."""
        slack = _ROUNDING * (1.0 + abs(state.bound))
        if hasattr(self._model, "anchored"):
            origin = self._model.anchored(self._prior, state.posterior, origin)
        while size >= _LEAST_STEP:
            summary = blend(origin, state.summary, size) if size < 1.0 else state.summary
            try:
                trial = self.at(self._update(summary, state))
            except np.linalg.LinAlgError:
                trial = None
            if trial is not None and trial.bound >= state.bound - slack:
                return summary, trial, size
            size *= 0.5
        return None

    def is_done(self, state, monitor):
        """Whether a whole step would go nowhere, as the summary tells without reading the rows."""
        distance, gain = self._promise(state)
        still = distance <= monitor.tol and gain <= _LEAST_GAIN * monitor.tol
        monitor.converged = bool(still and monitor.tol > 0.0)
        return monitor.converged

    def is_flat(self, state, monitor):
        """Whether no more than the tolerance could have been gained where no step gained."""
        gain = self._promise(state)[1]
        return bool(monitor.tol > 0.0 and gain <= monitor.tol * max(monitor.n_rows, 1.0))

    def _promise(self, state):
        """How far a whole step goes, in standard deviations, and what it promises to gain."""
        try:
            _, step, gain = self._lead(state)
        except np.linalg.LinAlgError:
            return np.inf, np.inf
        return np.max(np.abs(step[: len(step) // 2]), initial=0.0), gain

    def _update(self, summary, state):
        """The posterior a summary leads to from a state."""
        if summary is state.summary:
            return self._lead(state)[0]
        return self._model.update(self._prior, summary, state.posterior)

    def _lead(self, state):
        """The posterior a whole step leads to; how far, means and log sds; what it promises."""
        if self._whole is None or self._whole[0] is not state:
            posterior = self._model.update(self._prior, state.summary, state.posterior)
            mean, sd = self._model.location(state.posterior)
            there, spread = self._model.location(posterior)
            step = np.concatenate([(there - mean) / sd, np.log(spread / sd)])
            promised = sum(self._model.bound(self._prior, posterior, state.summary).values())
            self._whole = state, (posterior, step, promised - state.bound)
        return self._whole[1]
