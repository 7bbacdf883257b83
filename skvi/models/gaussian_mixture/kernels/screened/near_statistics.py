"""Statistics of screened passes, kept as sums until all blocks are in."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from skvi.models.gaussian_mixture.kernels.exact import centred_moments
from skvi.models.gaussian_mixture.kernels.screened.arrays import NearSums
from skvi.models.gaussian_mixture.kernels.structures import BlockStatistics
from skvi.numerics.frozen import frozen

__all__ = ["NearStatistics"]


class NearStatistics:
    """Sums about the means of some logits. Those about the very same means simply add.

    Parameters
    ----------
    numbers : ndarray
        All :class:`~skvi.models.gaussian_mixture.kernels.screened.arrays.NearSums` in one array.
    logits : Logits
    structure : {"full", "diag", "spherical"}
    """

    __slots__ = ("logits", "numbers", "structure")

    def __init__(self, numbers, logits, structure):
        self.numbers, self.logits, self.structure = numbers, logits, structure

    def merged(self, other):
        """Statistics of the union of two disjoint sets of rows."""
        if isinstance(other, NearStatistics) and other.logits.mean is self.logits.mean:
            return NearStatistics(self.numbers + other.numbers, self.logits, self.structure)
        return self.settled().merged(other)

    def settled(self):
        """The same as :class:`BlockStatistics`: means, and scatters about these."""
        mean, matrices = self.logits.mean, self.structure == "full"
        n_dimensions = mean.shape[1]
        sums = NearSums.within(self.numbers, *mean.shape, matrices)
        second = sums.second[:, :n_dimensions]
        if matrices:
            upper = second[:, :, :n_dimensions]
            second = np.where(_upper_triangle(n_dimensions), upper, upper.swapaxes(1, 2))
        elif self.structure == "spherical":
            second = second.sum(axis=1, keepdims=True)
        first = sums.first[:, :n_dimensions]
        moments = centred_moments(sums.weight.copy(), first, second, mean, self.structure)
        entropy, log_normalizer = (float(total) for total in sums.totals)
        return BlockStatistics(moments, entropy, log_normalizer)


@lru_cache(maxsize=16)
def _upper_triangle(n_dimensions):
    return frozen(np.triu(np.ones((n_dimensions, n_dimensions), dtype=bool)))
