"""Quadrature nodes for functions with several modes, each integrated to its own digits.

Between two modes there may be next to nothing, so that a search from one does not find the other;
and a mode that adds next to nothing to the integral may still be what decides a variance.
"""

from __future__ import annotations

import math

import numpy as np

from skvi.numerics.density_profile import DROP
from skvi.numerics.quadrature import Nodes, integrate_log_density
from skvi.numerics.variable_change import IntervalMap

__all__ = ["integrate_separated_modes"]

_DEPTH = 1.5 * DROP  # modes lower than the highest by more are left out
_VALLEY = 3.0  # modes with less of a fall between them are one
_ZOOM = np.linspace(-1.0, 1.0, 9)


def integrate_separated_modes(log_density, grid, *, scale=1.0):
    """Nodes and weights for ``exp(log_density(u))`` on the real line.

    The function is integrated between the valleys of a grid.

    Parameters
    ----------
    log_density : callable
        Maps positions of shape (n,) to log values of shape (n,).
    grid : ndarray of shape (n,)
        Evenly spaced, with no two modes between neighbours, from before the first mode to beyond
        the last one.
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
    value = _evaluate(log_density, grid)
    starts, valleys = _islands(log_density, grid, value)
    if len(starts) == 1:
        return integrate_log_density(log_density, starts[0], scale=scale)
    ends = zip([None, *valleys], [*valleys, None], strict=True)
    return _joined(
        [
            _between(log_density, start, *bounds, scale)
            for start, bounds in zip(starts, ends, strict=True)
        ]
    )


@np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore")
def _evaluate(log_density, position):
    value = np.asarray(log_density(position), dtype=np.float64)
    return np.where(np.isnan(value), -np.inf, value)


def _islands(log_density, grid, value):
    """Where to start in each part of the line that has a mode, and the valleys between them."""
    padded = np.concatenate([[-np.inf], value, [-np.inf]])
    peaks = np.flatnonzero((value > padded[:-2]) & (value >= padded[2:]))
    if not (peaks.size and math.isfinite(value.max())):
        return [float(grid[np.argmax(value)])], []
    if peaks.size == 1:
        return [float(grid[peaks[0]])], []
    position, height = _tops(log_density, grid, peaks)
    high = height > height.max() - _DEPTH
    starts, tops, valleys = [], [], []
    last = None
    for peak, start, top in zip(peaks[high], position[high], height[high], strict=True):
        lowest = None if last is None else last + int(np.argmin(value[last : peak + 1]))
        last = int(peak)
        if lowest is not None and value[lowest] > min(top, tops[-1]) - _VALLEY:
            if top > tops[-1]:
                starts[-1], tops[-1] = float(start), top
            continue
        starts.append(float(start))
        tops.append(top)
        if lowest is not None:
            valleys.append(float(grid[lowest]))
    return starts, valleys


def _tops(log_density, grid, peaks):
    """Positions and heights of the modes that lie beside some points of the grid."""
    position, reach = grid[peaks], float(grid[1] - grid[0])
    for _ in range(5):
        near = position[:, None] + reach * _ZOOM
        value = _evaluate(log_density, near.ravel()).reshape(near.shape)
        best = np.argmax(value, axis=1)[:, None]
        position = np.take_along_axis(near, best, axis=1)[:, 0]
        reach *= _ZOOM[1] - _ZOOM[0]
    return position, value.max(axis=1)


def _between(log_density, start, left, right, scale):
    """Nodes of the function between two points, either of which may be missing."""
    inside = IntervalMap(left, right)

    def mapped(t):
        return log_density(inside.position(t)) + inside.log_slope(t)

    nodes = integrate_log_density(mapped, inside.inverse(start), scale=scale)
    return nodes._replace(position=inside.position(nodes.position))


def _joined(parts):
    largest = max(part.log_normalizer for part in parts)
    total = largest + math.log(sum(math.exp(part.log_normalizer - largest) for part in parts))
    log_weight = [part.log_weight + (part.log_normalizer - total) for part in parts]
    return Nodes(
        np.concatenate([part.position for part in parts]), np.concatenate(log_weight), total
    )
