"""Quadrature nodes for a positive function of one real variable, given by its logarithm.

The trapezoid rule converges exponentially fast for an analytic integrand that decays at both ends.
A change of variable ``u = c + a t + b exp(t) - d exp(-t)`` (Takahasi and Mori, 1974) comes first:
linear where the tail is Gaussian, exponential where it is long, so that a narrow peak with
long tails needs no more nodes than a bell curve. The map is fitted to a coarse profile of the
function; the step is then halved until the integral stands still.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skvi.numerics.density_profile import (
    DROP,
    IntegrationError,
    cover_tails,
    find_mode,
    resolve_edge,
)
from skvi.numerics.variable_change import IntervalMap, fit_map

__all__ = ["IntegrationError", "Nodes", "integrate_log_density"]

_PRUNE = math.log(1e-15)
_FIRST_STEP = 0.8
_LARGEST = 1e15  # beyond, a log density has no digit after the point


class Nodes(NamedTuple):
    """Nodes of a normalised one-dimensional distribution.

    Attributes
    ----------
    position : ndarray of shape (n_nodes,)
        Increasing positions.
    log_weight : ndarray of shape (n_nodes,)
        Log weights; ``logsumexp(log_weight) == 0``.
    log_normalizer : float
        Logarithm of the integral of the function.
    """

    position: np.ndarray
    log_weight: np.ndarray
    log_normalizer: float

    @property
    def weight(self):
        """Weights, of shape (n_nodes,), with sum one."""
        return np.exp(self.log_weight)

    def mean(self, values):
        """Return the expectation of ``values``, of shape (n_nodes, ...)."""
        return np.tensordot(self.weight, values, axes=1)


def integrate_log_density(log_density, start=0.0, *, scale=1.0, tolerance=1e-12, max_nodes=4096):
    """Nodes and weights for ``exp(log_density(u))`` on the real line.

    The function should have one dominant mode, found from ``start``; it may be flat, vanish
    (``-inf``; ``nan`` counts as ``-inf``) outside some region, and have tails as long as a Cauchy
    distribution's. For analytic functions the result is accurate to about ``tolerance``; for
    others (kinks, jumps) the step is halved until ``max_nodes`` is reached.

    Parameters
    ----------
    log_density : callable
        Maps positions of shape (n,) to log values of shape (n,).
    start : float, default=0.0
        Where the search for the mode starts.
    scale : float, default=1.0
        Typical width of the function about its mode; a guess within a factor of a hundred saves
        calls, any positive value works.
    tolerance : float, default=1e-12
        Absolute change of the log normaliser at which halving stops, never below the rounding
        error of the values themselves.
    max_nodes : int, default=4096
        Halving stops once there are more nodes than this.

    Returns
    -------
    Nodes
        Nodes carrying less than 1e-15 of the total are left out.

    Raises
    ------
    IntegrationError
        A ValueError: the function vanishes wherever it was probed, is infinite, does not fall off,
        or is so large or narrow that its digits do not tell its shape.

    References
    ----------
    H. Takahasi and M. Mori, "Double exponential formulas for numerical integration", Publ. RIMS 9
    (1974); L. N. Trefethen and J. A. C. Weideman, "The exponentially convergent trapezoidal
    rule", SIAM Review 56 (2014).
    """

    def evaluate(position):
        value = np.asarray(log_density(position), dtype=np.float64)
        return np.where(np.isnan(value), -np.inf, value)

    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        profile = find_mode(evaluate, float(start), float(scale))
        _check_digits(profile)
        profile, left = resolve_edge(evaluate, profile, -1)
        profile, right = resolve_edge(evaluate, profile, 1)
        if left is None and right is None:
            change, lower, upper = fit_map(*cover_tails(evaluate, profile))
            return _trapezoid(evaluate, change, lower, upper, tolerance, max_nodes)
        inside = IntervalMap(left, right)
        nodes = integrate_log_density(
            lambda t: evaluate(inside.position(t)) + inside.log_slope(t),
            inside.inverse(float(profile.position[profile.best])),
            tolerance=tolerance,
            max_nodes=max_nodes,
        )
    return nodes._replace(position=inside.position(nodes.position))


def _check_digits(profile):
    highest = float(profile.value[profile.best])
    if not abs(highest) < _LARGEST:
        raise IntegrationError(
            f"log_density is {highest:.3g} at its mode: too large for its digits to tell its shape."
        )


def _trapezoid(evaluate, change, lower, upper, tolerance, max_nodes):
    """Halve the step until the log normaliser stands still."""
    step = _FIRST_STEP
    t, position, value = _first_sweep(evaluate, change, lower, upper)
    total = _log_sum(value, step)
    previous = math.inf
    noise = _rounding(change, value)
    while t.size <= max_nodes:
        t, position, value = _insert_midpoints(evaluate, change, t, position, value)
        step *= 0.5
        refined = _log_sum(value, step)
        moved = abs(refined - total)
        total = refined
        # Exponential convergence squares the error at every halving.
        small = 1e-9 if math.isinf(previous) else 3e-8
        squares = moved <= min(small, previous**1.5)
        if squares or moved <= max(tolerance, noise):
            break
        previous = moved
    log_weight = value + (math.log(step) - total)
    kept = log_weight > _PRUNE
    log_weight = log_weight[kept]
    return Nodes(position[kept], log_weight - math.log(np.exp(log_weight).sum()), total)


def _first_sweep(evaluate, change, lower, upper):
    """Coarse nodes from end to end of the range, widened or trimmed to a fall of exp(-40)."""
    first, last = math.floor(lower / _FIRST_STEP), math.ceil(upper / _FIRST_STEP)
    for _ in range(20):
        t = _FIRST_STEP * np.arange(first, last + 1)
        position, log_slope = change.position(t)
        value = evaluate(position) + log_slope
        inside = np.flatnonzero(value > value.max() - DROP)
        if inside[0] > 0 and inside[-1] < t.size - 1:
            break
        first, last = first - 6 * (inside[0] == 0), last + 6 * (inside[-1] == t.size - 1)
    kept = slice(max(inside[0] - 1, 0), inside[-1] + 2)
    return t[kept], position[kept], value[kept]


def _insert_midpoints(evaluate, change, t, position, value):
    middle = 0.5 * (t[1:] + t[:-1])
    between, log_slope = change.position(middle)
    fresh = evaluate(between) + log_slope
    merged = np.empty((3, t.size + middle.size))
    merged[:, ::2] = t, position, value
    merged[:, 1::2] = middle, between, fresh
    return merged


def _log_sum(value, step):
    height = value.max()
    return float(height) + math.log(step * np.exp(value - height).sum())


def _rounding(change, value):
    """Size of the rounding errors: of the values, and of positions far from zero."""
    slope = change.linear + change.right + change.left
    return 4e-16 * (abs(value.max()) + abs(change.centre) / slope)
