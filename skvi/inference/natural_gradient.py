"""Natural-gradient ascent for models whose update is a proposal, not a guaranteed step.

The posterior is kept by the summary it came from. A step moves a fraction of the way from that to
the summary the rows give at the posterior, which for a Gaussian posterior of the weights is a
natural-gradient step on the exact bound (Khan and Lin, 2017). Steps that lower the bound are halved
until they do not, so the bound never falls; a step that gains nothing more ends the fit.
"""

from __future__ import annotations

import numpy as np

from skvi.inference.reading import summarize_all
from skvi.inference.monitor import Monitor, State
from skvi.inference.summary import blend

__all__ = ["natural_gradient_ascent"]

_LEAST_STEP = 2.0**-30
_ROUNDING = 1e-12
_LEAST_GAIN = 1e-2  # in units of the tolerance: variances are then right to a per cent or two


def natural_gradient_ascent(
    model, blocks, prior, state: State, monitor: Monitor, *, n_threads=1
) -> State:
    """Climb until the monitor says stop.

    Parameters
    ----------
    model, blocks, prior, state, monitor
        As in :func:`skvi.inference.coordinate.coordinate_ascent`; the posterior of ``state`` is the
        update of its summary.
    n_threads : int, default=1
        Threads over blocks.

    Returns
    -------
    state : State
        After the last recorded iteration: the summary is that of the rows at the posterior, and
        the bound is exact.
    """
    climb = _Climb(model, blocks, prior, n_threads)
    try:
        origin, state = state.summary, climb.at(state.posterior)
        monitor.begin(model, state)
        size, stop = 1.0, monitor.step(model, state, exact=False)
        while not (stop or climb.is_done(state, monitor)):
            found = climb.step(origin, state, size)
            if found is None:
                monitor.converged = monitor.tol > 0.0
                break
            origin, state, size = found
            stop = monitor.step(model, state, exact=size == 1.0)
            size = min(2.0 * size, 1.0)
    except KeyboardInterrupt:
        monitor.interrupted = True
    return monitor.state or state


class _Climb:
    """Steps of one fit."""

    def __init__(self, model, blocks, prior, n_threads):
        self._model, self._blocks, self._prior = model, blocks, prior
        self._n_threads = n_threads

    def at(self, posterior):
        """State with the exact bound at a posterior: one reading of the rows."""
        summary = summarize_all(self._model, self._blocks, posterior, self._n_threads)
        terms = dict(self._model.bound(self._prior, posterior, summary))
        return State(self._prior, posterior, summary, terms)

    def step(self, origin, state, size):
        """The first of steps of falling size that does not lower the bound; None if none does."""
        slack = _ROUNDING * (1.0 + abs(state.bound))
        while size >= _LEAST_STEP:
            summary = blend(origin, state.summary, size)
            try:
                posterior = self._model.update(self._prior, summary, state.posterior)
                trial = self.at(posterior)
            except np.linalg.LinAlgError:
                trial = None
            if trial is not None and trial.bound >= state.bound - slack:
                return summary, trial, size
            size *= 0.5
        return None

    def is_done(self, state, monitor):
        """Whether a whole step would go nowhere, as the summary tells without reading the rows."""
        if monitor.tol == 0.0:
            return False
        try:
            posterior = self._model.update(self._prior, state.summary, state.posterior)
        except np.linalg.LinAlgError:
            return False
        gain = sum(self._model.bound(self._prior, posterior, state.summary).values()) - state.bound
        mean, sd = self._model.location(state.posterior)
        distance = np.max(np.abs(self._model.location(posterior)[0] - mean) / sd, initial=0.0)
        monitor.converged = bool(distance <= monitor.tol and gain <= _LEAST_GAIN * monitor.tol)
        return monitor.converged
