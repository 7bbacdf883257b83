"""Compound distributions: a target whose own distribution has a normal parameter, integrated out.

    p(y_i) = integral p(y_i | eta) N(eta; mean_i, variance_i) d eta,

by the rules of :mod:`skvi.numerics.normal_average`: right to 1e-7 of each density and probability,
in the tails as well, and where the conditional distribution is much narrower than the normal.
Frozen, over rows, with scipy's names.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import ndtri, roots_hermitenorm

from skvi.families.intervals import central_interval
from skvi.numerics.increasing_root import increasing_root
from skvi.numerics.normal_average import GRID, finer_average, grid_average
from skvi.numerics.random_states import as_generator

__all__ = ["MOST", "CompoundDistribution", "normal_nodes"]

_FEW_NODES = 24
_SMOOTH = 0.4  # spread of the parameter, in widths of the conditional, up to which few nodes do
_FARTHEST = 8.5
_MOST_NODES = 257  # quantiles that need more are found again, each with its own nodes
MOST = 1e300
"""Largest quantile that is searched for."""
_DIGITS = 1e-15
_MISSED = 1e-9  # of the probability of a quantile
_NEARBY = 0.02  # of the bracket
# Logarithms on the left and on the right.
_AT_INFINITY = {"cdf": (-np.inf, 0.0), "sf": (0.0, -np.inf), "logsf": (0.0, -np.inf)}


def normal_nodes(roughness, spread=0.0):
    """Nodes and weights of an expectation under a standard normal.

    Parameters
    ----------
    roughness : float
        Largest standard deviation of the parameter in units of the distance over which what is
        averaged changes.
    spread : float, default=0.0
        Largest standard deviation of the parameter, where its exponential is averaged, too.

    Returns
    -------
    nodes, weights : ndarray of shape (n_nodes,)
    """
    if roughness <= _SMOOTH:
        nodes, weights = roots_hermitenorm(_FEW_NODES)
        return nodes, weights / weights.sum()
    reach = _FARTHEST + min(spread, _FARTHEST)
    count = int(np.clip(np.ceil(2.0 * reach * max(4.0, 2.5 * roughness)), 0, _MOST_NODES - 1))
    nodes = np.linspace(-reach, reach, count + 1)
    weights = np.exp(-0.5 * nodes**2)
    return nodes, weights / weights.sum()


class CompoundDistribution:
    """Continuous targets.

    Parameters
    ----------
    conditional : callable
        ``conditional(eta, **beside)`` gives the frozen distribution of targets with parameters
        ``eta`` of shape (..., n_rows).
    mean, variance : ndarray of shape (n_rows,)
        Of the normal parameter.
    location, unit : float, default=0.0, 1.0
        Targets are ``location + unit t``, with ``t`` of the conditional distribution.
    **beside : ndarray of shape (n_rows,)
        What else the conditional distribution of each row depends on. It may be asked for any of
        the rows, in any order.
    """

    @np.errstate(all="ignore")
    def __init__(self, conditional: Callable, mean, variance, location=0.0, unit=1.0, **beside):
        self.eta_mean, self.eta_sd = np.asarray(mean), np.sqrt(np.asarray(variance))
        self.location, self.unit = float(location), float(unit)
        self._law, self._beside = conditional, beside
        spread = float(np.max(self.eta_sd, initial=0.0))
        nodes, weights = normal_nodes(self._roughness(), spread)
        self._weights = weights[:, None]
        self._given = self._conditional(self.eta_mean + self.eta_sd * nodes[:, None])
        self._on_grid = self._conditional(self.eta_mean + self.eta_sd * GRID[:, None])

    def __repr__(self):
        return f"{type(self).__name__}(n_rows={len(self.eta_mean)})"

    @property
    def shape(self):
        """One entry per row."""
        return self.eta_mean.shape

    @np.errstate(all="ignore")
    def mean(self):
        """Means of the rows; infinite or NaN where there is none."""
        return self.location + self.unit * self._average(self._given.mean())

    @np.errstate(all="ignore")
    def var(self):
        """Variances of the rows; infinite or NaN where there is none."""
        means = np.broadcast_to(self._given.mean(), (len(self._weights), len(self.eta_mean)))
        average = self._average(means)
        between = self._average((means - average) ** 2)
        variance = self._average(self._given.var()) + between
        overflown = np.isposinf(average) & ~np.isnan(self._at_centre().var())
        return self.unit**2 * np.where(overflown, np.inf, variance)

    def std(self):
        """Standard deviations of the rows."""
        return np.sqrt(self.var())

    interval = central_interval

    def pdf(self, x):
        """Densities at ``x``, broadcastable to (..., n_rows)."""
        return np.exp(self.logpdf(x))

    def logpdf(self, x):
        """Log densities at ``x``, broadcastable to (..., n_rows)."""
        return self._log_average("logpdf", self._inner(x)) - np.log(self.unit)

    def cdf(self, x):
        """Probabilities of values up to ``x``."""
        return self._probability(self._inner(x))

    def sf(self, x):
        """Probabilities of values above ``x``."""
        return np.exp(self.logsf(x))

    def logsf(self, x):
        """Logarithms of the probabilities of values above ``x``."""
        name = "logsf" if hasattr(self._given, "logsf") else "sf"
        return self._log_average(name, self._inner(x))

    @np.errstate(all="ignore")
    def ppf(self, q):
        """Quantiles at probabilities ``q`` in [0, 1], broadcastable to (..., n_rows)."""
        q = np.broadcast_arrays(np.asarray(q, dtype=np.float64), self.eta_mean)[0]
        inside = (q > 0.0) & (q < 1.0)
        if np.all(inside):
            return self.location + self.unit * self._quantile(q)
        ends = self._at_centre().ppf(np.where(inside, 0.5, q))  # NaN of what is no probability
        x = self._quantile(np.where(inside, q, 0.5)) if np.any(inside) else ends
        return self.location + self.unit * np.where(inside, x, ends)

    def rvs(self, size=None, random_state=None):
        """Random draws.

        Parameters
        ----------
        size : int, tuple of int or None, default=None
            Draws of every row; None is one, without the leading axes.
        random_state : {None, int, RandomState, Generator}, default=None
            Where the numbers come from.

        Returns
        -------
        ndarray of shape (*size, n_rows)
        """
        rng = as_generator(random_state)
        shape = () if size is None else tuple(np.atleast_1d(size))
        shape = (*shape, *self.eta_mean.shape)
        with np.errstate(all="ignore"):
            eta = self.eta_mean + self.eta_sd * rng.standard_normal(shape)
            drawn = self._conditional(eta).rvs(size=shape, random_state=rng)
        return self.location + self.unit * drawn

    def _quantile(self, q):
        """Quantiles of the conditional's own targets, at probabilities inside (0, 1)."""
        low, high = self._bracket(q)
        least = np.asarray(self._at_centre().ppf(0.0), dtype=np.float64)
        least = float(np.min(np.where(np.isnan(least), -np.inf, least), initial=np.inf))

        def excess(x):
            return self._average(self._given.cdf(x[..., None, :])) - q

        x = increasing_root(excess, low, high, least)
        missed = np.nonzero(np.abs(self._probability(x) - q) > _MISSED * q)
        if len(missed[0]):
            width = _NEARBY * (high - low)
            ends = np.maximum(x - width, least)[missed], (x + width)[missed]

            def own_excess(x):
                return self._finely("cdf", x, missed[-1]) - np.log(q[missed])

            x[missed] = increasing_root(own_excess, *ends, least)
        return x

    def _at_centre(self):
        return self._conditional(self.eta_mean)

    def _roughness(self):
        """Spread of the parameter in widths of the conditional, from its information."""
        step = 1e-3
        try:
            ends = [np.asarray(self._conditional(self.eta_mean + s).mean()) for s in (-step, step)]
            variance = np.asarray(self._at_centre().var())
        except ValueError:  # a law that tells no more than its density, or its mean
            return float(np.max(self.eta_sd, initial=0.0))
        slope = (ends[1] - ends[0]) / (2.0 * step)
        rough = self.eta_sd * np.abs(slope) / np.sqrt(variance)
        rough = np.where(np.isfinite(rough), rough, self.eta_sd)
        return float(np.max(np.maximum(rough, self.eta_sd), initial=0.0))

    def _conditional(self, eta, rows=slice(None)):
        return self._law(eta, **{name: values[rows] for name, values in self._beside.items()})

    def _inner(self, x):
        return (np.asarray(x, dtype=np.float64) - self.location) / self.unit

    def _average(self, values):
        shape = (len(self._weights), len(self.eta_mean))
        values = np.asarray(values)
        if values.shape[-2:] != shape:
            values = np.broadcast_to(values, (*values.shape[:-2], *shape))
        return np.sum(values * self._weights, axis=-2)

    @np.errstate(all="ignore")
    def _log_average(self, name, x):
        """Logarithm of the average of a density, a probability or their logarithm at ``x``."""
        x = np.broadcast_arrays(x, self.eta_mean)[0]
        known = np.isfinite(x)
        limits = _AT_INFINITY.get(name, (-np.inf, -np.inf))
        limits = np.where(np.isnan(x), np.nan, np.where(x < 0.0, *limits))
        if not np.any(known):
            return limits
        average = self._finite_average(name, np.where(known, x, 1.0))
        return np.where(known, average, limits)

    def _finite_average(self, name, x):
        average, sure, _ = grid_average(_logs(self._on_grid, name, x[..., None, :]))
        left = np.nonzero(~sure)
        if len(left[0]):
            average[left] = self._finely(name, x[left], left[-1])
        return average

    def _finely(self, name, x, row):
        """The same where the grid is not enough, at ``x`` of shape (m,), each of some row."""

        def log_function(eta, chosen):
            return _logs(self._conditional(eta, row[chosen]), name, x[chosen])

        return finer_average(log_function, self.eta_mean[row], self.eta_sd[row], np.arange(len(x)))

    def _probability(self, x):
        return np.exp(self._log_average("cdf", x))

    def _bracket(self, q):
        """Ends with the quantiles between them, where means rise or fall with the parameter."""
        reach = np.abs(ndtri(0.5 * np.minimum(q, 1.0 - q))) * self.eta_sd
        low = high = np.full(q.shape, np.nan)
        for shift in (-reach, np.zeros(q.shape), reach):
            given = self._conditional(self.eta_mean + shift)
            low = np.fmin(low, given.ppf(0.5 * q))
            high = np.fmax(high, given.ppf(0.5 + 0.5 * q))
        return np.clip(low, -MOST, MOST), np.clip(high, -MOST, MOST)


def _logs(given, name, x):
    values = np.asarray(getattr(given, name)(x))
    return values if name.startswith("log") else np.log(values)
