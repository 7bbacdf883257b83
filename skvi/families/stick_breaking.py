"""Stick-breaking distribution of mixture weights, possibly truncated.

    v_k ~ Beta(success_k, failure_k),    w_k = v_k prod_{j < k} (1 - v_j)

A last ``failure`` of zero is a truncation: ``v_K = 1`` exactly, so the weights sum to one. That
stick is a constant and contributes nothing to any divergence, entropy or normaliser. Densities,
moments and samples are those of the sticks; the weights have methods of their own.

Exponential family: ``t(v) = (log v, log(1 - v))``, natural parameters ``(success, failure)``,
``h(v) = 1 / prod v_k (1 - v_k)``. Conjugate to the weights of Dirichlet and Pitman-Yor processes
(Ishwaran and James, 2001).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.families.beta import Beta

__all__ = ["StickBreaking"]


class StickBreaking(NamedTuple):
    """Independent sticks that break a unit mass into weights.

    Attributes
    ----------
    success, failure : ndarray of shape (..., K)
        Positive, except that ``failure[..., -1]`` may be zero: the truncated last stick.
    """

    success: np.ndarray
    failure: np.ndarray

    def natural(self):
        """Natural parameters ``(success, failure)``."""
        return tuple(self)

    @classmethod
    def from_natural(cls, success, failure):
        """The distribution with these natural parameters."""
        return cls(success, failure)

    def updated(self, counts):
        """Conjugate update with (expected) counts of shape (..., K) of the weights."""
        failures = np.zeros(np.shape(counts))
        failures[..., :-1] = np.cumsum(counts[..., :0:-1], axis=-1)[..., ::-1]
        return StickBreaking(self.success + counts, self.failure + failures)

    def log_normalizer(self):
        """Sum of the log-normalisers of the sticks."""
        return self._free_sum(self._sticks().log_normalizer())

    def expected_statistics(self):
        """``(E log v, E log(1 - v))``; zero for a truncated stick."""
        return tuple(np.where(self._free(), e, 0.0) for e in self._sticks().expected_statistics())

    def expected_log(self):
        """Expected log-weights ``E log w_k``, of shape (..., K)."""
        log_stick, log_rest = self.expected_statistics()
        log_stick[..., 1:] += np.cumsum(log_rest[..., :-1], axis=-1)
        return log_stick

    def expected_weights(self):
        """Expected weights ``E w_k``, of shape (..., K)."""
        total = self.success + self.failure
        weights = self.success / total
        weights[..., 1:] *= np.cumprod(self.failure[..., :-1] / total[..., :-1], axis=-1)
        return weights

    def weight_covariance(self):
        """Covariances of the weights, of shape (..., K, K).

        For j < k, ``E w_j w_k = prod_{i<j} E(1 - v_i)^2 . E v_j (1 - v_j) .
        prod_{j<i<k} E(1 - v_i) . E v_k``: sticks are independent.
        """
        mean, variance = self.expected_value(), self.variance()
        rest = 1.0 - mean
        before = _exclusive_product(rest**2 + variance)
        product = (before * (mean * rest - variance))[..., :, None] * _path(rest, mean)
        product = np.triu(product, 1)
        product = product + np.swapaxes(product, -1, -2)
        product += (before * (mean**2 + variance))[..., None] * np.eye(mean.shape[-1])
        weights = self.expected_weights()
        return product - weights[..., :, None] * weights[..., None, :]

    def expected_value(self):
        """Expected sticks, of shape (..., K)."""
        return self.success / (self.success + self.failure)

    def variance(self):
        """Variances of the sticks, of shape (..., K)."""
        return np.where(self._free(), self._sticks().variance(), 0.0)

    def entropy(self):
        """Differential entropy of the free sticks in nats."""
        return self._free_sum(self._sticks().entropy())

    def kl(self, other):
        """KL divergence from ``other`` to this distribution; both truncated alike."""
        return self._free_sum(self._sticks().kl(other._sticks()))

    def log_density(self, sticks):
        """Log-density of sticks of shape (..., K); a truncated stick is not looked at."""
        return self._free_sum(self._sticks().log_density(np.where(self._free(), sticks, 0.5)))

    def sample(self, n_samples, rng):
        """Sticks of shape (n_samples, ..., K)."""
        return np.where(self._free(), self._sticks().sample(n_samples, rng), 1.0)

    def sample_weights(self, n_samples, rng):
        """Weights of shape (n_samples, ..., K)."""
        sticks = self.sample(n_samples, rng)
        weights = sticks.copy()
        weights[..., 1:] *= np.cumprod(1.0 - sticks[..., :-1], axis=-1)
        return weights

    def _free(self):
        return np.asarray(self.failure) > 0.0

    def _free_sum(self, values):
        return np.where(self._free(), values, 0.0).sum(axis=-1)

    def _sticks(self):
        free = self._free()
        return Beta(np.where(free, self.success, 1.0), np.where(free, self.failure, 1.0))


def _exclusive_product(factors):
    """Product of the factors before each one."""
    result = np.ones_like(factors)
    result[..., 1:] = np.cumprod(factors[..., :-1], axis=-1)
    return result


def _path(rest, mean):
    """``prod_{j<i<k} rest_i * mean_k`` at [j, k]; meaningless for j >= k."""
    size = mean.shape[-1]
    between = np.ones((*mean.shape, size))
    for k in range(2, size):
        between[..., :k, k] = between[..., :k, k - 1] * rest[..., k - 1, None]
        between[..., k - 1, k] = 1.0
    return between * mean[..., None, :]
