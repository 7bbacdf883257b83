"""Weighted first and second moments that merge without cancellation.

``Moments`` keeps the total weight, the mean and the scatter about the mean, so that large offsets
never meet in a subtraction. Two sets of rows merge by the pairwise formula of Chan, Golub and
LeVeque (1983); a negative factor in ``scaled`` takes rows away again.

Leading axes are batch axes (one mixture component each). The scatter may be full
``(..., d, d)`` or diagonal ``(..., d)``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Moments"]


class Moments(NamedTuple):
    """Weight, mean and scatter about the mean of some rows.

    Attributes
    ----------
    weight : ndarray of shape (...)
        Sum of the weights of the rows.
    mean : ndarray of shape (..., d)
        Weighted mean; any finite value where the weight is zero.
    scatter : ndarray of shape (..., d, d) or (..., d)
        Weighted sum of ``(x - mean)(x - mean)'``, or of its diagonal.
    """

    weight: np.ndarray
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def from_sums(cls, weight, first, second, shift):
        """Moments from sums of ``w``, ``w (x - shift)`` and ``w (x - shift)(x - shift)'``."""
        weight = np.asarray(weight, dtype=np.float64)
        offset = first / _nonzero(weight)[..., None]
        between = weight_outer(weight, offset, second.ndim)
        return cls(weight, shift + offset, np.subtract(second, between, out=between))

    def merged(self, other):
        """Moments of the union of two disjoint sets of rows."""
        weight = self.weight + other.weight
        fraction = other.weight / _nonzero(weight)
        delta = other.mean - self.mean
        mean = self.mean + fraction[..., None] * delta
        scatter = weight_outer(self.weight * fraction, delta, self.scatter.ndim)
        scatter += self.scatter + other.scatter
        return Moments(weight, mean, scatter)

    def scaled(self, factor):
        """Moments of the same rows, each counted ``factor`` times."""
        return Moments(self.weight * factor, self.mean, self.scatter * factor)


def weight_outer(weight, vector, ndim):
    """``weight * vector vector'``, or its diagonal where the result should have fewer axes."""
    weight = np.asarray(weight, dtype=np.float64)
    if ndim == vector.ndim:
        return weight[..., None] * vector * vector
    return weight[..., None, None] * vector[..., :, None] * vector[..., None, :]


def _nonzero(weight):
    return np.where(weight == 0.0, 1.0, weight)
