"""The next root of a function in the direction its sign points to."""

from __future__ import annotations

__all__ = ["Climb"]

_LONGEST = 4.0
_FLATTEST = 1e-3
_STEEPEST = 2.0
_PATIENCE = 4  # looks from one side: secants that creep along are doubled after so many


class Climb:
    """Search for the root that a point drawn along by a function would come to rest at.

    Where the function is positive the root lies above, where it is negative below: what is found is
    a maximum of whatever the function is the slope of, never a minimum. Secants lead. Where the
    function hardly changes they are overtaken by steps that double; where it has changed sign they
    are kept between the points where it did (Illinois).
    """

    def __init__(self):
        self._ends = [None, None]  # highest point with a positive value, lowest with a negative one
        self._before = None
        self._looks = 0

    def next(self, x, value):
        """The next point to look at.

        Parameters
        ----------
        x, value : float
            Where the function was looked at, and what it was there, not zero.

        Returns
        -------
        float
        """
        side = int(value < 0.0)
        self._looks += 1
        if self._ends[1 - side] is None:
            guess = x + self._outwards(x, value)
            self._ends[side] = (x, value)
        else:
            guess = self._between(side, x, value)
        self._before = (x, value)
        return guess

    def _outwards(self, x, value):
        """Steps on one side of the root double until the function shrinks by half."""
        step = value
        if self._before is not None:
            last = x - self._before[0]
            slope = (value - self._before[1]) / last
            step = value / min(max(-slope, _FLATTEST), _STEEPEST)
            if abs(value) > 0.5 * abs(self._before[1]):
                step = max(step, 2.0 * last) if value > 0.0 else min(step, 2.0 * last)
        if self._looks > _PATIENCE:
            step *= 2.0
        return min(max(step, -_LONGEST), _LONGEST)

    def _between(self, side, x, value):
        """Where the line through the ends leads; halfway if that creeps along one of them."""
        other = self._ends[1 - side]
        same_side_again = (self._before[1] < 0.0) == (value < 0.0)
        if same_side_again:
            # An end that stays counts half, so that the next guess falls on its side.
            other = self._ends[1 - side] = (other[0], 0.5 * other[1])
        self._ends[side] = (x, value)
        share = value / (value - other[1])
        if not 0.0 < share < 1.0:
            share = 0.5
        return x + share * (other[0] - x)
