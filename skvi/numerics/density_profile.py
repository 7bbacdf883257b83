"""A coarse profile of a positive function of one variable: its mode, edges and tails."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

__all__ = ["DROP", "IntegrationError", "Profile", "cover_tails", "find_mode", "resolve_edge"]

DROP = 40.0  # the range ends where the integrand has fallen by exp(-40)

_PROBES = 0.5 * np.sinh(np.linspace(-8.0, 8.0, 33))
_STRIDES = 2.0 ** np.arange(1, 13)
_RESOLVED = 0.25  # fall between the highest probe and its neighbours
_ROUNDS = 60


class IntegrationError(ValueError):
    """A function that cannot be integrated."""


class Profile(NamedTuple):
    """Probes of a log density.

    Attributes
    ----------
    position : ndarray of shape (n,)
        Increasing positions.
    value : ndarray of shape (n,)
        Log densities.
    best : int
        Index of the highest value.
    """

    position: np.ndarray
    value: np.ndarray
    best: int


def find_mode(evaluate, centre, scale):
    """Probe about the mode, with neighbours of the highest probe at most a quarter nat below it."""
    for attempt in range(_ROUNDS):
        position = centre + scale * _PROBES
        value = evaluate(position)
        best = int(np.argmax(value))
        if value[best] == np.inf:
            raise IntegrationError(f"log_density is infinite at {position[best]!r}.")
        if value[best] == -np.inf:
            scale *= 4.0
        elif best == 0 or best == position.size - 1:
            centre, scale = float(position[best]), 30.0 * scale
        else:
            profile = Profile(position, value, best)
            lowest, highest = sorted((value[best - 1], value[best + 1]))
            if lowest == -np.inf:
                lowest = highest
            if value[best] - lowest <= _RESOLVED or scale <= 1e-15 * abs(centre):
                return profile
            centre, scale = _zoom(profile, attempt)
    raise IntegrationError(
        f"log_density has no mode that could be found near {centre!r}: it is -inf there, "
        "or it keeps rising."
    )


def _zoom(profile, attempt):
    """Centre and scale of the next probes: the parabola's at first, else about the best probe."""
    position, value, best = profile
    before, after = position[best] - position[best - 1], position[best + 1] - position[best]
    down, up = value[best] - value[best - 1], value[best] - value[best + 1]
    lopsided = not max(down, up) <= 1e3 * min(down, up)
    if attempt >= 8 or lopsided or not math.isfinite(down + up):
        return float(position[best]), float(min(before, after)) / 8.0
    slope = (down / before * after - up / after * before) / (before + after)
    curvature = 2.0 * (down / before + up / after) / (before + after)
    return float(position[best] + slope / curvature), 1.0 / math.sqrt(curvature)


def resolve_edge(evaluate, profile, side):
    """Look closer where the function jumps to zero; return the edge if it is a true jump."""
    position, value, best = profile
    if value.min() > -np.inf:
        return profile, None
    vanished = np.flatnonzero(value[best::side] == -np.inf)
    if vanished.size == 0 or value[best + side * (vanished[0] - 1)] < value[best] - DROP:
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
        if finite.size and fresh[last] < profile.value[profile.best] - DROP:
            return profile, None
        if abs(outside - inside) <= 4e-16 * (abs(inside) + width):
            break
    return profile, outside


def _merge(profile, position, value):
    position = np.concatenate([profile.position, position])
    order = np.argsort(position)
    value = np.concatenate([profile.value, value])[order]
    return Profile(position[order], value, int(np.argmax(value)))


def cover_tails(evaluate, profile):
    """Add probes on either side until the integrand has fallen by exp(-40)."""
    integrand = _integrand(profile)
    for side in (0, -1):
        while integrand[side] > profile.value[profile.best] - DROP:
            mode = profile.position[profile.best]
            reach = (profile.position[side] - mode) * _STRIDES
            if not abs(reach[-1]) < 1e150:
                raise IntegrationError("log_density does not fall off: its integral diverges.")
            profile = _merge(profile, mode + reach, evaluate(mode + reach))
            integrand = _integrand(profile)
    return profile, integrand


def _integrand(profile):
    """Log integrand per unit of the logarithm of the distance from the mode."""
    position, value, best = profile
    width = 0.5 * (position[best + 1] - position[best - 1])
    return value + np.log1p(np.abs(position - position[best]) / width)
