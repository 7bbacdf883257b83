"""Roots of many increasing functions at once."""

from __future__ import annotations

import numpy as np

__all__ = ["increasing_root"]

_MOST = 120
_EVERY = 4  # of so many steps, one halves the bracket whatever the function looks like
_DIGITS = 1e-13
_EXACT = 1e-15
_TINY = 1e-300


def increasing_root(function, low, high, least=-np.inf):
    """Where increasing functions change sign: secants that keep the bracket (Illinois).

    Parameters
    ----------
    function : callable
        ``function(x)`` of arrays of one shape, entry by entry; may jump.
    low, high : ndarray
        Brackets; those that do not hold a root are widened.
    least : float, default=-inf
        Answer where the function is not negative there.

    Returns
    -------
    ndarray
    """
    low, high, below, above = _bracketed(function, low, high, least)
    root = np.where(below >= 0.0, low, high)
    done = (below >= 0.0) | (above <= 0.0)
    last = np.zeros(low.shape)
    for step in range(_MOST):
        with np.errstate(all="ignore"):
            secant = low + (high - low) * (below / (below - above))
        inside = (secant > low) & (secant < high) & (step % _EVERY > 0)
        middle = np.where(inside, secant, 0.5 * low + 0.5 * high)
        value = function(middle)
        left = value < 0.0
        # An end that stays twice counts half, so that the next secant falls on its side.
        above = np.where(left, np.where(last < 0.0, 0.5 * above, above), value)
        below = np.where(left, value, np.where(last > 0.0, 0.5 * below, below))
        last = np.where(left, -1.0, 1.0)
        low, high = np.where(left, middle, low), np.where(left, high, middle)
        root = np.where(done, root, middle)
        size = np.maximum(np.abs(low), np.abs(high))
        done |= (high - low <= _DIGITS * size + _TINY) | (np.abs(value) <= _EXACT)
        if np.all(done):
            break
    return root


def _bracketed(function, low, high, least):
    low, high = np.maximum(np.minimum(low, high), least), np.maximum(low, high)
    width = np.maximum(high - low, 1e-3 * np.maximum(np.abs(low), np.abs(high)) + _TINY)
    below, above = function(low), function(high)
    for _ in range(_MOST):
        under, over = (below > 0.0) & (low > least), above < 0.0
        if not (under.any() or over.any()):
            break
        low = np.where(under, np.maximum(low - width, least), low)
        high, width = np.where(over, high + width, high), 2.0 * width
        below, above = function(low), function(high)
    return low, high, below, above
