"""Multivariate Student-t distribution.

    p(x) = Gamma((nu + D)/2) / Gamma(nu/2) |nu pi V|^(-1/2) (1 + d'V^-1 d / nu)^(-(nu + D)/2)

with ``d = x - location``. Infinite degrees of freedom give the normal distribution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.families._matrices import diagonal, log_determinant, whiten
from skvi.families._stirling import HALF_LOG_TWO_PI, digamma_difference, log_gamma_difference

__all__ = ["MultivariateStudentT"]


class MultivariateStudentT(NamedTuple):
    """Multivariate Student-t distributions.

    Attributes
    ----------
    location : ndarray of shape (..., D)
        Centre.
    scale_matrix : ndarray of shape (..., D, D)
        Symmetric positive definite; not the covariance.
    degrees_of_freedom : ndarray of shape (...)
        Positive, possibly infinite.
    """

    location: np.ndarray
    scale_matrix: np.ndarray
    degrees_of_freedom: np.ndarray

    def log_density(self, x):
        """Log-density at rows of shape (..., D)."""
        square = (whiten(self.scale_matrix, x - self.location) ** 2).sum(axis=-1)
        n_dims = self.location.shape[-1]
        constant = student_t_constant(self.degrees_of_freedom, n_dims)
        decay = student_t_decay(self.degrees_of_freedom, n_dims, square)
        return constant - 0.5 * log_determinant(self.scale_matrix) - decay

    def expected_value(self):
        """Mean; not a number where ``degrees_of_freedom <= 1``."""
        defined = np.asarray(self.degrees_of_freedom)[..., None] > 1.0
        return np.where(defined, self.location, np.nan)

    def covariance(self):
        """Covariance matrices; infinite or undefined as :meth:`variance`."""
        return student_t_spread(self.degrees_of_freedom)[..., None, None] * self.scale_matrix

    def variance(self):
        """Variances: infinite for degrees of freedom up to 2, undefined (nan) up to 1."""
        return student_t_spread(self.degrees_of_freedom)[..., None] * diagonal(self.scale_matrix)

    def entropy(self):
        """Differential entropy in nats."""
        n_dims = self.location.shape[-1]
        expected_decay = student_t_expected_decay(self.degrees_of_freedom, n_dims)
        constant = student_t_constant(self.degrees_of_freedom, n_dims)
        return 0.5 * log_determinant(self.scale_matrix) - constant + expected_decay

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ..., D)."""
        size = (n_samples, *self.location.shape)
        noise = np.einsum(
            "...ij,...j->...i", np.linalg.cholesky(self.scale_matrix), rng.standard_normal(size)
        )
        mixing = student_t_mixing(self.degrees_of_freedom, size[:-1], rng)
        return self.location + noise / np.sqrt(mixing)[..., None]


def student_t_constant(degrees_of_freedom, n_dims):
    """Log-density at the centre for unit scale."""
    finite = _finite(degrees_of_freedom)
    half = 0.5 * finite
    ratio = log_gamma_difference(half, 0.5 * n_dims) - 0.5 * n_dims * np.log(half)
    return np.where(np.isinf(degrees_of_freedom), 0.0, ratio) - n_dims * HALF_LOG_TWO_PI


def student_t_decay(degrees_of_freedom, n_dims, square):
    """Fall of the log-density at squared distance ``square`` from the centre."""
    finite = _finite(degrees_of_freedom)
    heavy = 0.5 * (finite + n_dims) * np.log1p(square / finite)
    return np.where(np.isinf(degrees_of_freedom), 0.5 * square, heavy)


def student_t_expected_decay(degrees_of_freedom, n_dims):
    """Expectation of :func:`student_t_decay`."""
    finite = _finite(degrees_of_freedom)
    heavy = 0.5 * (finite + n_dims) * digamma_difference(0.5 * finite, 0.5 * n_dims)
    return np.where(np.isinf(degrees_of_freedom), 0.5 * n_dims, heavy)


def student_t_spread(degrees_of_freedom):
    """Variance for unit scale: ``nu / (nu - 2)``, infinite up to 2, undefined up to 1."""
    degrees_of_freedom = np.asarray(degrees_of_freedom, dtype=np.float64)
    excess = np.where(degrees_of_freedom > 2.0, degrees_of_freedom - 2.0, 1.0)
    spread = np.where(degrees_of_freedom > 2.0, 1.0 + 2.0 / excess, np.inf)
    return np.where(degrees_of_freedom > 1.0, spread, np.nan)


def student_t_mixing(degrees_of_freedom, size, rng):
    """Random precisions ``Gamma(nu/2, nu/2)`` that turn normal noise into Student-t noise."""
    half = 0.5 * _finite(degrees_of_freedom)
    draws = rng.standard_gamma(half, size) / half
    return np.where(np.isinf(degrees_of_freedom), 1.0, draws)


def _finite(degrees_of_freedom):
    return np.where(np.isinf(degrees_of_freedom), 1.0, degrees_of_freedom)
