"""Dirichlet distribution over weights that sum to one.

    p(x) = Gamma(sum a) / prod Gamma(a_k) prod x_k^(a_k - 1)

Exponential family: ``t(x) = log x``, natural parameter ``a``, ``h(x) = 1 / prod x_k``.
Conjugate to category probabilities.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skvi.families._stirling import (
    HALF_LOG_TWO_PI,
    binet,
    digamma_difference,
    gamma_entropy,
    ratio_excess,
    same_mean_divergence,
)

__all__ = ["Dirichlet"]

# Above, a difference of digammas is not left to subtraction.
_LARGE = 1e4


class Dirichlet(NamedTuple):
    """Dirichlet distributions.

    Attributes
    ----------
    concentration : ndarray of shape (..., K)
        Positive.
    """

    concentration: np.ndarray

    def natural(self):
        """Natural parameters: the concentration alone."""
        return tuple(self)

    @classmethod
    def from_natural(cls, concentration):
        """The distribution with these natural parameters."""
        return cls(concentration)

    def updated(self, counts):
        """Conjugate update with (expected) counts of shape (..., K)."""
        return Dirichlet(self.concentration + counts)

    def log_normalizer(self):
        """``sum log Gamma(a_k) - log Gamma(sum a_k)``, relative to its own size exact."""
        a = self.concentration
        log_mean = -np.log1p(_sum_of_others(a) / a)
        return (a * log_mean).sum(axis=-1) - self._log_peak()

    def expected_statistics(self):
        """``(E log x,)``: the gradient of the log-normaliser."""
        return (self.expected_log(),)

    def expected_log(self):
        """``E log x_k``, of shape (..., K)."""
        a = self.concentration
        if np.max(a) > _LARGE:
            return -digamma_difference(a, _sum_of_others(a))
        return digamma(a) - digamma(self._total())

    def expected_value(self):
        """Mean, of shape (..., K)."""
        return self.concentration / self._total()

    def variance(self):
        """Variances, of shape (..., K)."""
        total = self._total()
        return self.concentration * _sum_of_others(self.concentration) / (total**2 * (total + 1.0))

    def covariance(self):
        """Covariance matrices, of shape (..., K, K)."""
        mean = self.expected_value()
        identity = np.eye(mean.shape[-1])
        matrix = mean[..., :, None] * (identity - mean[..., None, :])
        return matrix / (self._total() + 1.0)[..., None]

    def entropy(self):
        """Differential entropy in nats, with respect to the first K - 1 weights."""
        total = self._total()[..., 0]
        n_free = self.concentration.shape[-1] - 1
        parts = gamma_entropy(self.concentration).sum(axis=-1)
        return parts - gamma_entropy(total) - n_free * digamma(total)

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``."""
        total, other_total = self._total(), other._total()
        a, b = self.concentration, other.concentration
        means = b * ratio_excess(a * (other_total / total), b)
        parts = (means + same_mean_divergence(a, b)).sum(axis=-1)
        return np.maximum(parts - same_mean_divergence(total, other_total)[..., 0], 0.0)

    def log_density(self, x):
        """Log-density at weights ``x`` of shape (..., K), positive and summing to one."""
        a = self.concentration
        distance = a * ratio_excess(x * self._total(), a)
        return self._log_peak() - (distance + np.log(x)).sum(axis=-1)

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ..., K); tiny concentrations underflow to zero weights."""
        a = np.asarray(self.concentration)
        size = (n_samples, *a.shape)
        # Gamma(a) is Gamma(a + 1) U^(1/a) in law: its logarithm never underflows.
        log_gamma = np.log(rng.standard_gamma(a + 1.0, size)) - rng.standard_exponential(size) / a
        weights = np.exp(log_gamma - log_gamma.max(axis=-1, keepdims=True))
        return weights / weights.sum(axis=-1, keepdims=True)

    def _total(self):
        return np.sum(self.concentration, axis=-1, keepdims=True)

    def _log_peak(self):
        """Stirling's part of the log-density at the mean, without ``-sum log x``."""
        a, total = self.concentration, self._total()[..., 0]
        parts = (0.5 * np.log(a) - HALF_LOG_TWO_PI - binet(a)).sum(axis=-1)
        return parts - (0.5 * np.log(total) - HALF_LOG_TWO_PI - binet(total))


def _sum_of_others(values):
    """Sum over the last axis of all entries but one, without a subtraction."""
    others = np.zeros(np.shape(values))
    others[..., 1:] += np.cumsum(values[..., :-1], axis=-1)
    others[..., :-1] += np.cumsum(values[..., :0:-1], axis=-1)[..., ::-1]
    return others
