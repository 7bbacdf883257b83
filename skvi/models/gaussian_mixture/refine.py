"""Starting partitions refined by Lloyd steps, in a fixed metric or in one learned on the way.

Seeds alone are the best start where clusters overlap, converged partitions where they do not, many
clusters merged to few where there are many shapes, and a metric learned from the partition itself
where some directions carry no clusters at all. No rule wins everywhere, so restarts try all of them
and let the bound decide. The learned metric is the
pooled covariance within clusters (Friedman and Rubin, 1967), which makes the partition as
indifferent to linear maps of the columns as whitening does.
"""

from __future__ import annotations

import numpy as np

__all__ = ["VARIANTS", "partition"]

VARIANTS = ("seeds", "learned metric", "merged clusters")

_CHUNK_ROWS = 4096
_STEPS = 20
_LEAST_SPREAD = 1e-3


def partition(rows, weights, chosen, *, learned, diagonal):
    """Partition reached by Lloyd steps from some of the rows.

    Parameters
    ----------
    rows : ndarray of shape (n, D)
        Whitened, or standardised where the metric is diagonal, about their mean.
    weights : ndarray of shape (n,)
    chosen : ndarray of shape (K,)
        Indices of the rows to start from.
    learned : bool
        Whether the metric follows the scatter within clusters.
    diagonal : bool
        Whether a learned metric is diagonal.

    Returns
    -------
    labels : ndarray of shape (n,)
    """
    share = weights / weights.sum()
    whole = share @ (rows * rows) if diagonal else (rows * share[:, None]).T @ rows
    means, labels = rows[chosen], _nearest(rows, rows[chosen], rows[chosen])
    for _ in range(_STEPS):
        mass, total = _sums(rows, share, labels, len(means))
        # an empty cluster keeps its place
        means = np.where(mass > 0.0, total / np.where(mass > 0.0, mass, 1.0), means)
        previous = labels
        scaled = _scaled(means, mass, whole) if learned else means
        labels = _nearest(rows, means, scaled)
        if (labels == previous).all():
            break
    return labels


def _sums(rows, share, labels, n_clusters):
    """Weights of the clusters, of shape (K, 1), and weighted sums of their rows."""
    total = np.zeros((n_clusters, rows.shape[1]))
    for start in range(0, rows.shape[0], _CHUNK_ROWS):
        part, values = labels[start : start + _CHUNK_ROWS], share[start : start + _CHUNK_ROWS]
        member = np.zeros((n_clusters, part.size))
        member[part, np.arange(part.size)] = values
        total += member @ rows[start : start + _CHUNK_ROWS]
    return np.bincount(labels, share, n_clusters)[:, None], total


def _scaled(means, mass, whole):
    """Means times the inverse of the scatter within clusters, floored at a part of the total."""
    if whole.ndim == 1:
        return means / (whole - (mass * means**2).sum(axis=0) + _LEAST_SPREAD)
    within = whole - (mass * means).T @ means
    within.flat[:: len(within) + 1] += _LEAST_SPREAD
    return np.linalg.solve(within, means.T).T


def _nearest(rows, means, scaled):
    """Nearest mean of every row, where ``scaled`` are the means times the metric."""
    size, transposed = 0.5 * (means * scaled).sum(axis=1), scaled.T
    if rows.shape[0] <= _CHUNK_ROWS:
        return (size - rows @ transposed).argmin(axis=1)
    starts = range(0, rows.shape[0], _CHUNK_ROWS)
    chunks = (rows[start : start + _CHUNK_ROWS] for start in starts)
    return np.concatenate([(size - chunk @ transposed).argmin(axis=1) for chunk in chunks])
