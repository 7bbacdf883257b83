"""Statistics under responsibilities or labels that someone else decided.

Used for starting points and for scoring the responsibilities of other software.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.special import xlogy

from skvi.models.gaussian_mixture.kernels.exact import (
    centred_moments,
    gathered_by_responsibility,
    gathered_moments,
)
from skvi.models.gaussian_mixture.kernels.structures import BlockStatistics
from skvi.numerics.moments import Moments

__all__ = ["label_statistics", "row_moments"]

_CHUNK_ROWS = 4096
_FEW_INDICATORS = 1 << 17
# So few that products with zeros take less time than sorting.
_FEW_PRODUCTS = 1 << 13


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
        moments = _moments_by_label(X, weights, labels, center, structure, n_components)
        return BlockStatistics(moments, 0.0, 0.0)
    entropy = -float(weights @ xlogy(labels, labels).sum(axis=1))
    near = np.tile(center, (labels.shape[1], 1))
    moments = gathered_by_responsibility(X, labels * weights[:, None], near, structure)
    return BlockStatistics(moments, entropy, 0.0)


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
    """Moments of rows few enough to stay in cache, by sums about nearly their mean."""
    used = slice(None) if weights.all() else weights != 0.0
    X, weights = X[used].astype(np.float64, copy=False), weights[used]
    total, center = weights.sum(), np.zeros(X.shape[1])
    if len(X):
        first = X[weights.argmax()]
        center = first + (weights / total) @ (X - first)
    root = np.sqrt(weights)
    scaled = (X - center) * root[:, None]
    second = scaled.T @ scaled if structure == "full" else np.einsum("ij,ij->j", scaled, scaled)
    return Moments.from_sums(np.array([total]), (root @ scaled)[None], second[None], center)


def _moments_by_label(X, weights, labels, center, structure, n_components):
    """Moments of the rows of every label, about their own mean."""
    if not weights.all():
        used = weights != 0.0
        X, weights, labels = X[used], weights[used], labels[used]
    if len(labels) * n_components <= _FEW_INDICATORS:
        return _moments_by_products(X, weights, labels, center, structure, n_components)
    order, stops = _by_label(labels, n_components)
    X, weights = X[order], weights[order]
    parts = ((X[low:high], weights[low:high]) for low, high in pairwise(stops))
    return gathered_moments(parts, np.tile(center, (n_components, 1)), structure)


def _by_label(labels, n_components):
    """The order of the labels, and where each begins in it and the last ends."""
    order = labels.argsort(kind="stable")
    return order, labels.take(order).searchsorted(np.arange(n_components + 1)).tolist()


def _moments_by_products(X, weights, labels, center, structure, n_components):
    """The same where sums over labels are one product: few calls for few rows."""
    indicators = np.zeros((n_components, len(labels)))
    indicators[labels, np.arange(len(labels))] = 1.0
    weight, share = indicators @ weights, weights[:, None]
    difference = np.subtract(X, center, dtype=np.float64)
    offset = indicators @ (difference * share)
    offset /= np.where(weight == 0.0, 1.0, weight)[:, None]
    difference -= offset.take(labels, axis=0)
    weighted = difference * share
    if structure == "tied":
        second = weighted.T @ difference
    elif structure == "full":
        second = _products_by_label(weighted, difference, labels, indicators)
    else:
        squares = weighted * difference
        squares = squares.sum(axis=1, keepdims=True) if structure == "spherical" else squares
        second = indicators @ squares
    return centred_moments(weight, indicators @ weighted, second, center + offset, structure)


def _products_by_label(weighted, difference, labels, indicators):
    n_components = len(indicators)
    if weighted.size * n_components <= _FEW_PRODUCTS:
        return (indicators[:, None] * weighted.T) @ difference
    order, stops = _by_label(labels, n_components)
    weighted, difference = weighted.take(order, axis=0).T, difference.take(order, axis=0)
    second = np.empty((n_components, len(weighted), len(weighted)))
    for place, (low, high) in zip(second, pairwise(stops), strict=True):
        np.matmul(weighted[:, low:high], difference[low:high], out=place)
    return second
