"""Starting partitions refined by Lloyd steps, in a fixed metric or in one learned on the way.

Seeds alone are the best start where clusters overlap, converged partitions where they do not, many
clusters merged to few where there are many shapes, and a metric learned from the partition itself
where some directions carry no clusters at all. No rule wins everywhere, so restarts try all of them
and let the bound decide. The learned metric is the pooled covariance within clusters (Friedman and
Rubin, 1967), which makes the partition as indifferent to linear maps of the columns as whitening.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv

__all__ = ["VARIANTS", "partition"]

VARIANTS = ("seeds", "learned metric", "merged clusters")

_CHUNK_ROWS = 4096
_STEPS = 20
_LEAST_SPREAD = 1e-3


def partition(lifted, weights, chosen, *, steps=_STEPS, learned, diagonal):
    """Partition reached by Lloyd steps from some of the rows.

    Parameters
    ----------
    lifted : ndarray of shape (n, D + 1)
        Rows, whitened, or standardised where the metric is diagonal, about their mean; and ones.
    weights : ndarray of shape (n,)
    chosen : ndarray of shape (K,)
        Indices of the rows to start from.
    steps : int, default=20
        At the most; none gives every row to the nearest of those chosen.
    learned : bool
        Whether the metric follows the scatter within clusters.
    diagonal : bool
        Whether a learned metric is diagonal.

    Returns
    -------
    labels : ndarray of shape (n,)
    """
    means = lifted[chosen, :-1]
    labels = _nearest(lifted, means, means)
    if steps == 0:
        return labels
    share, units = (weights / weights.sum())[:, None], np.eye(len(means))
    floored = _total_scatter(lifted, share, diagonal)
    for _ in range(steps):
        sums = _sums(lifted, share, labels, units)
        total, mass = sums[:, :-1], sums[:, -1:]
        # an empty cluster keeps its place
        means = np.divide(total, mass, out=means.copy(), where=mass > 0.0)
        previous = labels
        labels = _nearest(lifted, means, _scaled(means, total, floored) if learned else means)
        if (labels == previous).all():
            break
    return labels


def _chunks(n_rows):
    return [slice(start, start + _CHUNK_ROWS) for start in range(0, n_rows, _CHUNK_ROWS)]


def _total_scatter(lifted, share, diagonal):
    """Scatter of all rows, and a part of it that no scatter within clusters falls below."""
    rows = lifted[:, :-1]
    if diagonal:
        return np.einsum("i,ij,ij->j", share[:, 0], rows, rows) + _LEAST_SPREAD
    total = _LEAST_SPREAD * np.eye(rows.shape[1])
    for chunk in _chunks(len(rows)):
        total += (rows[chunk] * share[chunk]).T @ rows[chunk]
    return total


def _sums(lifted, share, labels, units):
    """Weighted sums of the rows of every cluster, of which ``units`` are the indicators."""
    total = 0.0
    for chunk in _chunks(len(labels)):
        total += (units.take(labels[chunk], axis=0) * share[chunk]).T @ lifted[chunk]
    return total


def _scaled(means, total, floored):
    """Means times the inverse of the scatter within clusters."""
    if floored.ndim == 1:
        return means / (floored - (total * means).sum(axis=0))
    return dposv(floored - total.T @ means, means.T)[1].T


def _nearest(lifted, means, scaled):
    """Nearest mean of every row, where ``scaled`` are the means times the metric."""
    plane = np.empty((lifted.shape[1], len(means)))
    plane[:-1] = scaled.T
    plane[-1] = -0.5 * (means * scaled).sum(axis=1)
    labels = [(lifted[chunk] @ plane).argmax(axis=1) for chunk in _chunks(len(lifted))]
    return labels[0] if len(labels) == 1 else np.concatenate(labels)
