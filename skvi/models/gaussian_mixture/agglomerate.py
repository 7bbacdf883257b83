"""From many clusters to few: the two whose union costs the bound least become one, again and again.

Model-based hierarchical clustering (Fraley, 1998, SIAM Journal on Scientific Computing 20) with the
marginal likelihood of the conjugate model in place of the likelihood: a cluster is worth the
log-normaliser of its posterior, and no rows are looked at. It starts from a partition into a few
times as many clusters as are wanted.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from skvi.numerics.frozen import frozen
from skvi.numerics.linalg import inverse_factor

__all__ = ["agglomerated", "pooled_agglomerated", "worths"]

_NUMBERS_AT_ONCE = 1 << 17


def agglomerated(distribution, moments, n_clusters):
    """Moments of the clusters that are left.

    Parameters
    ----------
    distribution : NormalWishart or NormalGamma
        Prior of one component.
    moments : Moments or SphericalMoments
        Of the clusters to begin with.
    n_clusters : int

    Returns
    -------
    Moments or SphericalMoments
    """
    count = moments.weight.shape[0]
    first, second = _pairs(count)
    # A union is worth what its parts are worth and the loss; constants common to all are left out.
    worth, values = worths(distribution, moments, first, second)
    union = np.full((count, count), -np.inf)
    union[first, second] = values
    loss = union - worth[:, None] - worth
    moments = type(moments)(*(field.copy() for field in moments))
    alive = list(range(count))
    while len(alive) > n_clusters:
        kept, gone = divmod(int(loss.argmax()), count)
        _put_together(moments, kept, gone)
        alive.remove(gone)
        if len(alive) == n_clusters:
            break
        loss[gone], loss[:, gone] = -np.inf, -np.inf
        worth[kept] = union[kept, gone]
        others = np.array([k for k in alive if k != kept])
        values = _worth_of_unions(distribution, moments, np.full(others.size, kept), others)
        low, high = np.minimum(kept, others), np.maximum(kept, others)
        union[low, high] = values
        loss[low, high] = values - worth[kept] - worth[others]
    return type(moments)(*(field[alive] for field in moments))


def pooled_agglomerated(scale_matrix, moments, n_clusters):
    """The same where all clusters share a covariance: the nearest two become one.

    A union adds ``w_i w_j / (w_i + w_j) (m_i - m_j)(m_i - m_j)'`` to the scatter within clusters,
    so this is the linkage of Ward (1963, Journal of the American Statistical Association 58) in the
    metric of that scatter.

    Parameters
    ----------
    scale_matrix : ndarray of shape (D, D)
        Of the prior: added to the scatter.
    moments : TiedMoments
        Of the clusters to begin with.
    n_clusters : int

    Returns
    -------
    TiedMoments
    """
    weight, mean, scatter = moments
    while len(weight) > n_clusters:
        factor = inverse_factor(scale_matrix + scatter)
        places = mean @ factor.T
        square = np.einsum("ij,ij->i", places, places)
        distance = square[:, None] + square - 2.0 * (places @ places.T)
        total = weight[:, None] + weight
        cost = distance * (weight[:, None] * weight) / np.where(total > 0.0, total, 1.0)
        cost[np.tril_indices(len(weight))] = np.inf
        kept, gone = divmod(int(cost.argmin()), len(weight))
        share = weight[gone] / ((weight[kept] + weight[gone]) or 1.0)
        delta = mean[gone] - mean[kept]
        scatter = scatter + weight[kept] * share * np.outer(delta, delta)
        weight, mean = weight.copy(), mean.copy()
        weight[kept] += weight[gone]
        mean[kept] += share * delta
        weight, mean = np.delete(weight, gone), np.delete(mean, gone, axis=0)
    return type(moments)(weight, mean, scatter)


@lru_cache(maxsize=16)
def _pairs(count):
    return tuple(map(frozen, np.triu_indices(count, 1)))


def worths(distribution, moments, first, second):
    """What clusters are worth, and the unions of some pairs.

    Parameters
    ----------
    distribution : NormalWishart or NormalGamma
        Prior of one component.
    moments : Moments or SphericalMoments
        Of K clusters.
    first, second : ndarray of shape (P,)
        Clusters of every pair.

    Returns
    -------
    worth : ndarray of shape (K,)
    unions : ndarray of shape (P,)
    """
    count = moments.weight.shape[0]
    values = _worth_of_unions(
        distribution,
        _with_nothing(moments),
        np.concatenate([np.arange(count), first]),
        np.concatenate([np.full(count, count), second]),
    )
    return values[:count], values[count:]


def _with_nothing(moments):
    """The clusters, and one without rows: a union with it is the other part."""
    return type(moments)(*(np.concatenate([field, np.zeros_like(field[:1])]) for field in moments))


def _union(moments, first, second):
    one, other = (type(moments)(*(f[i] for f in moments)) for i in (first, second))
    return one.merged(other)


def _put_together(moments, kept, gone):
    """Write the union of two clusters to where the first was."""
    union = _union(moments, slice(kept, kept + 1), slice(gone, gone + 1))
    for field, value in zip(moments, union, strict=True):
        field[kept] = value[0]


def _worth_of_unions(distribution, moments, first, second):
    """What the unions of pairs are worth."""
    size = max(1, _NUMBERS_AT_ONCE // max(moments.scatter[0].size, 1))
    if first.size <= size:
        return _worth(distribution, _union(moments, first, second))
    parts = []
    for low in range(0, first.size, size):
        pair = slice(low, low + size)
        parts.append(_worth(distribution, _union(moments, first[pair], second[pair])))
    return np.concatenate(parts)


def _worth(distribution, moments):
    if moments.scatter.shape[-1] != moments.mean.shape[-1]:
        moments = moments._replace(scatter=moments.scatter / moments.mean.shape[-1])
    return distribution.updated(moments).log_normalizer()
