"""Nodes of one scale of the posterior, and where its modes are looked for.

Weights of columns far larger than others call for a prior precision far above the rest: each size
of column may bring a mode of its own, and next to nothing may lie between. One search finds one of
them; where eigenvalues are far apart a grid goes over all places there may be one.

There, too, values of next to no probability may decide the variance of a coordinate. So they may
where few rows leave the noise a long tail, in which weights go back to a wide prior, or to zero
from a fit that is nearly exact. Nodes are then those of the density times
``1 + mean_j v_j / E v_j``, with ``v_j`` the mean square of a coordinate about its mean at one value
of the scale: half of that integral is the density, and each variance has a share.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.linear_regression.evidence import FARTHEST_LOG
from skvi.numerics.log_sum import log_sum
from skvi.numerics.quadrature import integrate_log_density
from skvi.numerics.separated_modes import integrate_separated_modes

__all__ = ["matters_to_variances", "nodes_of_noise", "nodes_of_precision"]

# Ratio of extreme eigenvalues from which modes may be separated (searches below find the same).
_FAR_APART = 1e6
# Spare rows with which the tail of the noise is too short to decide a variance. With k of them it
# falls as exp(-k v / 2); half-Cauchy noise and a learned precision take three, the variance two.
_ENOUGH_ROWS = 12
# Of the grid, in logarithms.
_SPACING, _MARGIN = 0.5, 10.0
# Squares left, relative to the total, that are nothing but rounding; log noise of such a fit.
_ROUNDING, _QUIETEST = 1e-30, -160.0
_TINY = 1e-300
_LEAST_SHARE = 1e-9  # of a variance
_LEAST_FALL = 0.1  # of a share of a variance, per unit of a logarithm, where that is finite


def nodes_of_precision(log_density, with_noise, location, target):
    """Nodes of the log prior precision.

    Parameters
    ----------
    log_density : callable
        Of the log precision in scaled units.
    with_noise : callable
        The same together with the log of the expected noise variance there.
    location : float
        Of the prior of the log precision.
    target : Target

    Returns
    -------
    Nodes
    """
    if not _reaches_for_variances(target, noise_alone=False):
        return integrate_log_density(log_density, location, scale=2.0)
    extremes = np.log(_extremes(target))
    # Below, all squares are fitted that can be; above, none are.
    low = extremes[0] + np.log(_share_left(target))
    high = max(extremes[1] + np.log(target.weight), location)

    def scales(log_precision):
        precision = np.exp(np.clip(log_precision, -FARTHEST_LOG, FARTHEST_LOG))
        return *with_noise(log_precision), precision

    return _dense_for_variances(target, scales, min(low, location), high, 2.0)


def nodes_of_noise(log_density, target, precision_at, start):
    """Nodes of the log noise variance where the prior of the weights is fixed.

    Parameters
    ----------
    log_density : callable
        Of the log variance in scaled units.
    target : Target
    precision_at : callable
        Gives the prior precision relative to the noise at log variances.
    start : float
        Where the search for the mode starts.

    Returns
    -------
    Nodes
    """
    if not _reaches_for_variances(target, noise_alone=True):
        return integrate_log_density(log_density, start)
    # Beyond the last, weights are back at their prior, and so is the noise.
    high = max(
        _log_mean_square(target, target.residual + np.sum(target.coordinates**2)),
        np.log(_extremes(target)[1] / max(precision_at(0.0), _TINY)),
        2.0 * (np.log(getattr(target.noise, "scale", _TINY)) - target.log_scale),
    )
    low = start if _share_left(target) > _ROUNDING else _QUIETEST

    def scales(log_variance):
        near = np.clip(log_variance, -FARTHEST_LOG, FARTHEST_LOG)
        return log_density(log_variance), near, np.broadcast_to(precision_at(near), near.shape)

    return _dense_for_variances(target, scales, low, high, 1.0, noise_alone=True)


def matters_to_variances(target, noise_alone, weight, precision, noise_variance):
    """Which nodes have a share of the variance of a coordinate, or of a new target.

    Parameters
    ----------
    target : Target
    noise_alone : bool
        Whether they are nodes of the noise, and of nothing else.
    weight : ndarray
        Of any shape.
    precision, noise_variance : ndarray
        Of the same shape, or one that goes with it.

    Returns
    -------
    ndarray, bool
        Of the shape of ``weight``.
    """
    seen = _reaches_for_variances(target, noise_alone)
    few_rows = _spare_rows(target) < _ENOUGH_ROWS
    if not (seen or few_rows) and target.n_features == target.eigenvalues.size:
        return np.zeros(weight.shape, dtype=bool)
    squares, shape = _Squares.of(target, seen, noise=few_rows), weight.shape
    precision, noise_variance, weight = (
        np.broadcast_to(values, shape).ravel() for values in (precision, noise_variance, weight)
    )
    centre = squares.locations(precision) @ weight[:, None]
    share = weight * np.exp(squares.log_about(centre, np.log(noise_variance), precision))
    matters = share > _LEAST_SHARE * share.sum(axis=1, keepdims=True)
    return matters.any(axis=0).reshape(shape)


class _Squares(NamedTuple):
    """Mean squares at values of the scales: of coordinates, one that no row has, and the noise."""

    eigenvalues: np.ndarray
    coordinates: np.ndarray
    noise: bool

    @classmethod
    def of(cls, target, seen=True, noise=False):
        """With or without the coordinates that rows have, and the noise."""
        n_seen = target.eigenvalues.size if seen else 0
        unseen = np.zeros((int(target.n_features > target.eigenvalues.size), 1))
        parts = target.eigenvalues[:n_seen, None], target.coordinates[:n_seen, None]
        return cls(*(np.concatenate([part, unseen]) for part in parts), noise)

    def locations(self, precision):
        return np.sqrt(self.eigenvalues) * self.coordinates / (self.eigenvalues + precision + _TINY)

    def log_about(self, centre, log_noise, precision):
        deviation = np.abs(self.locations(precision) - centre)
        within = log_noise - np.log(self.eigenvalues + precision + _TINY)
        about = np.logaddexp(within, 2.0 * np.log(np.maximum(deviation, _TINY)))
        return np.vstack([about, log_noise]) if self.noise else about


def _dense_for_variances(target, scales, low, high, scale, *, noise_alone=False):
    """Nodes that are dense where the density is, and where it makes a variance."""
    grid = np.arange(low - _MARGIN, high + _MARGIN, _SPACING)
    squares = _Squares.of(target, noise=noise_alone)
    density, noise, precision = scales(grid)
    density = np.where(np.isnan(density), -np.inf, density)
    density = density - log_sum(density)
    centre = squares.locations(precision) @ np.exp(density)[:, None]
    share = density + squares.log_about(centre, noise, precision)
    finite = _falls(share) & _falls(share[:, ::-1])
    if not finite.any():
        return integrate_separated_modes(lambda u: scales(u)[0], grid, scale=scale)
    expected = log_sum(share[finite].T)[:, None]
    number = np.log(len(expected))

    def with_factor(position):
        density, noise, precision = scales(position)
        shares = squares.log_about(centre, noise, precision)[finite] - expected
        return density, np.logaddexp(0.0, log_sum(shares) - number)

    nodes = integrate_separated_modes(lambda u: np.add(*with_factor(u)), grid, scale=scale)
    log_weight = nodes.log_weight - with_factor(nodes.position)[1]
    total = float(log_sum(log_weight))
    return nodes._replace(
        log_weight=log_weight - total, log_normalizer=nodes.log_normalizer + total
    )


def _falls(share):
    """Whether shares fall towards the first: a variance that is infinite gets no nodes."""
    return (share[:, 0] == -np.inf) | (share[:, 1] - share[:, 0] > _LEAST_FALL * _SPACING)


def _share_left(target):
    """Squares that no weights fit, relative to all; no less than rounding."""
    total = target.residual + float(np.sum(target.coordinates**2))
    return max(target.residual / max(total, _TINY), _ROUNDING)


def _log_mean_square(target, squares):
    return np.log(max(squares / target.weight, _ROUNDING))


def _reaches_for_variances(target, noise_alone):
    """Whether values of next to no probability may decide a variance."""
    if _far_apart(target):
        return True
    if _spare_rows(target) >= _ENOUGH_ROWS:
        return False
    return noise_alone or _is_nearly_exact(target)


def _far_apart(target):
    """Whether some eigenvalues are far larger than others."""
    least, largest = _extremes(target)
    return largest >= _FAR_APART * least


def _extremes(target):
    """The extreme eigenvalues of those that are not zero."""
    used = target.eigenvalues[target.eigenvalues > 0.0]
    return (used.min(), used.max()) if used.size else (1.0, 1.0)


def _is_nearly_exact(target):
    """Whether rows are fitted so well that no weights at all may be another mode.

    As many weights as rows fit any rows: then the prior alone knows the noise.
    """
    if _spare_rows(target) < 1.0:
        return False
    rate = 0.0 if target.conjugate is None else 2.0 * np.min(target.conjugate.rate)
    total = target.residual + float(np.sum(target.coordinates**2))
    return total > _FAR_APART * (target.residual + rate)


def _spare_rows(target):
    """Rows beyond those that intercept and weights can fit."""
    return target.weight - target.fit_intercept - np.count_nonzero(target.eigenvalues > 0.0)
