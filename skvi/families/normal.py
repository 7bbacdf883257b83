"""Multivariate normal distribution.

    p(x) = |2 pi Sigma|^(-1/2) exp(-(x - m)' Sigma^-1 (x - m) / 2)

Exponential family: ``t(x) = (x, -x x' / 2)``, natural parameters ``(P m, P)`` with the precision
``P = Sigma^-1``, ``h(x) = (2 pi)^(-D/2)``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.families._matrices import (
    diagonal,
    log_determinant,
    outer,
    precision,
    triangular_excess,
    whiten,
)
from skvi.families._stirling import HALF_LOG_TWO_PI

__all__ = ["Normal"]


class Normal(NamedTuple):
    """Multivariate normal distributions.

    Attributes
    ----------
    mean : ndarray of shape (..., D)
        Centre.
    covariance : ndarray of shape (..., D, D)
        Symmetric positive definite.
    """

    mean: np.ndarray
    covariance: np.ndarray

    def natural(self):
        """Natural parameters ``(P m, P)``."""
        matrix = precision(self.covariance)
        return (matrix @ self.mean[..., None])[..., 0], matrix

    @classmethod
    def from_natural(cls, precision_mean, precision_matrix):
        """The distribution with these natural parameters."""
        covariance = precision(precision_matrix)
        return cls((covariance @ precision_mean[..., None])[..., 0], covariance)

    def log_normalizer(self):
        """``m' P m / 2 + log|Sigma| / 2``."""
        square = (whiten(self.covariance, self.mean) ** 2).sum(axis=-1)
        return 0.5 * (square + log_determinant(self.covariance))

    def expected_statistics(self):
        """``(E x, -E x x' / 2)``: the gradient of the log-normaliser."""
        return self.mean, -0.5 * (self.covariance + outer(self.mean))

    def expected_value(self):
        """Mean."""
        return self.mean

    def variance(self):
        """Variances, of shape (..., D)."""
        return diagonal(self.covariance)

    def entropy(self):
        """Differential entropy in nats."""
        n_dims = self.mean.shape[-1]
        return n_dims * (HALF_LOG_TWO_PI + 0.5) + 0.5 * log_determinant(self.covariance)

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``."""
        distance = (whiten(other.covariance, self.mean - other.mean) ** 2).sum(axis=-1)
        return 0.5 * (distance + triangular_excess(self.covariance, other.covariance))

    def log_density(self, x):
        """Log-density at rows of shape (..., D)."""
        square = (whiten(self.covariance, x - self.mean) ** 2).sum(axis=-1)
        log_peak = -0.5 * log_determinant(self.covariance) - self.mean.shape[-1] * HALF_LOG_TWO_PI
        return log_peak - 0.5 * square

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ..., D)."""
        noise = rng.standard_normal((n_samples, *self.mean.shape))
        factor = np.linalg.cholesky(self.covariance)
        return self.mean + np.einsum("...ij,...j->...i", factor, noise)
