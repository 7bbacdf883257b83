"""Accurate array forms: slower, but safe at any offset, condition or separation.

Distances are taken from differences ``x - mean_k`` and factors, never from expanded squares;
statistics of a component are gathered about the mean of its own rows. The compiled paths hand over
to these where their forms would lose too many digits.
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.kernels.structures import (
    BlockStatistics,
    SphericalMoments,
    TiedMoments,
)
from skvi.numerics.moments import Moments

__all__ = [
    "LARGEST_DISTANCE",
    "centred_moments",
    "gathered_by_responsibility",
    "gathered_moments",
    "softmax",
    "squared_distances",
    "statistics",
]

_CHUNK_ROWS = 4096
LARGEST_DISTANCE = 1e300
_SMALLEST_LOG_RESPONSIBILITY = -200.0


def squared_distances(rows, logits, structure):
    """``|A_k (x_i - mean_k)|^2`` as an array of shape (n, K)."""
    out = np.empty((rows.shape[0], logits.mean.shape[0]))
    with np.errstate(over="ignore", invalid="ignore"):
        for k, mean in enumerate(logits.mean):
            difference = rows.astype(np.float64, copy=False) - mean
            scaled = _apply_factor(difference, logits.factor, k, structure)
            out[:, k] = np.einsum("ij,ij->i", scaled, scaled)
    out[~(out < LARGEST_DISTANCE)] = LARGEST_DISTANCE
    return out


def softmax(logits):
    """Normalised logarithms and the log-normaliser of every row."""
    largest = logits.max(axis=1)
    shifted = logits - largest[:, None]
    log_total = np.log(np.exp(shifted).sum(axis=1))
    return shifted - log_total[:, None], largest + log_total


def statistics(rows, weights, logits, structure):
    """Statistics of a block with each component gathered about its own mean."""
    result = None
    for start in range(0, max(rows.shape[0], 1), _CHUNK_ROWS):
        chunk = slice(start, start + _CHUNK_ROWS)
        part = _chunk_statistics(rows[chunk], weights[chunk], logits, structure)
        result = part if result is None else result.merged(part)
    return result


def gathered_moments(parts, near, structure):
    """Moments of every component from its own rows, about their own mean.

    Parameters
    ----------
    parts : iterable of (rows, share)
        Rows of every component and their weights in it.
    near : ndarray of shape (K, D)
        A point near the rows of every component; the mean of one without rows.
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    Moments, TiedMoments or SphericalMoments
    """
    weight, first, mean = np.zeros(len(near)), np.zeros(near.shape), near.copy()
    second = np.zeros((len(near), *_scatter_shape(structure, near.shape[1])))
    for k, (rows, share) in enumerate(parts):
        difference = np.subtract(rows, near[k], dtype=np.float64)
        weight[k] = total = share.sum()
        shift = (share @ difference) / (total or 1.0)
        mean[k] += shift
        difference -= shift
        first[k], second[k] = share @ difference, _second_moment(share, difference, structure)
    return centred_moments(weight, first, second, mean, structure)


def gathered_by_responsibility(rows, responsibilities, near, structure):
    """The same from one table of the weights of all rows in all components, of shape (n, K)."""
    used = (np.flatnonzero(share) for share in responsibilities.T)
    parts = ((rows[i], responsibilities[i, k]) for k, i in enumerate(used))
    return gathered_moments(parts, near, structure)


def centred_moments(weight, first, second, shift, structure):
    """Moments from weighted sums about ``shift``; tied takes second moments per component."""
    if structure in ("full", "diag"):
        return Moments.from_sums(weight, first, second, shift)
    offset = first / np.where(weight == 0.0, 1.0, weight)[:, None]
    mean = shift + offset
    if structure == "spherical":
        scatter = second - (weight * np.sum(offset * offset, axis=1))[:, None]
        return SphericalMoments(weight, mean, scatter)
    pooled = second.sum(axis=0) if second.ndim == 3 else second
    return TiedMoments(weight, mean, pooled - (weight[:, None] * offset).T @ offset)


def _apply_factor(difference, factor, k, structure):
    if structure == "full":
        return difference @ factor[k].T
    if structure == "tied":
        return difference @ factor.T
    return difference * factor[k]


def _chunk_statistics(rows, weights, logits, structure):
    used = weights != 0.0
    rows, weights = rows[used], weights[used]
    if rows.shape[0] == 0:
        zeros = np.zeros((0, logits.mean.shape[0]))
        moments = gathered_by_responsibility(rows, zeros, logits.mean, structure)
        return BlockStatistics(moments, 0.0, 0.0)
    distances = squared_distances(rows, logits, structure)
    log_share, log_normalizer = softmax(logits.constant - 0.5 * distances)
    kept = log_share > _SMALLEST_LOG_RESPONSIBILITY
    share = np.where(kept, np.exp(log_share), 0.0)
    entropy = -np.sum(share * np.where(kept, log_share, 0.0), axis=1)
    share *= weights[:, None]
    moments = gathered_by_responsibility(rows, share, logits.mean, structure)
    return BlockStatistics(moments, float(weights @ entropy), float(weights @ log_normalizer))


def _scatter_shape(structure, n_features):
    """Shape of the second moments of one component, before tied ones are pooled."""
    shapes = {"diag": (n_features,), "spherical": (1,)}
    return shapes.get(structure, (n_features, n_features))


def _second_moment(share, difference, structure):
    """Weighted sum of squares, or products, of rows that are differences already."""
    if structure == "diag":
        return share @ (difference * difference)
    if structure == "spherical":
        return share @ np.sum(difference * difference, axis=1)
    return (difference * share[:, None]).T @ difference
