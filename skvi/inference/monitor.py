"""The record of a fit: bounds, convergence and who wants to hear about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Monitor", "State", "evaluate"]

_ROUNDING = 1e-11
_MOST_FALLEN = 10
_WINDOW = 5
_STANDARD_ERRORS = 2.0
_SWEEPS = 10


class State(NamedTuple):
    """Everything a trainer holds after a complete iteration.

    Attributes
    ----------
    prior, posterior, summary : NamedTuple
        As the model defines them.
    terms : dict of str to float
        The evidence lower bound, term by term.
    """

    prior: Any
    posterior: Any
    summary: Any
    terms: dict

    @property
    def bound(self) -> float:
        """The evidence lower bound: the sum of its terms, in nats."""
        return float(sum(self.terms.values()))


def evaluate(model, prior, summary, posterior=None) -> State:
    """Update the posterior from a summary and evaluate the bound there."""
    posterior = model.update(prior, summary, posterior)
    return State(prior, posterior, summary, dict(model.bound(prior, posterior, summary)))


class Monitor:
    """Records the bound of every iteration and says when to stop.

    A fit has converged when one iteration changes the bound by less than ``tol`` nats per row
    *and* moves no posterior mean by more than ``tol`` posterior standard deviations.

    Parameters
    ----------
    tol : float
        See above. Zero means: run all iterations.
    max_iter : int
        Iterations at the most.
    n_rows : float
        Total weight of the rows.
    report : callable, default=None
        Called as ``report(monitor, state)`` after every iteration; True asks for a stop.

    Attributes
    ----------
    history : list of float
        The bound after every iteration.
    change : float
        Largest movement of a posterior mean at the last iteration, in standard deviations.
    converged : bool
        Whether the criterion was met.
    interrupted : bool
        Whether the fit was stopped from the keyboard.
    stopped : bool
        Whether the report asked for a stop.
    lost : float
        By how much the bound is below that of the last recorded iteration.
    state : State or None
        After the last complete iteration.
    advice : str or None
        What is wrong, where the fit ended well and yet gives little to rely on.
    """

    def __init__(
        self,
        tol: float = 1e-3,
        max_iter: int = 1000,
        n_rows: float = 1.0,
        report: Callable | None = None,
    ):
        self.tol, self.max_iter, self.n_rows, self.report = tol, max_iter, n_rows, report
        self.history: list[float] = []
        self.change = np.inf
        self.converged = False
        self.interrupted = False
        self.stopped = False
        self.lost = 0.0
        self.state: State | None = None
        self.advice: str | None = None
        self._bound, self._location, self._still = -np.inf, None, False
        self._relaxed: int | None = None
        self._fallen = 0

    @property
    def exhausted(self) -> bool:
        """Whether no iteration is left."""
        return len(self.history) >= self.max_iter

    def begin(self, model, state: State) -> None:
        """Take a start that the first iteration can be compared with."""
        self._bound, self._location = state.bound, model.location(state.posterior)

    @property
    def stalled(self) -> bool:
        """Whether random iterations get nowhere: the last one moved nothing, or noise prevails.

        The latter where the mean bound of the latest five iterations is not above that of the five
        before by two standard errors, as the spread within both gives them. A steady climb of any
        slope is five standard errors.
        """
        if self._still:
            return True
        if len(self.history) < 2 * _WINDOW:
            return False
        before, after = np.reshape(self.history[-2 * _WINDOW :], (2, _WINDOW))
        error = math.sqrt((before.var(ddof=1) + after.var(ddof=1)) / _WINDOW)
        return bool(after.mean() - before.mean() <= _STANDARD_ERRORS * error)

    def step(self, model, state: State, *, exact: bool = True) -> bool:
        """Record one complete iteration; True where the fit should stop.

        Only rounding can lower the bound of an exact iteration. One that lowers it by more than a
        little is not recorded, and where ten in a row are below the last that was, the fit ends
        with that: arithmetic has no digits left.

        Parameters
        ----------
        model : Model
            Its ``location`` says how far the posterior moved.
        state : State
            After the iteration.
        exact : bool, default=True
            False for an iteration of small or random steps: it may move little and yet be far
            from the end, so the fit has not converged by it.

        Returns
        -------
        bool
            The fit has converged, or the report asks for a stop, or no iteration is left.
        """
        self.change = self._movement(model.location(state.posterior))
        if exact and self.history and self._has_lost(state):
            return self._ends_below()
        previous = self._bound
        self._record(state)
        gain = abs(self._bound - previous) / max(self.n_rows, 1.0)
        self._still = gain <= self.tol and self.change <= self.tol
        self.converged = exact and (self._still or self._level()) and self.tol > 0.0
        return self._reported(state) or self.converged or self.exhausted

    def _record(self, state):
        self.lost, self._fallen = 0.0, 0
        self._bound = state.bound
        self.history.append(self._bound)
        self.state = state

    def _reported(self, state):
        if self.report is not None and self.report(self, state):
            self.stopped = True
        return self.stopped

    def _has_lost(self, state):
        self.lost = self._bound - state.bound
        return self.lost > _ROUNDING * (1.0 + abs(self._bound))

    def _ends_below(self):
        self._fallen += 1
        ended = self._fallen == _MOST_FALLEN or self.change <= self.tol
        self.converged = ended and 0.0 < self.lost <= self.tol * max(self.n_rows, 1.0)
        return ended

    def relax(self) -> None:
        """From now on ten exact iterations that gain no more than ``tol`` nats are enough.

        For what follows random iterations: whoever chose them wants few passes over the rows, and
        the movement of posterior means can stay above ``tol`` for hundreds of iterations along
        directions in which the bound is flat.
        """
        self._relaxed = len(self.history)

    def _level(self):
        if self._relaxed is None or len(self.history) < self._relaxed + _SWEEPS:
            return False
        return self._bound - self.history[-1 - _SWEEPS] <= self.tol

    def settle(self, state: State) -> None:
        """Record the only iteration of a fit that needs no other."""
        self._record(state)
        self._reported(state)
        self.converged, self.change = True, 0.0

    def _movement(self, location):
        mean, sd = location
        previous, self._location = self._location, location
        if previous is None or previous[0].shape != mean.shape:
            return np.inf
        moved = np.abs(mean - previous[0])
        return float(np.max(np.where(moved > 0.0, moved / sd, 0.0), initial=0.0))
