"""Quadrature nodes for functions whose modes may have next to nothing between them."""

from __future__ import annotations

import math

import numpy as np

from skvi.numerics.density_profile import DROP
from skvi.numerics.quadrature import Nodes, integrate_log_density

__all__ = ["integrate_separated_modes"]

# A coarse grid may pass by the top of a narrow mode, so that it looks lower than it is.
_DEPTH = 1.5 * DROP


def integrate_separated_modes(log_density, grid, *, scale=1.0):
    """Nodes and weights for ``exp(log_density(u))`` on the real line.

    The function is integrated between the deepest points of valleys in which next to nothing is
    left of it.

    Parameters
    ----------
    log_density : callable
        Maps positions of shape (n,) to log values of shape (n,).
    grid : ndarray of shape (n,)
        Increasing positions, close enough to meet every mode and beyond the first and the last one.
    scale : float, default=1.0
        Typical width of a mode.

    Returns
    -------
    Nodes

    Raises
    ------
    IntegrationError
        A ValueError: see :func:`~skvi.numerics.quadrature.integrate_log_density`.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
        value = np.asarray(log_density(grid), dtype=np.float64)
    value = np.where(np.isnan(value), -np.inf, value)
    high = np.flatnonzero(value > value.max() - _DEPTH)
    islands = np.split(high, np.flatnonzero(np.diff(high) > 1) + 1)
    if len(islands) == 1:
        return integrate_log_density(log_density, float(grid[np.argmax(value)]), scale=scale)
    starts = [grid[island[np.argmax(value[island])]] for island in islands]
    valleys = [
        grid[before[-1] + np.argmin(value[before[-1] : after[0]])]
        for before, after in zip(islands[:-1], islands[1:], strict=True)
    ]
    bounds = zip([-np.inf, *valleys], [*valleys, np.inf], strict=True)
    return _joined(
        [
            integrate_log_density(_between(log_density, *ends), float(start), scale=scale)
            for start, ends in zip(starts, bounds, strict=True)
        ]
    )


def _between(log_density, lower, upper):
    def restricted(position):
        inside = (position > lower) & (position <= upper)
        return np.where(inside, log_density(position), -np.inf)

    return restricted


def _joined(parts):
    largest = max(part.log_normalizer for part in parts)
    total = largest + math.log(sum(math.exp(part.log_normalizer - largest) for part in parts))
    log_weight = [part.log_weight + (part.log_normalizer - total) for part in parts]
    return Nodes(
        np.concatenate([part.position for part in parts]), np.concatenate(log_weight), total
    )
