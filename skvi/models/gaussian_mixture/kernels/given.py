"""Statistics under responsibilities or labels that someone else decided.

Used for starting points and for scoring the responsibilities of other software. Two passes: the
means first, then the scatter about them, so that no offset can hurt.
"""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from skvi.models.gaussian_mixture.kernels.exact import (
    centred_moments,
    moments_about,
    scatter_shape,
    second_moment,
)
from skvi.models.gaussian_mixture.kernels.structures import BlockStatistics
from skvi.numerics.moments import Moments

__all__ = ["label_statistics", "row_moments"]

_CHUNK_ROWS = 4096


def label_statistics(X, weights, labels, center, structure, n_components=None):
    """Statistics of a block under given responsibilities.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    weights : ndarray of shape (n,)
    labels : ndarray of shape (n,) or (n, K)
        Integer labels, or responsibilities that sum to one in every row.
    center : ndarray of shape (D,)
        Mean reported for a component without rows.
    structure : {"full", "tied", "diag", "spherical"}
    n_components : int, default=None
        Number of components; needed with labels.

    Returns
    -------
    BlockStatistics
        With ``log_normalizer`` zero.
    """
    if labels.ndim == 1:
        moments = _label_moments(X, weights, labels, center, structure, n_components)
        return BlockStatistics(moments, 0.0, 0.0)
    entropy = -float(weights @ xlogy(labels, labels).sum(axis=1))
    weighted = labels * weights[:, None]
    mean = _means(X, weighted, center)
    return BlockStatistics(moments_about(X, weighted, mean, structure), entropy, 0.0)


def row_moments(X, weights, structure):
    """Moments of all rows of a block, as those of a mixture of one component.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    weights : ndarray of shape (n,)
        Rows of weight zero are not looked at.
    structure : {"full", "diag"}

    Returns
    -------
    Moments
    """
    result = None
    for start in range(0, max(X.shape[0], 1), _CHUNK_ROWS):
        rows = slice(start, start + _CHUNK_ROWS)
        part = _moments_of_chunk(X[rows], weights[rows], structure)
        result = part if result is None else result.merged(part)
    return result


def _moments_of_chunk(X, weights, structure):
    """Moments of rows few enough to stay in cache, by sums about their plain mean."""
    used = slice(None) if weights.all() else weights != 0.0
    X, root = X[used].astype(np.float64, copy=False), np.sqrt(weights[used])
    center = np.zeros(X.shape[1])
    if len(X):
        center = X[0] + (X - X[0]).mean(axis=0)
    scaled = (X - center) * root[:, None]
    second = scaled.T @ scaled if structure == "full" else np.einsum("ij,ij->j", scaled, scaled)
    weight = np.array([weights[used].sum()])
    return Moments.from_sums(weight, (root @ scaled)[None], second[None], center)


def _label_moments(X, weights, labels, center, structure, n_components):
    """Moments of the rows of every label, gathered one label after the other."""
    order = labels.argsort(kind="stable")
    if not weights.all():
        order = order[weights[order] != 0.0]
    stops = labels[order].searchsorted(np.arange(n_components + 1))
    shape = (n_components, X.shape[1])
    weight, first, mean = np.zeros(n_components), np.empty(shape), np.empty(shape)
    second = np.empty((n_components, *scatter_shape(structure, X.shape[1])))
    for k in range(n_components):
        used = order[stops[k] : stops[k + 1]]
        share, difference = weights[used], X[used].astype(np.float64, copy=False) - center
        weight[k] = share.sum()
        shift = (share @ difference) / (weight[k] or 1.0)
        mean[k] = center + shift
        difference -= shift
        first[k], second[k] = share @ difference, second_moment(share, difference, structure)
    return centred_moments(weight, first, second, mean, structure)


def _means(X, weighted, center):
    total = np.zeros((weighted.shape[1], center.size))
    for start in range(0, X.shape[0], _CHUNK_ROWS):
        chunk = slice(start, start + _CHUNK_ROWS)
        used = weighted[chunk].any(axis=1)
        total += weighted[chunk].T @ (np.where(used[:, None], X[chunk], center) - center)
    weight = weighted.sum(axis=0)
    return center + total / np.where(weight == 0.0, 1.0, weight)[:, None]
