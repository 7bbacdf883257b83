"""Nodes of one scale of the posterior, and where its modes are looked for.

Weights of columns far larger than others call for a prior precision far above the rest: each size
of column may bring a mode of its own, and next to nothing may lie between. One search finds one of
them; where eigenvalues are far apart a grid goes over all places there may be one.
"""

from __future__ import annotations

import numpy as np

from skvi.numerics.quadrature import integrate_log_density
from skvi.numerics.separated_modes import integrate_separated_modes

__all__ = ["nodes_of_noise", "nodes_of_precision"]

# Ratio of extreme eigenvalues from which modes may be separated (searches below find the same).
_FAR_APART = 1e6
# Of the grid, in logarithms. Weights of a fit without noise call for a precision below all
# eigenvalues by as much as a fit of doubles can tell.
_SPACING, _MARGIN, _FAINTEST = 0.25, 20.0, 75.0


def nodes_of_precision(log_density, location, target):
    """Nodes of the log prior precision.

    Parameters
    ----------
    log_density : callable
        Of the log precision in scaled units.
    location : float
        Of its prior.
    target : Target

    Returns
    -------
    Nodes
    """
    extremes = _far_apart(target)
    if extremes is None:
        return integrate_log_density(log_density, location, scale=2.0)
    low = min(extremes[0] - _FAINTEST, location) - _MARGIN
    high = max(extremes[1], location) + _MARGIN
    return integrate_separated_modes(log_density, np.arange(low, high, _SPACING), scale=2.0)


def nodes_of_noise(log_density, target):
    """Nodes of the log noise variance.

    Parameters
    ----------
    log_density : callable
        Of the log variance in scaled units.
    target : Target

    Returns
    -------
    Nodes
    """
    lowest = _log_mean_square(target, target.residual)
    if _far_apart(target) is None:
        return integrate_log_density(log_density, lowest)
    signal = float(np.sum(target.coordinates**2))
    high = _log_mean_square(target, target.residual + signal) + _MARGIN
    return integrate_separated_modes(log_density, np.arange(lowest - _MARGIN, high, _SPACING))


def _log_mean_square(target, squares):
    return np.log(max(squares / target.weight, 1e-30))


def _far_apart(target):
    """Logarithms of the extreme eigenvalues, where they are."""
    used = target.eigenvalues[target.eigenvalues > 0.0]
    if not used.size or used.max() < _FAR_APART * used.min():
        return None
    return np.log([used.min(), used.max()])
