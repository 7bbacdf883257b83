"""Nodes of one scale of the posterior, and where its modes are looked for.

Weights of columns far larger than others call for a prior precision far above the rest: each size
of column may bring a mode of its own, and next to nothing may lie between. One search finds one of
them; where eigenvalues are far apart a grid goes over all places there may be one.

There, too, precisions of next to no probability may decide variances of coordinates. So nodes are
those of the density times ``1 + sum_j v_j / E v_j``, with ``v_j`` the variance of a coordinate at
one value of the scale: half of that integral is the density, and each variance has a share.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from skvi.numerics.quadrature import integrate_log_density
from skvi.numerics.separated_modes import integrate_separated_modes

__all__ = ["nodes_of_noise", "nodes_of_precision"]

# Ratio of extreme eigenvalues from which modes may be separated (searches below find the same).
_FAR_APART = 1e6
# Of the grid, in logarithms. Weights of a fit without noise call for a precision below all
# eigenvalues by as much as a fit of doubles can tell.
_SPACING, _MARGIN, _FAINTEST = 0.5, 20.0, 75.0
_QUIETEST = -160.0  # log noise variance of a fit without noise
_FARTHEST, _TINY = 600.0, 1e-300


def nodes_of_precision(log_density, log_noise, location, target):
    """Nodes of the log prior precision.

    Parameters
    ----------
    log_density : callable
        Of the log precision in scaled units.
    log_noise : callable
        Gives the log of the expected noise variance at log precisions.
    location : float
        Of the prior of the log precision.
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

    def log_variances(log_precision):
        near = np.clip(log_precision, -_FARTHEST, _FARTHEST)
        return log_noise(near) - np.log(target.eigenvalues[:, None] + np.exp(near))

    return _with_variances(log_density, log_variances, np.arange(low, high, _SPACING), 2.0)


def nodes_of_noise(log_density, target, precision_at):
    """Nodes of the log noise variance under weights that are not scaled by it.

    Parameters
    ----------
    log_density : callable
        Of the log variance in scaled units.
    target : Target
    precision_at : callable
        Gives the prior precision relative to the noise at log variances.

    Returns
    -------
    Nodes
    """
    start = _log_mean_square(target, target.residual)
    if _far_apart(target) is None:
        return integrate_log_density(log_density, start)
    signal = float(np.sum(target.coordinates**2))
    high = _log_mean_square(target, target.residual + signal) + _MARGIN

    def log_variances(log_variance):
        noise = np.clip(log_variance, -_FARTHEST, _FARTHEST)
        return noise - np.log(target.eigenvalues[:, None] + precision_at(noise) + _TINY)

    return _with_variances(log_density, log_variances, np.arange(_QUIETEST, high, _SPACING), 1.0)


def _with_variances(log_density, log_variances, grid, scale):
    """Nodes that are dense where the density is, and where it makes a variance."""
    with np.errstate(invalid="ignore"):
        joint = log_density(grid) + log_variances(grid)
    expected = logsumexp(np.where(np.isnan(joint), -np.inf, joint), axis=1, keepdims=True)
    expected -= logsumexp(log_density(grid))
    number = np.log(len(expected))

    def log_factor(position):
        shares = logsumexp(log_variances(position) - expected, axis=0) - number
        return np.logaddexp(0.0, shares)

    nodes = integrate_separated_modes(
        lambda position: log_density(position) + log_factor(position), grid, scale=scale
    )
    log_weight = nodes.log_weight - log_factor(nodes.position)
    total = float(logsumexp(log_weight))
    return nodes._replace(
        log_weight=log_weight - total, log_normalizer=nodes.log_normalizer + total
    )


def _log_mean_square(target, squares):
    return np.log(max(squares / target.weight, 1e-30))


def _far_apart(target):
    """Logarithms of the extreme eigenvalues, where they are."""
    used = target.eigenvalues[target.eigenvalues > 0.0]
    if not used.size or used.max() < _FAR_APART * used.min():
        return None
    return np.log([used.min(), used.max()])
