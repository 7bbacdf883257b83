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
_RESOLVED = 0.25  # fall between the highest probe and its neighbours
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


class _Interval(NamedTuple):
    """Logarithmic or logistic variable on a half line or an interval."""

    left: float | None
    right: float | None

    def position(self, t):
        if self.right is None:
            return self.left + np.exp(t)
        if self.left is None:
            return self.right - np.exp(-t)
        near = (self.right - self.left) / (1.0 + np.exp(np.abs(t)))
        return np.where(t < 0.0, self.left + near, self.right - near)

    def log_slope(self, t):
        if self.right is None:
            return t
        if self.left is None:
            return -t
        return math.log(self.right - self.left) - np.abs(t) - 2.0 * np.log1p(np.exp(-np.abs(t)))

    def inverse(self, position):
        tiny = 1e-300
        left = 0.0 if self.left is None else math.log(max(position - self.left, tiny))
        right = 0.0 if self.right is None else math.log(max(self.right - position, tiny))
        return left - right


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
        profile, left = _resolve_edge(evaluate, profile, -1)
        profile, right = _resolve_edge(evaluate, profile, 1)
        if left is None and right is None:
            change, lower, upper = _fit_map(*_cover_tails(evaluate, profile))
            return _trapezoid(evaluate, change, lower, upper, tolerance, max_nodes)
        inside = _Interval(left, right)
        nodes = integrate_log_density(
            lambda t: evaluate(inside.position(t)) + inside.log_slope(t),
            inside.inverse(float(profile.position[profile.best])),
            tolerance=tolerance,
            max_nodes=max_nodes,
        )
    return nodes._replace(position=inside.position(nodes.position))


def _find_mode(evaluate, centre, scale):
    """Probe about the mode, with neighbours of the highest probe at most a quarter nat below it."""
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
            lowest, highest = sorted((value[best - 1], value[best + 1]))
            if lowest == -np.inf:
                lowest = highest
            if value[best] - lowest <= _RESOLVED or scale <= 1e-15 * abs(centre):
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


def _resolve_edge(evaluate, profile, side):
    """Look closer where the function jumps to zero; return the edge if it is a true jump."""
    position, value, best = profile
    if value.min() > -np.inf:
        return profile, None
    vanished = np.flatnonzero(value[best::side] == -np.inf)
    if vanished.size == 0 or value[best + side * (vanished[0] - 1)] < value[best] - _DROP:
        return profile, None
    outside = float(position[best + side * vanished[0]])
    inside = float(position[best + side * (vanished[0] - 1)])
    width = abs(outside - inside)
    for _ in range(_ROUNDS):
        between = np.linspace(inside, outside, 34)[1:-1]
        fresh = evaluate(between)
        profile = _merge(profile, between, fresh)
        finite = np.flatnonzero(fresh > -np.inf)
        last = finite[-1] if finite.size else -1
        inside = float(between[last]) if finite.size else inside
        outside = float(between[last + 1]) if last + 1 < between.size else outside
        if finite.size and fresh[last] < profile.value[profile.best] - _DROP:
            return profile, None
        if abs(outside - inside) <= 4e-16 * (abs(inside) + width):
            break
    return profile, outside


def _merge(profile, position, value):
    position = np.concatenate([profile.position, position])
    order = np.argsort(position)
    value = np.concatenate([profile.value, value])[order]
    return _Profile(position[order], value, int(np.argmax(value)))


def _cover_tails(evaluate, profile):
    """Add probes on either side until the integrand has fallen by exp(-40)."""
    integrand = _integrand(profile)
    for side in (0, -1):
        while integrand[side] > profile.value[profile.best] - _DROP:
            mode = profile.position[profile.best]
            reach = (profile.position[side] - mode) * _STRIDES
            if not abs(reach[-1]) < 1e150:
                raise ValueError("log_density does not fall off: its integral diverges.")
            profile = _merge(profile, mode + reach, evaluate(mode + reach))
            integrand = _integrand(profile)
    return profile, integrand


def _integrand(profile):
    """Log integrand per unit of the logarithm of the distance from the mode."""
    position, value, best = profile
    width = 0.5 * (position[best + 1] - position[best - 1])
    return value + np.log1p(np.abs(position - position[best]) / width)


def _fit_map(profile, integrand):
    """Map whose slope follows the local scale, and its range."""
    position, value, best = profile
    fall = np.sqrt(np.minimum(value[best] - value, 400.0))
    tail = np.sqrt(np.clip(value[best] - integrand, 0.0, 400.0))
    half_left, low, lower = _crossings(position[best::-1], fall[best::-1], tail[best::-1])
    half_right, high, upper = _crossings(position[best:], fall[best:], tail[best:])
    # For a Gaussian the four local scales agree: it falls by 1/2 at 1 and by 4 at sqrt(8).
    centre, unit = float(position[best]), 0.5 * (half_right - half_left)
    left, right = (half_left - low) / 1.8284, (high - half_right) / 1.8284
    if min(left, right) < 0.7 * unit:
        if right < left:
            centre, unit = 0.5 * (half_right + high), right
        else:
            centre, unit = 0.5 * (half_left + low), left
    share_left = min(0.5, max(0.0, ((centre - lower) / unit - 10.0) / 40.0))
    share_right = min(0.5, max(0.0, ((upper - centre) / unit - 10.0) / 40.0))
    linear = unit * (1.0 - share_left - share_right)
    change = _Map(centre, linear, unit * share_right, unit * share_left)
    first = -change.extent(centre - lower, change.left)
    return change, first, change.extent(upper - centre, change.right)


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
        squares = moved < previous**1.5 and moved**1.33 <= tolerance
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
    return float(height) + math.log(step * np.exp(value - height).sum())


def _rounding(change, value):
    """Size of the rounding errors: of the values, and of positions far from zero."""
    slope = change.linear + change.right + change.left
    return 4e-16 * (abs(value.max()) + abs(change.centre) / slope)
