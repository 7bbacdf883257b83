"""Scratch and sums of the screened pass."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.kernels.screened.member_products import SPARE_ROWS, row_stride
from skvi.numerics.aligned import aligned_zeros

__all__ = ["NearSums", "NearWork"]

# Lists are written eight members at a time.
_SPARE_MEMBERS = 8


class NearWork(NamedTuple):
    """Scratch of :func:`accumulate_near`.

    Attributes
    ----------
    tile : ndarray, float32
        As many as :func:`.screen.screen_work_size` says.
    members : ndarray of shape (K, rows + 8), uint32
        Rows of a group of tiles near every component.
    counts : ndarray of shape (K,), int64
        Their numbers.
    differences : ndarray of shape (capacity + spare, stride)
        Differences of the near pairs, component by component.
    weighted : ndarray of shape (rows + 1, stride)
        Those of one component, times their responsibilities.
    rows : ndarray of shape (capacity + spare,), uint32
        Row of every near pair.
    logits, shares : ndarray of shape (capacity + spare,)
    top, total, cross : ndarray of shape (rows,)
        Largest logit of a row, and sums over its components.
    """

    tile: np.ndarray
    members: np.ndarray
    counts: np.ndarray
    differences: np.ndarray
    weighted: np.ndarray
    rows: np.ndarray
    logits: np.ndarray
    shares: np.ndarray
    top: np.ndarray
    total: np.ndarray
    cross: np.ndarray

    @classmethod
    def zeros(cls, tile_size, rows, n_components, n_dimensions, capacity):
        """Scratch for groups of ``rows`` rows with up to ``capacity`` near pairs."""
        stride, pairs = row_stride(n_dimensions), capacity + SPARE_ROWS
        return cls(
            aligned_zeros(tile_size, np.float32),
            aligned_zeros((n_components, rows + _SPARE_MEMBERS), np.uint32),
            np.zeros(n_components, dtype=np.int64),
            aligned_zeros((pairs, stride)),
            aligned_zeros((rows + 1, stride)),
            aligned_zeros(pairs, np.uint32),
            *(aligned_zeros(pairs) for _ in range(2)),
            *(aligned_zeros(rows) for _ in range(3)),
        )


class NearSums(NamedTuple):
    """What :func:`accumulate_near` adds to; sums about the means of the components.

    Attributes
    ----------
    weight : ndarray of shape (K,)
    first : ndarray of shape (K, padded)
    second : ndarray of shape (K, padded + spare, padded) or (K, padded)
        Upper triangles, or diagonals.
    totals : ndarray of shape (2,)
        Entropy and log-normaliser.
    """

    weight: np.ndarray
    first: np.ndarray
    second: np.ndarray
    totals: np.ndarray

    @classmethod
    def within(cls, numbers, n_components, n_dimensions, matrices):
        """Views of all ``numbers``, as many as :meth:`size` says."""
        places = _places(n_components, n_dimensions, matrices)
        second, first, weight, totals = (numbers[part].reshape(shape) for part, shape in places)
        return cls(weight, first, second, totals)

    @staticmethod
    def size(n_components, n_dimensions, matrices):
        """How many numbers all sums together are."""
        return _places(n_components, n_dimensions, matrices)[-1][0].stop


@lru_cache(maxsize=16)
def _places(n_components, n_dimensions, matrices):
    """Where second, first, weight and totals stand, and their shapes."""
    padded = -(-n_dimensions // 4) * 4
    shape = (padded + SPARE_ROWS, padded) if matrices else (padded,)
    shapes = (n_components, *shape), (n_components, padded), (n_components,), (2,)
    ends = [0, *accumulate(map(math.prod, shapes))]
    return tuple((slice(*part), shape) for part, shape in zip(pairwise(ends), shapes, strict=True))
