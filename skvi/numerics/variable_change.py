"""Changes of variable that make the trapezoid rule converge fast."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skvi.numerics.density_profile import DROP, IntegrationError

__all__ = ["ExponentialMap", "IntervalMap", "fit_map"]


class ExponentialMap(NamedTuple):
    """Map ``u = centre + linear t + right (exp(t) - 1) - left (exp(-t) - 1)``.

    Attributes
    ----------
    centre, linear, right, left : float
        Coefficients; the last three are not negative and not all zero.
    """

    centre: float
    linear: float
    right: float
    left: float

    def position(self, t):
        """Return ``u`` and the logarithm of ``du/dt``."""
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


class IntervalMap(NamedTuple):
    """Logarithmic variable on a half line, logistic variable on an interval.

    Attributes
    ----------
    left, right : float or None
        Ends; None where there is no end. At least one of the two is a number.
    """

    left: float | None
    right: float | None

    def position(self, t):
        """Return the point of the interval that belongs to ``t``."""
        if self.right is None:
            return self.left + np.exp(t)
        if self.left is None:
            return self.right - np.exp(-t)
        near = (self.right - self.left) / (1.0 + np.exp(np.abs(t)))
        return np.where(t < 0.0, self.left + near, self.right - near)

    def log_slope(self, t):
        """Return the logarithm of the derivative of ``position``."""
        if self.right is None:
            return t
        if self.left is None:
            return -t
        return math.log(self.right - self.left) - np.abs(t) - 2.0 * np.log1p(np.exp(-np.abs(t)))

    def inverse(self, position):
        """Return the ``t`` of a point, to start a search from."""
        tiny = 1e-300
        left = 0.0 if self.left is None else math.log(max(position - self.left, tiny))
        right = 0.0 if self.right is None else math.log(max(self.right - position, tiny))
        return left - right


def fit_map(profile, integrand):
    """Fit the map to a profile: its slope follows the local scale.

    Parameters
    ----------
    profile : Profile
        Probes that cover the range of the function.
    integrand : ndarray of shape (n,)
        Log integrand per unit of log distance from the mode.

    Returns
    -------
    change : ExponentialMap
    lower, upper : float
        Range of ``t``.
    """
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
    if not unit > 1e-14 * abs(centre):
        raise IntegrationError(f"log_density is too narrow about its mode {centre!r}.")
    share_left = min(0.5, max(0.0, ((centre - lower) / unit - 10.0) / 40.0))
    share_right = min(0.5, max(0.0, ((upper - centre) / unit - 10.0) / 40.0))
    linear = unit * (1.0 - share_left - share_right)
    change = ExponentialMap(centre, linear, unit * share_right, unit * share_left)
    first = -change.extent(centre - lower, change.left)
    return change, first, change.extent(upper - centre, change.right)


def _crossings(position, fall, tail):
    """Outermost positions where the fall reaches 1/2 and 4, and where the range ends."""
    fall = np.minimum.accumulate(fall[::-1])[::-1]
    tail = np.minimum.accumulate(tail[::-1])[::-1]
    half, four = np.interp([math.sqrt(0.5), 2.0], fall, position)
    return float(half), float(four), float(np.interp(math.sqrt(DROP), tail, position))
