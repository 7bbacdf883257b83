"""Quasi-Newton steps of the means of weights that the posterior holds apart.

Where weights are independent, each or block by block, a natural-gradient step moves every block as
if the others stood still. Here the means move together: a limited-memory quasi-Newton method
(Nocedal, 1980) whose first guess of the inverse curvature is the posterior covariance, while
variances and scales go to where they balance with the new means. Every accepted step raises the
exact bound.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from skvi.inference.natural_gradient import exact_state
from skvi.models.linear_predictor.site import times
from skvi.models.linear_predictor.solve import spreads_at

__all__ = ["quasi_newton_ascent"]

_MEMORY = 20
_LEAST_STEP = 2.0**-20
_ROUNDING = 1e-12
_LEAST_GAIN = 1e-2


def quasi_newton_ascent(model, blocks, prior, state, monitor, *, n_threads=1):
    """Climb until the monitor says stop.

    Parameters
    ----------
    model : DiagonalPredictorModel or BlockwisePredictorModel
    blocks, prior, state, monitor, n_threads
        As in :func:`skvi.inference.coordinate.coordinate_ascent`.

    Returns
    -------
    state : State
        After the last recorded iteration; the bound is exact.
    """
    climb = _Climb(model, blocks, prior, n_threads)
    try:
        state = climb.at(state.posterior)
        monitor.begin(model, state)
        stop = monitor.step(model, state, exact=False)
        while not stop:
            found = climb.step(state)
            if found is None:
                monitor.converged = monitor.tol > 0.0
                break
            gain, state = found.bound - state.bound, found
            stop = monitor.step(model, state, exact=False)
            if monitor.change <= monitor.tol and gain <= monitor.tol * _LEAST_GAIN:
                monitor.converged = monitor.tol > 0.0
                break
    except KeyboardInterrupt:
        monitor.interrupted = True
    return monitor.state or state


class _Climb:
    """Steps of one fit, and what they have told about curvature."""

    def __init__(self, model, blocks, prior, n_threads):
        self._model, self._blocks, self._prior = model, blocks, prior
        self._n_threads = n_threads
        self._pairs = deque(maxlen=_MEMORY)

    def at(self, posterior):
        """State with the exact bound at a posterior: one reading of the rows."""
        arguments = self._model, self._blocks, self._prior, posterior, self._n_threads
        return exact_state(*arguments)

    def step(self, state):
        """The first step of falling length that does not lower the bound; None if none does."""
        posterior = state.posterior
        gradient = self._gradient(state, posterior)
        direction, size = self._direction(gradient, posterior), 1.0
        least = state.bound - _ROUNDING * (1.0 + abs(state.bound))
        moving = True  # variances and scale, to where they balance with the new means
        while size >= _LEAST_STEP:
            trial = self._trial(state, posterior.mean + size * direction, moving)
            if trial.bound >= least:
                change = gradient - self._gradient(trial, trial.posterior)
                self._remember(size * direction, change)
                return trial
            if moving:
                moving = False
                continue
            size *= 0.25
            if size < 0.01 and self._pairs:
                self._pairs.clear()
                direction, size = self._model.conditioned(gradient, posterior), 0.5
        return None

    def _trial(self, state, mean, moving):
        posterior = state.posterior._replace(mean=mean)
        if moving:
            arguments = self._prior, state.summary, self._model.likelihood
            posterior = spreads_at(*arguments, state.posterior, mean)
        return self.at(posterior)

    def _gradient(self, state, posterior):
        """Slope of the bound in the means."""
        site, prior = state.summary, self._prior
        own = site.linear - times(site.precision, posterior.mean)
        precision = prior.fixed + self._model.prior_precision(prior, posterior) * prior.scaled
        return own - precision * (posterior.mean - prior.mean)

    def _direction(self, gradient, posterior):
        """Two loops over the memory."""
        direction, shares = gradient.copy(), []
        for moved, change, inverse in reversed(self._pairs):
            share = inverse * (moved @ direction)
            shares.append(share)
            direction -= share * change
        if self._pairs:
            moved, change, _ = self._pairs[-1]
            guess = self._model.conditioned(change, posterior)
            direction *= (moved @ change) / (change @ guess)
        direction = self._model.conditioned(direction, posterior)
        for (moved, change, inverse), share in zip(self._pairs, reversed(shares), strict=True):
            direction += (share - inverse * (change @ direction)) * moved
        return direction

    def _remember(self, moved, change):
        product = moved @ change
        if product > 1e-10 * np.linalg.norm(moved) * np.linalg.norm(change):
            self._pairs.append((moved, change, 1.0 / product))
