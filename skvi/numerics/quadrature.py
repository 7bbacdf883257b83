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

__all__ = ["Nodes", "integrate_log_density"]

_PROBES = 0.5 * np.sinh(np.linspace(-8.0, 8.0, 33))
_STRIDES = 2.0 ** np.arange(1, 13)
_DROP = 40.0  # the range ends where the integrand has fallen by exp(-40)
_PRUNE = math.log(1e-15)
_ROUNDS = 60
_FIRST_STEP = 0.8


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


class _Profile(NamedTuple):
    position: np.ndarray
    value: np.ndarray
    best: int


class _Map(NamedTuple):
    centre: float
    linear: float
    right: float
    left: float

    def position(self, t):
        growing = np.exp(t)
        shrinking = 1.0 / growing
        position = self.linear * t + self.right * (growing - 1.0) - self.left * (shrinking - 1.0)
        slope = self.linear + self.right * growing + self.left * shrinking
        return self.centre + position, np.log(slope)

    def extent(self, distance, growth):
        """Return ``t`` with ``linear t + growth (exp(t) - 1) >= distance``, at most one too far."""
        upper = math.log1p(distance / growth) if growth > 0.0 else math.inf
        upper = min(upper, distance / self.linear) if self.linear > 0.0 else upper
        for _ in range(50):
            smaller = upper - 1.0
            if smaller * self.linear + growth * math.expm1(smaller) < distance:
                break
            upper = smaller
        return upper


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
    ValueError
        If the function vanishes wherever it was probed, is infinite, or does not fall off.

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
        profile = _find_mode(evaluate, float(start), float(scale))
        profile = _cover_tails(evaluate, profile)
        change, lower, upper = _fit_map(profile)
        return _trapezoid(evaluate, change, lower, upper, tolerance, max_nodes)


def _find_mode(evaluate, centre, scale):
    """Probe about the mode, with neighbours of the highest probe at most one nat below it."""
    for attempt in range(_ROUNDS):
        position = centre + scale * _PROBES
        value = evaluate(position)
        best = int(np.argmax(value))
        if value[best] == np.inf:
            raise ValueError(f"log_density is infinite at {position[best]!r}.")
        if value[best] == -np.inf:
            scale *= 4.0
        elif best == 0 or best == position.size - 1:
            centre, scale = float(position[best]), 30.0 * scale
        else:
            profile = _Profile(position, value, best)
            fall = value[best] - min(value[best - 1], value[best + 1])
            if fall <= 1.0 or scale <= 1e-15 * abs(centre):
                return profile
            centre, scale = _zoom(profile, attempt)
    raise ValueError(
        f"log_density has no mode that could be found near {centre!r}: it is -inf there, "
        "or it keeps rising."
    )


def _zoom(profile, attempt):
    """Centre and scale of the next probes: the parabola's at first, else about the best probe."""
    position, value, best = profile
    before, after = position[best] - position[best - 1], position[best + 1] - position[best]
    down, up = value[best] - value[best - 1], value[best] - value[best + 1]
    if attempt >= 8 or not math.isfinite(down + up):
        return float(position[best]), float(min(before, after)) / 8.0
    slope = (down / before * after - up / after * before) / (before + after)
    curvature = 2.0 * (down / before + up / after) / (before + after)
    return float(position[best] + slope / curvature), 1.0 / math.sqrt(curvature)


def _cover_tails(evaluate, profile):
    """Add probes on either side until the integrand has fallen by exp(-40)."""
    position, value, best = profile
    for side in (0, -1):
        while _integrand(position, value, best)[side] > value[best] - _DROP:
            reach = (position[side] - position[best]) * _STRIDES
            if not np.isfinite(reach[-1]) or abs(reach[-1]) > 1e150:
                raise ValueError("log_density does not fall off: its integral diverges.")
            further = position[best] + reach
            tail = evaluate(further)
            if side == 0:
                position = np.concatenate([further[::-1], position])
                value = np.concatenate([tail[::-1], value])
            else:
                position = np.concatenate([position, further])
                value = np.concatenate([value, tail])
            best = int(np.argmax(value))
    return _Profile(position, value, best)


def _integrand(position, value, best):
    """Log integrand per unit of the logarithm of the distance from the mode."""
    width = 0.5 * (position[best + 1] - position[best - 1])
    return value + np.log1p(np.abs(position - position[best]) / width)


def _fit_map(profile):
    """Map whose slope follows the local scale, and its range."""
    position, value, best = profile
    height = value[best]
    fall = np.sqrt(np.clip(height - value, 0.0, 400.0))
    tail = np.sqrt(np.clip(height - _integrand(position, value, best), 0.0, 400.0))
    half, low, lower = _crossings(position[best::-1], fall[best::-1], tail[best::-1])
    half_right, high, upper = _crossings(position[best:], fall[best:], tail[best:])
    # For a Gaussian the four local scales agree: it falls by 1/2 at 1 and by 4 at sqrt(8).
    peak = 0.5 * (half_right - half)
    beyond_left, beyond_right = (half - low) / 1.8284, (high - half_right) / 1.8284
    centre, unit = position[best], peak
    if min(beyond_left, beyond_right) < 0.7 * peak:
        if beyond_right < beyond_left:
            centre, unit = 0.5 * (half_right + high), beyond_right
        else:
            centre, unit = 0.5 * (half + low), beyond_left
    share_left = min(0.5, max(0.0, ((centre - lower) / unit - 10.0) / 40.0))
    share_right = min(0.5, max(0.0, ((upper - centre) / unit - 10.0) / 40.0))
    linear = unit * (1.0 - share_left - share_right)
    change = _Map(centre, linear, unit * share_right, unit * share_left)
    return (
        change,
        -change.extent(centre - lower, change.left),
        change.extent(upper - centre, change.right),
    )


def _crossings(position, fall, tail):
    """Outermost positions where the fall reaches 1/2 and 4, and where the range ends."""
    fall = np.minimum.accumulate(fall[::-1])[::-1]
    tail = np.minimum.accumulate(tail[::-1])[::-1]
    half, four = np.interp([math.sqrt(0.5), 2.0], fall, position)
    return float(half), float(four), float(np.interp(math.sqrt(_DROP), tail, position))


def _trapezoid(evaluate, change, lower, upper, tolerance, max_nodes):
    """Halve the step until the log normaliser stands still."""
    step = _FIRST_STEP
    t, position, value = _first_sweep(evaluate, change, lower, upper)
    total, _ = _log_sum(value, step)
    previous = math.inf
    noise = _rounding(change, position, value)
    while t.size <= max_nodes:
        t, position, value = _insert_midpoints(evaluate, change, t, position, value)
        step *= 0.5
        refined, _ = _log_sum(value, step)
        moved = abs(refined - total)
        total = refined
        # Exponential convergence squares the error at every halving: a small move that is far
        # smaller than the one before leaves an error of its square.
        squares = moved < 1e-7 and moved < previous**1.5
        if moved <= max(tolerance, noise) or (squares and moved * moved <= tolerance * 1e-2):
            break
        previous = moved
    log_weight = value + (math.log(step) - total)
    kept = log_weight > _PRUNE
    log_weight = log_weight[kept]
    return Nodes(position[kept], log_weight - np.log(np.exp(log_weight).sum()), total)


def _first_sweep(evaluate, change, lower, upper):
    """Coarse nodes from end to end of the range, widened or trimmed to a fall of exp(-40)."""
    first, last = math.floor(lower / _FIRST_STEP), math.ceil(upper / _FIRST_STEP)
    for _ in range(20):
        t = _FIRST_STEP * np.arange(first, last + 1)
        position, log_slope = change.position(t)
        value = evaluate(position) + log_slope
        inside = np.flatnonzero(value > value.max() - _DROP)
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
    return float(height + np.log(step * np.exp(value - height).sum())), height


def _rounding(change, position, value):
    """Size of the rounding errors: of the values, and of positions far from zero."""
    height = value.max()
    slope = change.linear + change.right + change.left
    return 4e-16 * (abs(height) + abs(change.centre) / slope)
