"""A small sample of the distinct rows of a data set that depends on their contents alone.

Every row has a hash of its values; the rows with the smallest hashes are kept (a bottom-k sketch).
Which rows are kept does not depend on their order, on how they are cut into blocks, on whether a
row stands twice or has weight two, or on the units and origins of the columns: the leading bits of
the hash are those of the standardised row, rounded. Rows of weight zero are not looked at.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.summary import total
from skvi.models.gaussian_mixture.kernels import row_moments

__all__ = ["Sample", "distinct_rows", "hash_rows"]

# A cell in standard deviations: few rows share one, and rounding errors rarely leave it.
_CELL = 2.0**-26
# Rows at a time, so that what is worked on stays in cache.
_ROWS = 4096
_LEADING_BITS = np.uint64(40)
_LEADING = ~np.uint64((1 << 24) - 1)
_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


class Sample(ArrayBlocks):
    """Distinct rows in lexicographic order: what :func:`distinct_rows` gives.

    ``complete`` says whether no distinct row is missing.
    """

    complete = False

    def kept(self, name, key, make):
        """What ``make(self, key)`` gives, worked out once: every candidate asks for it."""
        if (name, key) not in self._kept:
            self._kept[name, key] = make(self, key)
        return self._kept[name, key]

    @cached_property
    def _kept(self):
        return {}


def distinct_rows(blocks, limit, rng):
    """At most ``limit`` distinct rows, in lexicographic order, each with its total weight.

    Where there are more distinct rows, each has the same chance, and the weights of those kept are
    scaled to add up to the weight of all.

    Parameters
    ----------
    blocks : Blocks
        Read twice if there are more rows than ``limit``, otherwise once.
    limit : int
        Positive.
    rng : numpy.random.RandomState
        One number is drawn from it.

    Returns
    -------
    Sample
        float64 rows; ``blocks`` itself where it is a small enough sample already.
    """
    if isinstance(blocks, Sample) and blocks.n_rows <= limit:
        return blocks
    seed = np.uint64(rng.randint(1 << 62, dtype=np.int64))
    if isinstance(blocks, ArrayBlocks) and blocks.n_rows < limit:
        return _all_distinct(blocks)
    moments = total(row_moments(block.X, block.weights, "diag") for block in blocks)
    kept, waiting, n_waiting = _no_rows(blocks.n_features), [], 0
    for block in blocks:
        part = _candidates(block, moments, seed, kept, limit)
        waiting.append(part)
        n_waiting += part[0].shape[0]
        if n_waiting > limit:
            kept, waiting, n_waiting = _smallest([kept, *waiting], limit), [], 0
    _, X, weights = _smallest([kept, *waiting], limit)
    if X.shape[0] == limit:
        weights = weights * (moments.weight[0] / weights.sum())
    order = _lexicographic_order(X)
    return Sample(np.ascontiguousarray(X[order]), None, weights[order])


def _all_distinct(blocks):
    """All distinct rows, where they are few: no hashes needed."""
    parts = [_counted(block) for block in blocks]
    X, weights = parts[0]
    if len(parts) > 1:
        X, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = _lexicographic_order(X)
    X, weights = X[order], weights[order]
    new = np.ones(X.shape[0], dtype=bool)
    new[1:] = (X[1:] != X[:-1]).any(axis=1)
    if not new.all():
        X, weights = X[new], np.bincount(new.cumsum() - 1, weights)
    sample = Sample(X, None, weights)
    sample.complete = True
    return sample


def hash_rows(X, seed):
    """A 64-bit hash of the values of every row: chained finalisers of SplitMix64.

    Parameters
    ----------
    X : ndarray of shape (n, D)
        float32 or float64; equal numbers of either kind have equal hashes.
    seed : numpy.uint64

    Returns
    -------
    ndarray of shape (n,), uint64

    References
    ----------
    Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators".
    """
    starts = range(0, max(len(X), 1), _ROWS)
    return np.concatenate([_hash_few(X[start : start + _ROWS], seed) for start in starts])


def _hash_few(X, seed):
    # Adding zero makes minus zero zero.
    columns = np.add(X.T, 0.0, order="C", dtype=np.float64).view(np.uint64)
    state = np.full(len(X), seed)
    for column in columns:
        state ^= column
        state += _STEP
        state ^= state >> np.uint64(30)
        state *= _FIRST
        state ^= state >> np.uint64(27)
        state *= _SECOND
        state ^= state >> np.uint64(31)
    return state


def _lexicographic_order(X):
    """Order by the first column, and by the others where that leaves ties."""
    order = np.argsort(X[:, 0], kind="stable")
    first = X[order, 0]
    return np.lexsort(X.T[::-1]) if np.any(first[1:] == first[:-1]) else order


def _no_rows(n_features):
    return np.empty(0, dtype=np.uint64), np.empty((0, n_features)), np.empty(0)


def _candidates(block, moments, seed, kept, limit):
    """Hashes, rows and weights of a block that may be among the smallest."""
    used = block.weights > 0.0
    X, weights = (block.X, block.weights) if used.all() else (block.X[used], block.weights[used])
    spread = np.sqrt(moments.scatter[0] / moments.weight[0])
    spread[~(spread > 0.0)] = 1.0
    standardised = np.rint((X - moments.mean[0]) / (spread * _CELL))
    hashes = (hash_rows(standardised, seed) & _LEADING) | (hash_rows(X, seed) >> _LEADING_BITS)
    if kept[0].shape[0] == limit:
        chosen = hashes <= kept[0][-1]
        hashes, X, weights = hashes[chosen], X[chosen], weights[chosen]
    return hashes, X.astype(np.float64), weights


def _counted(block):
    """Rows of positive weight, and their weights."""
    chosen = block.weights > 0.0
    return block.X[chosen].astype(np.float64), block.weights[chosen]


def _smallest(parts, limit):
    """The distinct rows with the smallest hashes, by increasing hash, with their weights added."""
    hashes, weights = (np.concatenate([part[i] for part in parts]) for i in (0, 2))
    distinct, first, position = np.unique(hashes, return_index=True, return_inverse=True)
    weights = np.bincount(position, weights, minlength=distinct.shape[0])
    rows = _rows_of([part[1] for part in parts], first[:limit])
    return distinct[:limit], rows, weights[:limit]


def _rows_of(tables, chosen):
    """Rows of tables that are not put together for it: ``np.concatenate(tables)[chosen]``."""
    out = np.empty((chosen.size, tables[0].shape[1]))
    start = 0
    for table in tables:
        here = (chosen >= start) & (chosen < start + table.shape[0])
        out[here] = table[chosen[here] - start]
        start += table.shape[0]
    return out
