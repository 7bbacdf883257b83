"""Wishart distribution of a precision matrix.

    Lambda ~ W(nu, S^-1):    p(Lambda) = |Lambda|^((nu - D - 1)/2) exp(-tr(S Lambda)/2) / Z

with ``nu`` degrees of freedom and inverse scale ``S``; ``E Lambda = nu S^-1``. Exponential family:
``t(Lambda) = (log|Lambda| / 2, -Lambda / 2)``, natural parameters ``(nu, S)``,
``h(Lambda) = |Lambda|^(-(D + 1)/2)``. Conjugate to the precision of a Gaussian of known mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from skvi.families._matrices import diagonal, log_determinant, precision, triangular_excess
from skvi.families._stirling import gamma_entropy, same_mean_divergence

__all__ = ["Wishart"]


class Wishart(NamedTuple):
    """Wishart distributions of D x D precision matrices.

    Attributes
    ----------
    degrees_of_freedom : ndarray of shape (...)
        Above ``D - 1``.
    inverse_scale : ndarray of shape (..., D, D)
        Symmetric positive definite.
    """

    degrees_of_freedom: np.ndarray
    inverse_scale: np.ndarray

    def natural(self):
        """Natural parameters ``(degrees_of_freedom, inverse_scale)``."""
        return tuple(self)

    @classmethod
    def from_natural(cls, degrees_of_freedom, inverse_scale):
        """The distribution with these natural parameters."""
        return cls(degrees_of_freedom, inverse_scale)

    def updated(self, weight, scatter):
        """Conjugate update with the weight and the scatter of rows about their known mean."""
        return Wishart(self.degrees_of_freedom + weight, self.inverse_scale + scatter)

    def log_normalizer(self):
        """``nu D/2 log 2 + log Gamma_D(nu/2) - nu/2 log|S|``."""
        n_dims = np.shape(self.inverse_scale)[-1]
        log_scale = n_dims * np.log(2.0) - log_determinant(self.inverse_scale)
        constant = 0.25 * n_dims * (n_dims - 1) * np.log(np.pi)
        log_gamma = gammaln(self._shapes()).sum(axis=-1) + constant
        return log_gamma + 0.5 * self.degrees_of_freedom * log_scale

    def expected_statistics(self):
        """``(E log|Lambda| / 2, -E Lambda / 2)``: the gradient of the log-normaliser."""
        return 0.5 * self.expected_log_determinant(), -0.5 * self.expected_value()

    def expected_log_determinant(self):
        """``E log|Lambda|``."""
        n_dims = np.shape(self.inverse_scale)[-1]
        log_scale = n_dims * np.log(2.0) - log_determinant(self.inverse_scale)
        return digamma(self._shapes()).sum(axis=-1) + log_scale

    def expected_value(self):
        """Expected precision matrix ``nu S^-1``."""
        return np.asarray(self.degrees_of_freedom)[..., None, None] * precision(self.inverse_scale)

    def variance(self):
        """Variances of the entries, of shape (..., D, D)."""
        scale = precision(self.inverse_scale)
        spread = diagonal(scale)
        products = spread[..., :, None] * spread[..., None, :]
        return np.asarray(self.degrees_of_freedom)[..., None, None] * (scale * scale + products)

    def entropy(self):
        """Differential entropy in nats, over the D(D + 1)/2 free entries."""
        shapes = self._shapes()
        n_dims = shapes.shape[-1]
        lag = 0.5 * np.arange(n_dims)
        parts = gamma_entropy(shapes) + (0.5 * (n_dims - 1) - lag) * digamma(shapes) + lag
        log_scale = n_dims * np.log(2.0) - log_determinant(self.inverse_scale)
        constant = 0.25 * n_dims * (n_dims - 1) * np.log(np.pi)
        return parts.sum(axis=-1) + constant + 0.5 * (n_dims + 1) * log_scale

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``.

        The expected matrices contribute ``tr(R) - D - log|R|`` for their ratio ``R``; the rest
        depends on the degrees of freedom alone and vanishes where they agree.
        """
        n_dims = np.shape(self.inverse_scale)[-1]
        half, other_half = 0.5 * self.degrees_of_freedom, 0.5 * other.degrees_of_freedom
        matrices = triangular_excess(other.inverse_scale, self.inverse_scale, half / other_half)
        return other_half * matrices + _degrees_divergence(half, other_half, n_dims)

    def log_density(self, precision_matrix):
        """Log-density at symmetric positive definite matrices of shape (..., D, D)."""
        n_dims = np.shape(self.inverse_scale)[-1]
        trace = np.einsum("...ij,...ij->...", self.inverse_scale, precision_matrix)
        power = 0.5 * (self.degrees_of_freedom - n_dims - 1.0)
        return power * log_determinant(precision_matrix) - 0.5 * trace - self.log_normalizer()

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ..., D, D), by Bartlett's decomposition."""
        whitener = np.linalg.inv(np.linalg.cholesky(self.inverse_scale))
        root = np.swapaxes(whitener, -1, -2) @ self.sample_factor(n_samples, rng)
        return root @ np.swapaxes(root, -1, -2)

    def sample_factor(self, n_samples, rng):
        """Lower triangular ``A`` with ``L^-T A A' L^-1`` a draw, where ``L L' = inverse_scale``."""
        shapes = self._shapes()
        size = (n_samples, *shapes.shape)
        factor = np.tril(rng.standard_normal((*size, shapes.shape[-1])), -1)
        diagonal_part = np.sqrt(2.0 * rng.standard_gamma(shapes, size))
        return factor + diagonal_part[..., None] * np.eye(shapes.shape[-1])

    def _shapes(self):
        """Gamma shapes of the squared diagonal of Bartlett's factor, of shape (..., D)."""
        n_dims = np.shape(self.inverse_scale)[-1]
        return 0.5 * (np.asarray(self.degrees_of_freedom)[..., None] - np.arange(n_dims))


def _degrees_divergence(half, other_half, n_dims):
    """KL divergence between Wisharts of equal means, from half their degrees of freedom."""
    lag = 0.5 * np.arange(n_dims)
    half, other_half = np.asarray(half)[..., None], np.asarray(other_half)[..., None]
    shape, other_shape = half - lag, other_half - lag
    shifted = np.log1p(-lag / other_half) - np.log1p(-lag / half)
    lagged = other_shape * shifted - lag * np.log(other_half / half)
    parts = lagged + same_mean_divergence(shape, other_shape)
    return np.maximum(parts.sum(axis=-1), 0.0)
