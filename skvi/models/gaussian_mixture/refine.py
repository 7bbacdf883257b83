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

from skvi.numerics.linalg import cholesky_with_jitter, triangular_inverse

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
        Whitened, or standardised where the metric is diagonal.
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
    means, metric = rows[chosen].copy(), None
    labels = _nearest(rows, means, metric)
    for _ in range(_STEPS):
        means = _means(rows, weights, labels, means)
        if learned:
            metric = _metric(rows - means[labels], weights, diagonal)
        previous, labels = labels, _nearest(rows, means, metric)
        if np.array_equal(labels, previous):
            break
    return labels


def _means(rows, weights, labels, means):
    """Weighted means of the clusters; an empty one keeps its place."""
    n_clusters = means.shape[0]
    mass = np.bincount(labels, weights, minlength=n_clusters)
    columns = (rows * weights[:, None]).T
    total = np.array([np.bincount(labels, column, minlength=n_clusters) for column in columns]).T
    return np.where(mass[:, None] > 0.0, total / np.where(mass, mass, 1.0)[:, None], means)


def _metric(deviation, weights, diagonal):
    """Factor that gives the scatter within clusters unit size, floored at a part of the total."""
    weighted = deviation * (weights / weights.sum())[:, None]
    if diagonal:
        within = np.einsum("ij,ij->j", weighted, deviation)
        return np.diag(1.0 / np.sqrt(within + _LEAST_SPREAD))
    within = weighted.T @ deviation + _LEAST_SPREAD * np.eye(deviation.shape[1])
    return triangular_inverse(cholesky_with_jitter(within)[0])


def _nearest(rows, means, metric):
    if metric is not None:
        rows, means = rows @ metric.T, means @ metric.T
    size = np.einsum("ij,ij->i", means, means)
    labels = np.empty(rows.shape[0], dtype=np.intp)
    for start in range(0, rows.shape[0], _CHUNK_ROWS):
        chunk = slice(start, start + _CHUNK_ROWS)
        labels[chunk] = (size - 2.0 * (rows[chunk] @ means.T)).argmin(axis=1)
    return labels
