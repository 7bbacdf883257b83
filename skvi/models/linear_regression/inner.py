"""Noise nodes for many values of the prior precision at once.

For each precision, ``log p(y | alpha, v) + log p(v)`` is concave in ``v = log sigma^2`` under every
noise prior, with its mode between that of the likelihood and that of the prior. All precisions
share one trapezoid rule, shifted to their modes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

__all__ = ["NoiseNodes", "noise_nodes"]

_STEP = 0.25
_DEPTH = 40.0


class NoiseNodes(NamedTuple):
    """Nodes of the log noise variance for each of some precisions.

    Attributes
    ----------
    log_variance, log_weight : ndarray of shape (n_precisions, n_nodes)
        ``logsumexp(log_weight, axis=1) == 0``.
    log_evidence : ndarray of shape (n_precisions,)
    """

    log_variance: np.ndarray
    log_weight: np.ndarray
    log_evidence: np.ndarray


def noise_nodes(target, shrinkage):
    """Nodes of the noise for each column of ``shrinkage``.

    Parameters
    ----------
    target : Target
    shrinkage : ndarray of shape (rank, n_precisions)

    Returns
    -------
    NoiseNodes
    """
    quadratic = target.quadratic(shrinkage)[:, None]
    half_count = 0.5 * (target.weight - target.n_flat)

    def log_density(log_variance):
        likelihood = -half_count * log_variance - 0.5 * quadratic * np.exp(-log_variance)
        return likelihood + target.log_density_of_log_variance(log_variance)

    mode, width = _modes(log_density, np.log(0.5 * quadratic / half_count), target)
    step = min(0.5 * float(width.min()), _STEP)
    top = log_density(mode)
    offsets = step * np.arange(
        -_count(log_density, mode, top, -step), _count(log_density, mode, top, step) + 1
    )
    position = mode + offsets
    value = log_density(position)
    total = logsumexp(value, axis=1, keepdims=True)
    constant = target.constant + target.log_determinant(shrinkage)
    return NoiseNodes(position, value - total, total[:, 0] + np.log(step) + constant)


def _modes(log_density, likelihood_mode, target):
    """Modes by repeated narrowing of a bracket, and their widths from the curvature."""
    prior = np.linspace(-60.0, 60.0, 481) - 2.0 * target.log_scale + _centre(target)
    prior_mode = prior[np.argmax(target.log_density_of_log_variance(prior))]
    low = np.minimum(likelihood_mode, prior_mode) - 1.0
    high = np.maximum(likelihood_mode, prior_mode) + 1.0
    fraction = np.linspace(0.0, 1.0, 17)
    for _ in range(9):
        position = low + (high - low) * fraction
        best = np.argmax(log_density(position), axis=1, keepdims=True)
        gap = (high - low) / 16.0
        centre = np.take_along_axis(position, best, axis=1)
        low, high = centre - gap, centre + gap
    delta = 1e-3
    neighbours = log_density(centre + delta * np.array([-1.0, 0.0, 1.0]))
    bend = 2.0 * neighbours[:, 1:2] - neighbours[:, :1] - neighbours[:, 2:]
    return centre, delta / np.sqrt(np.maximum(bend, 1e-12))


def _centre(target):
    return 2.0 * np.log(getattr(target.noise, "scale", 1.0))


def _count(log_density, mode, top, step):
    """Steps until every density has fallen by exp(-40)."""
    count = 8
    while np.any(log_density(mode + count * step) > top - _DEPTH):
        count += count // 4 + 1
    return count
