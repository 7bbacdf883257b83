"""Finite mixtures of Student-t distributions, one mixture per row.

    p(x_i) = sum_k weight_ik t(x_i; location_ik, scale_ik, degrees_of_freedom_ik)

Infinite degrees of freedom give normal components. A frozen distribution over rows, with scipy's
names: ``mean, std, pdf, logpdf, cdf, ppf, rvs``.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from scipy.special import logsumexp

from skvi.families._mixture_quantiles import MOST_STEPS, tabulated_quantiles
from skvi.families._standard_t import (
    decay,
    log_constant,
    standard_cdf,
    standard_draws,
    standard_ppf,
)
from skvi.families.intervals import central_interval
from skvi.numerics.random_states import as_generator
from skvi.numerics.student_t_table import FEWEST_DEGREES, student_t_table

__all__ = ["StudentTMixture"]

_BATCH = 1 << 18
_FARTHEST = 8e307  # the difference of two such numbers is one, too


class StudentTMixture(NamedTuple):
    """Mixtures of Student-t distributions.

    Attributes
    ----------
    weight : ndarray of shape (n_rows, n_components) or (1, n_components)
        Non-negative, each row with sum one.
    location : ndarray of shape (n_rows, n_components)
    scale : ndarray of shape (n_rows, n_components)
        Positive.
    degrees_of_freedom : ndarray of shape (n_rows, n_components) or (1, n_components)
        Positive; inf is the normal distribution.
    """

    weight: np.ndarray
    location: np.ndarray
    scale: np.ndarray
    degrees_of_freedom: np.ndarray

    def __repr__(self):
        n_rows, n_components = np.shape(self.location)
        return f"StudentTMixture(n_rows={n_rows}, n_components={n_components})"

    def mean(self):
        """Means of the rows (of the components' locations, whatever their degrees of freedom)."""
        return np.sum(self.weight * self.location, axis=-1)

    def var(self):
        """Variances of the rows; inf where a component has two degrees of freedom or fewer."""
        with np.errstate(over="ignore"):
            return self.std() ** 2

    def std(self):
        """Standard deviations of the rows; inf where a component has no variance."""
        nu = np.asarray(self.degrees_of_freedom, dtype=np.float64)
        finite = nu > 2.0
        heavy = np.where(finite & (nu < np.inf), nu, 3.0)
        inflation = np.where(np.isinf(nu), 1.0, np.where(finite, heavy / (heavy - 2.0), np.inf))
        deviation = np.where(self.weight > 0.0, self.location - self.mean()[..., None], 0.0)
        scale = np.where(self.weight > 0.0, self.scale, 0.0)
        # in the unit of each row: squares are numbers where the answer is
        unit = np.maximum(np.abs(deviation), scale).max(axis=-1)
        per_unit = (1.0 / np.where(unit > 0.0, unit, 1.0))[..., None]
        with np.errstate(over="ignore", invalid="ignore"):
            within = np.where(scale > 0.0, inflation * (scale * per_unit) ** 2, 0.0)
            parts = self.weight * (within + (deviation * per_unit) ** 2)
            deviation = unit * np.sqrt(parts.sum(axis=-1))
            return np.where(np.isnan(deviation), np.inf, deviation)  # infinite times nearly nothing

    interval = central_interval

    def logpdf(self, x):
        """Log densities.

        Parameters
        ----------
        x : array broadcastable to (..., n_rows)

        Returns
        -------
        ndarray of shape (..., n_rows)
        """
        z = self._standardised(x)
        nu = self.degrees_of_freedom
        with np.errstate(divide="ignore"):
            constant = np.log(self.weight) - np.log(self.scale) + log_constant(nu)
        return logsumexp(constant - decay(nu, z), axis=-1)

    def pdf(self, x):
        """Densities; arguments as for :meth:`logpdf`."""
        return np.exp(self.logpdf(x))

    def cdf(self, x):
        """Probabilities of values up to ``x``; arguments as for :meth:`logpdf`."""
        return np.sum(
            self.weight * standard_cdf(self.degrees_of_freedom, self._standardised(x)), axis=-1
        )

    def sf(self, x):
        """Probabilities of values above ``x``, accurate in the upper tail."""
        return np.sum(
            self.weight * standard_cdf(self.degrees_of_freedom, -self._standardised(x)), axis=-1
        )

    def ppf(self, q):
        """Quantiles.

        Parameters
        ----------
        q : array broadcastable to (..., n_rows)
            Probabilities; outside of [0, 1] the result is NaN.

        Returns
        -------
        ndarray of shape (..., n_rows)
            Where :meth:`cdf` is ``q``, to about 1e-12 of the distribution's scale.
        """
        location = np.asarray(self.location)
        shape = np.broadcast_shapes(np.shape(q), location.shape[:-1])
        level = np.broadcast_to(np.asarray(q, dtype=np.float64), shape)
        rows = np.broadcast_to(np.arange(location.shape[0]), shape).ravel()
        result = np.full(rows.shape, np.nan)
        flat = level.ravel()
        result[flat == 0.0], result[flat == 1.0] = -np.inf, np.inf
        inside = np.flatnonzero((flat > 0.0) & (flat < 1.0))
        batch = max(1, _BATCH // location.shape[-1])
        for start in range(0, inside.size, batch):
            part = inside[start : start + batch]
            result[part] = self._rows(rows[part])._quantiles(flat[part])
        return result.reshape(shape)

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
        n_rows = np.shape(self.location)[0]
        shape = () if size is None else tuple(np.atleast_1d(size))
        uniform = rng.uniform(size=(int(np.prod(shape)), n_rows))
        cumulative = np.cumsum(np.broadcast_to(self.weight, np.shape(self.location)), axis=-1)
        cumulative = cumulative / cumulative[:, -1:]
        component = np.stack(
            [
                np.searchsorted(c, u, side="right")
                for c, u in zip(cumulative, uniform.T, strict=True)
            ],
            axis=-1,
        )
        row = np.arange(n_rows)
        nu = np.broadcast_to(self.degrees_of_freedom, cumulative.shape)[row, component]
        draws = self.location[row, component] + self.scale[row, component] * standard_draws(nu, rng)
        return draws.reshape(*shape, n_rows)

    def _standardised(self, x):
        with np.errstate(over="ignore"):
            return (np.asarray(x, dtype=np.float64)[..., None] - self.location) / self.scale

    def _rows(self, rows):
        weight, nu = (
            part[rows] if part.shape[0] > 1 else part
            for part in map(np.asarray, (self.weight, self.degrees_of_freedom))
        )
        return StudentTMixture(weight, self.location[rows], self.scale[rows], nu)

    def _quantiles(self, level):
        brackets = self._brackets(level)
        x = np.full(level.shape, np.nan)
        shared = self._shared_degrees_of_freedom()
        if shared >= FEWEST_DEGREES:
            parts = np.ascontiguousarray(self.location), np.ascontiguousarray(self.scale)
            weight = np.ascontiguousarray(self.weight, dtype=np.float64)
            table = student_t_table(shared)
            tabulated_quantiles(level, brackets, weight, *parts, table, x)
        left = np.flatnonzero(np.isnan(x))
        if left.size:
            x[left] = self._rows(left)._searched_quantiles(level[left], brackets[:, left])
        return x

    def _shared_degrees_of_freedom(self):
        """The number that all components have, or zero."""
        nu = np.asarray(self.degrees_of_freedom, dtype=np.float64)
        shared = not numba.config.DISABLE_JIT and np.all(nu == nu.flat[0])
        return float(nu.flat[0]) if shared else 0.0

    def _brackets(self, level):
        """Lower end, upper end, start and tolerance of the search in every row."""
        with np.errstate(over="ignore", invalid="ignore"):
            parts = self.location + self.scale * standard_ppf(
                self.degrees_of_freedom, level[:, None]
            )
        parts = np.where(np.isnan(parts), self.location, parts)
        parts = np.clip(parts, -_FARTHEST, _FARTHEST)
        used = np.broadcast_to(self.weight > 0.0, parts.shape)
        low = np.min(np.where(used, parts, np.inf), axis=-1)
        high = np.max(np.where(used, parts, -np.inf), axis=-1)
        x = np.clip(np.sum(self.weight * parts, axis=-1), low, high)
        tolerance = 1e-13 * np.min(np.where(used, self.scale, np.inf), axis=-1)
        return np.stack([low, high, x, tolerance])

    def _searched_quantiles(self, level, brackets):
        """Newton's method kept inside a shrinking bracket, for whatever components there are."""
        low, high, x, tolerance = brackets.copy()
        active, step = np.flatnonzero(high - low > tolerance), high - low
        for _ in range(MOST_STEPS):
            if active.size == 0:
                break
            part = self._rows(active)
            here = x[active]
            excess = part._excess(here, level[active])
            low[active] = np.where(excess < 0.0, here, low[active])
            high[active] = np.where(excess > 0.0, here, high[active])
            bounds = low[active], high[active], 0.5 * step[active]
            moved = _safeguarded(here, excess, part.pdf(here), *bounds)
            x[active], step[active] = moved, np.abs(moved - here)
            rounding = 4e-16 * np.abs(moved)
            stays = step[active] <= tolerance[active] + rounding
            active = active[~stays & (excess != 0.0)]
        return x

    def _excess(self, x, level):
        """``cdf(x) - level``, from the nearer tail."""
        upper = level > 0.5
        sign = np.where(upper, -1.0, 1.0)[:, None]
        z = sign * self._standardised(x)
        tail = np.sum(self.weight * standard_cdf(self.degrees_of_freedom, z), axis=-1)
        return np.where(upper, (1.0 - level) - tail, tail - level)


def _safeguarded(x, excess, density, low, high, longest):
    """Newton's step where it is inside and short enough not to circle; else bisection."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        newton = x - excess / density
        inside = (newton >= low) & (newton <= high) & (np.abs(newton - x) <= longest)
    return np.where(inside, newton, 0.5 * (low + high))
