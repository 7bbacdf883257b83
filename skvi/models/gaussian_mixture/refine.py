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
    plane, halves = np.empty((lifted.shape[1], len(means))), np.full(means.shape[1], -0.5)
    labels = _nearest(lifted, means, means, halves, plane)
    if steps == 0:
        return labels
    share, units = (weights / weights.sum())[:, None], np.eye(len(means))
    floored, weighted = _total_scatter(lifted, share, diagonal), lifted * share
    for _ in range(steps):
        sums = _sums(weighted, labels, units)
        total, mass = sums[:, :-1], sums[:, -1:]
        if np.count_nonzero(mass) == len(mass):
            means = total / mass
        else:  # an empty cluster keeps its place
            means = np.divide(total, mass, out=means.copy(), where=mass > 0.0)
        previous, scaled = labels, _scaled(means, total, floored) if learned else means
        labels = _nearest(lifted, means, scaled, halves, plane)
        if labels.tobytes() == previous.tobytes():
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


def _sums(weighted, labels, units):
    """Sums of the weighted rows of every cluster, of which ``units`` are the indicators."""
    if len(labels) <= _CHUNK_ROWS:
        return units.take(labels, axis=0).T @ weighted
    return sum(_sums(weighted[chunk], labels[chunk], units) for chunk in _chunks(len(labels)))


def _scaled(means, total, floored):
    """Means times the inverse of the scatter within clusters."""
    if floored.ndim == 1:
        return means / (floored - (total * means).sum(axis=0))
    return dposv(floored - total.T @ means, means.T)[1].T


def _nearest(lifted, means, scaled, halves, plane):
    """Nearest mean of every row, where ``scaled`` are the means times the metric."""
    plane[:-1] = scaled.T
    plane[-1] = (means * scaled) @ halves
    return _highest(lifted, plane)


def _highest(lifted, plane):
    if len(lifted) <= _CHUNK_ROWS:
        return (lifted @ plane).argmax(axis=1)
    return np.concatenate([_highest(lifted[chunk], plane) for chunk in _chunks(len(lifted))])
