"""From many clusters to few: the two whose union costs the bound least become one, again and again.

Model-based hierarchical clustering (Fraley, 1998, SIAM Journal on Scientific Computing 20) with the
marginal likelihood of the conjugate model in place of the likelihood: a cluster is worth the
log-normaliser of its posterior, and no rows are looked at. It starts from a partition into a few
times as many clusters as are wanted.
"""

from __future__ import annotations

import numpy as np

__all__ = ["agglomerated"]

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
    worth = _worth(distribution, moments)
    loss = np.full((count, count), -np.inf)
    first, second = np.triu_indices(count, 1)
    loss[first, second] = _gain(distribution, moments, worth, first, second)
    fields = [field.copy() for field in moments]
    alive = np.ones(count, dtype=bool)
    for _ in range(count - n_clusters):
        kept, gone = np.unravel_index(np.argmax(loss), loss.shape)
        union = _union(moments, np.array([kept]), np.array([gone]))
        for field, value in zip(fields, union, strict=True):
            field[kept] = value[0]
        moments = type(moments)(*fields)
        alive[gone] = False
        loss[gone], loss[:, gone] = -np.inf, -np.inf
        worth[kept] = _worth(distribution, union)[0]
        others = np.flatnonzero(alive & (np.arange(count) != kept))
        gain = _gain(distribution, moments, worth, np.full(others.size, kept), others)
        loss[np.minimum(kept, others), np.maximum(kept, others)] = gain
    return type(moments)(*(field[alive] for field in moments))


def _union(moments, first, second):
    one, other = (type(moments)(*(f[i] for f in moments)) for i in (first, second))
    return one.merged(other)


def _gain(distribution, moments, worth, first, second):
    """What the unions of pairs are worth beyond their parts."""
    size = max(1, _NUMBERS_AT_ONCE // max(moments.scatter[0].size, 1))
    parts = [np.empty(0)]
    for low in range(0, first.size, size):
        pair = slice(low, low + size)
        parts.append(_worth(distribution, _union(moments, first[pair], second[pair])))
    return np.concatenate(parts) - worth[first] - worth[second]


def _worth(distribution, moments):
    if moments.scatter.shape[-1] != moments.mean.shape[-1]:
        moments = moments._replace(scatter=moments.scatter / moments.mean.shape[-1])
    return distribution.updated(moments).log_normalizer() - distribution.log_normalizer()
