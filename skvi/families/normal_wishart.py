"""Normal-Wishart distribution of the mean and precision matrix of a Gaussian.

    Lambda ~ W(nu, S^-1),    mu | Lambda ~ N(m, (beta Lambda)^-1)

Exponential family: ``t = (Lambda mu, -mu' Lambda mu / 2, log|Lambda| / 2, -Lambda / 2)``, natural
parameters ``(beta m, beta, nu, S + beta m m')``, ``h = (2 pi)^(-D/2) |Lambda|^(-D/2)``. A row ``x``
adds ``(x, 1, 1, x x')``. Everything else is computed from centred quantities, so that a large mean
costs no digits.

Update from N rows with mean ``xbar`` and scatter ``T`` (Murphy, 2007, section 8):

    beta' = beta + N;  m' = m + N / beta' (xbar - m);  nu' = nu + N
    S' = S + T + beta N / beta' (xbar - m)(xbar - m)'
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.families._matrices import diagonal, outer, whiten
from skvi.families._stirling import HALF_LOG_TWO_PI, ratio_excess
from skvi.families.multivariate_student_t import MultivariateStudentT
from skvi.families.wishart import Wishart

__all__ = ["NormalWishart"]


class NormalWishart(NamedTuple):
    """Joint distributions of a mean vector and a precision matrix.

    Attributes
    ----------
    mean : ndarray of shape (..., D)
        Location of the mean vector.
    mean_precision : ndarray of shape (...)
        Positive: the number of rows the location is worth.
    degrees_of_freedom : ndarray of shape (...)
        Above ``D - 1``.
    scale_matrix : ndarray of shape (..., D, D)
        Symmetric positive definite: inverse scale of the Wishart, scale of the inverse-Wishart of
        the covariance.
    """

    mean: np.ndarray
    mean_precision: np.ndarray
    degrees_of_freedom: np.ndarray
    scale_matrix: np.ndarray

    def natural(self):
        """Natural parameters, to which sums over rows add."""
        beta = np.asarray(self.mean_precision)
        second = self.scale_matrix + beta[..., None, None] * outer(self.mean)
        return beta[..., None] * self.mean, beta, np.asarray(self.degrees_of_freedom), second

    @classmethod
    def from_natural(cls, first, mean_precision, degrees_of_freedom, second):
        """The distribution with these natural parameters."""
        mean = first / mean_precision[..., None]
        scale_matrix = second - mean_precision[..., None, None] * outer(mean)
        return cls(mean, mean_precision, degrees_of_freedom, scale_matrix)

    def updated(self, moments):
        """Conjugate update with the :class:`~skvi.numerics.moments.Moments` of some rows."""
        total = self.mean_precision + moments.weight
        fraction = moments.weight / total
        delta = moments.mean - self.mean
        between = (self.mean_precision * fraction)[..., None, None] * outer(delta)
        return NormalWishart(
            self.mean + fraction[..., None] * delta,
            total,
            self.degrees_of_freedom + moments.weight,
            self.scale_matrix + moments.scatter + between,
        )

    def wishart(self):
        """Marginal distribution of the precision matrix."""
        return Wishart(self.degrees_of_freedom, self.scale_matrix)

    def predictive(self):
        """Distribution of a new row: a multivariate Student-t."""
        beta = np.asarray(self.mean_precision)
        degrees_of_freedom = np.asarray(self.degrees_of_freedom) - self.mean.shape[-1] + 1.0
        inflation = (beta + 1.0) / (beta * degrees_of_freedom)
        scale_matrix = inflation[..., None, None] * self.scale_matrix
        return MultivariateStudentT(self.mean, scale_matrix, degrees_of_freedom)

    def log_normalizer(self):
        """That of the Wishart, minus ``D/2 log(beta)``."""
        n_dims = self.mean.shape[-1]
        return self.wishart().log_normalizer() - 0.5 * n_dims * np.log(self.mean_precision)

    def expected_statistics(self):
        """Expectations of ``t``: the gradient of the log-normaliser."""
        n_dims = self.mean.shape[-1]
        half_log_determinant, minus_half_precision = self.wishart().expected_statistics()
        linear = -2.0 * (minus_half_precision @ self.mean[..., None])[..., 0]
        square = (linear * self.mean).sum(axis=-1) + n_dims / self.mean_precision
        return linear, -0.5 * square, half_log_determinant, minus_half_precision

    def expected_log_determinant(self):
        """``E log|Lambda|``."""
        return self.wishart().expected_log_determinant()

    def expected_value(self):
        """Expected mean vector and expected precision matrix."""
        return self.mean, self.wishart().expected_value()

    def variance(self):
        """Variances of the entries of the mean (infinite for nu <= D + 1) and of the precision."""
        excess = np.asarray(self.degrees_of_freedom) - self.mean.shape[-1] - 1.0
        worth = np.where(excess > 0.0, self.mean_precision * excess, np.nan)[..., None]
        spread = np.where(worth > 0.0, diagonal(self.scale_matrix) / worth, np.inf)
        return spread, self.wishart().variance()

    def entropy(self):
        """Differential entropy in nats."""
        n_dims = self.mean.shape[-1]
        constant = n_dims * (HALF_LOG_TWO_PI + 0.5 - 0.5 * np.log(self.mean_precision))
        return self.wishart().entropy() + constant - 0.5 * self.expected_log_determinant()

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``."""
        n_dims = self.mean.shape[-1]
        distance = (whiten(self.scale_matrix, self.mean - other.mean) ** 2).sum(axis=-1)
        distance = self.degrees_of_freedom * other.mean_precision * distance
        spread = n_dims * ratio_excess(other.mean_precision, self.mean_precision)
        return self.wishart().kl(other.wishart()) + 0.5 * (distance + spread)

    def log_density(self, value):
        """Log-density at a pair ``(mean, precision)`` of shapes (..., D) and (..., D, D)."""
        mean, precision_matrix = value
        delta = mean - self.mean
        n_dims = delta.shape[-1]
        square = np.einsum("...i,...ij,...j->...", delta, precision_matrix, delta)
        half_log_determinant = 0.5 * np.linalg.slogdet(precision_matrix)[1]
        peak = half_log_determinant + n_dims * (0.5 * np.log(self.mean_precision) - HALF_LOG_TWO_PI)
        normal = peak - 0.5 * self.mean_precision * square
        return normal + self.wishart().log_density(precision_matrix)

    def sample(self, n_samples, rng):
        """Pairs ``(mean, precision)`` of shapes (n_samples, ..., D) and (n_samples, ..., D, D)."""
        factor = self.wishart().sample_factor(n_samples, rng)
        scale = np.linalg.cholesky(self.scale_matrix)
        root = np.swapaxes(np.linalg.inv(scale), -1, -2) @ factor
        noise = rng.standard_normal((*factor.shape[:-1], 1))
        spread = (scale @ np.linalg.solve(np.swapaxes(factor, -1, -2), noise))[..., 0]
        mean = self.mean + spread / np.sqrt(self.mean_precision)[..., None]
        return mean, root @ np.swapaxes(root, -1, -2)
