"""A linear predictor whose weights are independent under the posterior, for many columns.

The five verbs are those of :class:`~skvi.models.linear_predictor.model.LinearPredictorModel` with
diagonals in place of matrices. Their steps take every weight on its own; over all rows the means
are moved together instead, by a limited-memory quasi-Newton method whose first guess of the inverse
curvature is the posterior's variances (Nocedal, 1980). Every accepted step raises the exact bound.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from skvi.inference.natural_gradient import exact_state
from skvi.models.linear_predictor.design.diagonal import DiagonalRows
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.linear_predictor.solve import spreads_at

__all__ = ["DiagonalPredictorModel", "quasi_newton_ascent"]

_MEMORY = 20
_LEAST_STEP = 2.0**-20
_ROUNDING = 1e-12
_LEAST_GAIN = 1e-2


class DiagonalPredictorModel(LinearPredictorModel):
    """A likelihood of one predictor with independent normal weights.

    Parameters
    ----------
    likelihood, prior, fit_intercept, n_features, has_offset, target_location, target_unit
        As of :class:`LinearPredictorModel`.
    """

    diagonal = True
    column_means = None
    """Of sparse columns with an intercept: in the units of the weights."""

    def moments(self, X, offset, posterior):
        """Normal distribution of the predictors of some rows."""
        rows = DiagonalRows(X, posterior.units)
        mean, variance = rows.both(posterior.mean, posterior.root)
        return rows, mean if offset is None else mean + offset, variance

    def _products(self, rows, slope, curvature, inner, posterior):
        """Site of some rows: slopes at the posterior, and the diagonal of the curvature."""
        linear, square = rows.sums(slope, curvature)
        return linear + square * posterior.mean, square


def quasi_newton_ascent(model, blocks, prior, state, monitor, *, n_threads=1):
    """Climb until the monitor says stop.

    Parameters
    ----------
    model : DiagonalPredictorModel
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
        direction, size = self._direction(gradient, posterior.root**2), 1.0
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
                direction, size = self._conditioned(gradient, posterior.root**2), 0.5
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
        own = site.linear - site.precision * posterior.mean
        precision = prior.fixed + self._model.prior_precision(prior, posterior) * prior.scaled
        return own - precision * (posterior.mean - prior.mean)

    def _direction(self, gradient, variance):
        """Two loops over the memory."""
        direction, shares = gradient.copy(), []
        for moved, change, inverse in reversed(self._pairs):
            share = inverse * (moved @ direction)
            shares.append(share)
            direction -= share * change
        if self._pairs:
            moved, change, _ = self._pairs[-1]
            direction *= (moved @ change) / (change @ self._conditioned(change, variance))
        direction = self._conditioned(direction, variance)
        for (moved, change, inverse), share in zip(self._pairs, reversed(shares), strict=True):
            direction += (share - inverse * (change @ direction)) * moved
        return direction

    def _conditioned(self, vector, variance):
        """First guess of the inverse curvature: diagonal once columns are at their means."""
        means = self._model.column_means
        if means is None:
            return variance * vector
        result = variance * vector
        result[:-1] -= variance[:-1] * means * vector[-1]
        result[-1] -= means @ result[:-1]
        return result

    def _remember(self, moved, change):
        product = moved @ change
        if product > 1e-10 * np.linalg.norm(moved) * np.linalg.norm(change):
            self._pairs.append((moved, change, 1.0 / product))
