"""Coordinate ascent of mixtures with full covariances over few rows, nearly all of it compiled.

Over few rows a lap in array code is all overhead. Here a lap is two calls: the pass over the rows
(``kernels/dense/row_pass.py``) and the conjugate update (``compiled_update.py``). Rows are
whitened, so that the quadratic form of the logits is accurate whatever the units and the condition
of the columns. The bound of a run is taken elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.families.dirichlet import Dirichlet
from skvi.models.gaussian_mixture.compiled_update import update_coefficients
from skvi.models.gaussian_mixture.kernels import RepeatedPass
from skvi.models.gaussian_mixture.weights import best_order
from skvi.numerics.frozen import frozen
from skvi.numerics.moments import Moments

__all__ = ["WhitenedRows", "climb"]

_PATIENCE = 2.0


class WhitenedRows(NamedTuple):
    """Rows in coordinates in which their covariance is near the identity.

    Attributes
    ----------
    X : ndarray of shape (n, D)
        ``(rows - center) factor'``.
    weights : ndarray of shape (n,)
    center : ndarray of shape (D,)
    factor, inverse : ndarray of shape (D, D)
    """

    X: np.ndarray
    weights: np.ndarray
    center: np.ndarray
    factor: np.ndarray
    inverse: np.ndarray

    @classmethod
    def of(cls, weights, center, factor, lifted):
        """The same, from what whitening gives."""
        return cls(frozen(lifted[:, :-1]), frozen(weights), center, factor, np.linalg.inv(factor))


def climb(rows, prior, sticks, moments, laps, tolerance):
    """Run laps of several mixtures, from the last to the first.

    A run is given up where it would not come to explain the rows as well as the best so far even
    if it went on at twice its pace.

    Parameters
    ----------
    rows : WhitenedRows
    prior : NormalWishart
        Of one component.
    sticks : StickBreaking or Dirichlet
    moments : Moments
        To start from, with a leading axis for the mixtures.
    laps : int
        At the most.
    tolerance : float
        A run ends early once a lap moves no posterior mean by more than this many posterior
        standard deviations.

    Returns
    -------
    (Moments, ndarray) or None
        Moments, the heaviest component first, and entropies of the responsibilities of the last
        lap; None where a scale matrix is not positive definite, or a component is so narrow that
        the form of the logits is not good enough, or moments are no numbers in the units of the
        rows.
    """
    n_mixtures, n_components, n_features = moments.mean.shape
    engine = RepeatedPass(rows.X, rows.weights, n_components)
    sums = engine.sums_of(_whitened(rows, moments))
    race = _Race(rows, prior, sticks, n_components)
    entropy = np.zeros(n_mixtures)
    for mixture in reversed(range(n_mixtures)):
        entropy[mixture] = race.run(engine, sums[mixture], laps, tolerance)
    with np.errstate(over="ignore", invalid="ignore"):
        found = _largest_first(_as_given(rows, engine.moments_of(sums)))
    sound = np.isfinite(entropy).all() and np.isfinite(found.scatter).all()
    return (found, entropy) if sound else None


class _Race:
    """What the runs share."""

    def __init__(self, rows, prior, sticks, n_components):
        n_features = rows.center.size
        self.sticks = None if isinstance(sticks, Dirichlet) else sticks
        self.prior = (
            frozen(rows.factor @ (prior.mean - rows.center)),
            frozen(rows.factor @ prior.scale_matrix @ rows.factor.T),
            float(prior.mean_precision),
            float(prior.degrees_of_freedom),
            frozen(sticks[0]),
            frozen(np.empty(0) if self.sticks is None else sticks.failure),
        )
        self.best, self.order = -np.inf, np.arange(n_components)
        shapes = (n_components, n_features), (n_features, n_features), (n_features,)
        self.scratch = tuple(np.zeros(shape) for shape in shapes)

    def run(self, engine, sums, laps, tolerance):
        """Laps of one mixture, whose sums are changed; gives the entropy, or nan."""
        value, order = -np.inf, self.order
        for lap in range(laps):
            if self.sticks is not None:
                order = best_order(self.sticks, sums[0, : order.size])
            moved, norm = update_coefficients(*self.prior, sums, order, *self.scratch, engine.table)
            if not moved >= 0.0:
                return np.nan
            if lap > 0 and moved <= tolerance:
                break
            before, value = value, engine.run(sums, norm)
            pace = max(value - before, 0.0)
            if not value + _PATIENCE * (laps - lap) * pace >= self.best:
                break
        self.best = max(self.best, value)
        return np.nan if np.isnan(value) else engine.totals.item(0)


def _whitened(rows, moments):
    mean = (moments.mean - rows.center) @ rows.factor.T
    return Moments(moments.weight, mean, rows.factor @ moments.scatter @ rows.factor.T)


def _largest_first(moments):
    """The same with components by decreasing weight, mostly the order that results end in."""
    order = (-moments.weight).argsort(axis=1, kind="stable")
    mixtures = np.arange(len(order))[:, None]
    return Moments(*(field[mixtures, order] for field in moments))


def _as_given(rows, moments):
    mean = rows.center + moments.mean @ rows.inverse.T
    return Moments(moments.weight, mean, rows.inverse @ moments.scatter @ rows.inverse.T)
