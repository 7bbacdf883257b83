"""What the mixture kernels take and return.

One row ``x`` against component ``k``: ``logit_k(x) = constant_k - |A_k (x - mean_k)|^2 / 2``,
with ``A_k`` the factor of the (expected) precision matrix ``A_k' A_k``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.numerics.moments import Moments

__all__ = ["STRUCTURES", "BlockStatistics", "Logits", "SphericalMoments", "TiedMoments"]

STRUCTURES = ("full", "tied", "diag", "spherical")


class Logits(NamedTuple):
    """Log-weight plus log-density of every component, as a quadratic in the row.

    Attributes
    ----------
    constant : ndarray of shape (K,)
        Everything that does not depend on the row.
    mean : ndarray of shape (K, D)
        Centres of the quadratic forms, in the coordinates of the rows.
    factor : ndarray
        full ``(K, D, D)`` and tied ``(D, D)``: a triangular ``A`` with precision ``A' A``: the
        transposed lower Cholesky factor ``L'`` of ``L L'``, or the inverse of the lower Cholesky
        factor of a covariance matrix. diag ``(K, D)`` and spherical ``(K,)``: the square root of
        the precision.
    """

    constant: np.ndarray
    mean: np.ndarray
    factor: np.ndarray


class TiedMoments(NamedTuple):
    """Moments of K components with one pooled scatter about the K means.

    Attributes
    ----------
    weight : ndarray of shape (K,)
    mean : ndarray of shape (K, D)
    scatter : ndarray of shape (D, D)
        Sum over rows and components of ``w r (x - mean_k)(x - mean_k)'``.
    """

    weight: np.ndarray
    mean: np.ndarray
    scatter: np.ndarray

    def merged(self, other):
        """Moments of the union of two disjoint sets of rows."""
        weight, mean, delta, between = _merge_means(self, other)
        scatter = self.scatter + other.scatter + (between[:, None] * delta).T @ delta
        return TiedMoments(weight, mean, scatter)

    def scaled(self, factor):
        """Moments of the same rows, each counted ``factor`` times."""
        return TiedMoments(self.weight * factor, self.mean, self.scatter * factor)


class SphericalMoments(NamedTuple):
    """Moments of K components that keep only the trace of each scatter matrix.

    Attributes
    ----------
    weight : ndarray of shape (K,)
    mean : ndarray of shape (K, D)
    scatter : ndarray of shape (K, 1)
        Weighted sum of ``|x - mean_k|^2``.
    """

    weight: np.ndarray
    mean: np.ndarray
    scatter: np.ndarray

    def merged(self, other):
        """Moments of the union of two disjoint sets of rows."""
        weight, mean, delta, between = _merge_means(self, other)
        distance = between * np.sum(delta * delta, axis=1)
        return SphericalMoments(weight, mean, self.scatter + other.scatter + distance[:, None])

    def scaled(self, factor):
        """Moments of the same rows, each counted ``factor`` times."""
        return SphericalMoments(self.weight * factor, self.mean, self.scatter * factor)


class BlockStatistics(NamedTuple):
    """Statistics of a block of rows under their responsibilities.

    Attributes
    ----------
    moments : Moments, TiedMoments or SphericalMoments
        Weight, mean and scatter of every component.
    entropy : float
        ``-sum_i w_i sum_k r_ik log r_ik``.
    log_normalizer : float
        ``sum_i w_i logsumexp_k logit_ik``; zero where responsibilities were given.
    """

    moments: Moments | TiedMoments | SphericalMoments
    entropy: float
    log_normalizer: float

    def merged(self, other):
        """Statistics of the union of two disjoint sets of rows."""
        other = other.settled()
        return BlockStatistics(
            self.moments.merged(other.moments),
            self.entropy + other.entropy,
            self.log_normalizer + other.log_normalizer,
        )

    def scaled(self, factor):
        """Statistics of the same rows, each counted ``factor`` times."""
        return BlockStatistics(
            self.moments.scaled(factor), self.entropy * factor, self.log_normalizer * factor
        )

    def settled(self):
        """These statistics; those of a pass may be sums still."""
        return self


def _merge_means(first, second):
    weight = first.weight + second.weight
    fraction = second.weight / np.where(weight == 0.0, 1.0, weight)
    delta = second.mean - first.mean
    return weight, first.mean + fraction[:, None] * delta, delta, first.weight * fraction
