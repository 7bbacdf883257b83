"""Student-t distribution of one variable, and products of them over columns.

    p(x) = Gamma((nu + 1)/2) / (Gamma(nu/2) sqrt(nu pi) s) (1 + z^2 / nu)^(-(nu + 1)/2)

with ``z = (x - location) / s``. Infinite degrees of freedom give the normal distribution.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from skvi.families.multivariate_student_t import (
    student_t_constant,
    student_t_decay,
    student_t_expected_decay,
    student_t_mixing,
    student_t_spread,
)

__all__ = ["IndependentStudentT", "StudentT"]


class StudentT(NamedTuple):
    """Univariate Student-t distributions, with scipy's names for a frozen distribution as well.

    Attributes
    ----------
    location, scale, degrees_of_freedom : ndarray of shape (...)
        The scale is positive; the degrees of freedom are positive and may be infinite.
    """

    location: np.ndarray
    scale: np.ndarray
    degrees_of_freedom: np.ndarray

    def log_density(self, x):
        """Log-density at ``x``."""
        square = ((x - self.location) / self.scale) ** 2
        decay = student_t_decay(self.degrees_of_freedom, 1, square)
        return student_t_constant(self.degrees_of_freedom, 1) - np.log(self.scale) - decay

    def cdf(self, x):
        """Probability of values up to ``x``."""
        z = (x - self.location) / self.scale
        normal = np.isinf(self.degrees_of_freedom)
        return np.where(normal, ndtr(z), stdtr(np.where(normal, 1.0, self.degrees_of_freedom), z))

    def ppf(self, quantile):
        """Value below which the probability is ``quantile``."""
        normal = np.isinf(self.degrees_of_freedom)
        quantile = np.asarray(quantile, dtype=np.float64)
        heavy = stdtrit(np.where(normal, 1.0, self.degrees_of_freedom), quantile)
        # stdtrit answers +inf where the lower tail overflows, and +inf or nan at the two ends.
        heavy = np.copysign(heavy, quantile - 0.5)
        standard = np.where(normal, ndtri(quantile), heavy)
        ends = (quantile == 0.0) | (quantile == 1.0)
        standard = np.where(ends, np.copysign(np.inf, quantile - 0.5), standard)
        return self.location + self.scale * standard

    def expected_value(self):
        """Mean; not a number where ``degrees_of_freedom <= 1``."""
        return np.where(np.asarray(self.degrees_of_freedom) > 1.0, self.location, np.nan)

    def variance(self):
        """Variance: infinite for degrees of freedom up to 2, undefined (nan) up to 1."""
        return student_t_spread(self.degrees_of_freedom) * np.square(self.scale)

    def entropy(self):
        """Differential entropy in nats."""
        constant = student_t_constant(self.degrees_of_freedom, 1)
        expected_decay = student_t_expected_decay(self.degrees_of_freedom, 1)
        return np.log(self.scale) - constant + expected_decay

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ...)."""
        size = (n_samples, *np.broadcast_shapes(*(np.shape(field) for field in self)))
        noise = rng.standard_normal(size)
        mixing = student_t_mixing(self.degrees_of_freedom, size, rng)
        return self.location + self.scale * noise / np.sqrt(mixing)

    logpdf = log_density
    mean = expected_value


class IndependentStudentT(NamedTuple):
    """Rows of independent Student-t columns.

    Attributes
    ----------
    location, scale, degrees_of_freedom : ndarray of shape (..., D)
        As those of :class:`StudentT`, one per column.
    """

    location: np.ndarray
    scale: np.ndarray
    degrees_of_freedom: np.ndarray

    def columns(self):
        """The columns as univariate distributions of shape (..., D)."""
        return StudentT(*self)

    def log_density(self, x):
        """Log-density at rows of shape (..., D)."""
        return self.columns().log_density(x).sum(axis=-1)

    def expected_value(self):
        """Means, of shape (..., D)."""
        return self.columns().expected_value()

    def variance(self):
        """Variances, of shape (..., D)."""
        return self.columns().variance()

    def entropy(self):
        """Differential entropy in nats."""
        return self.columns().entropy().sum(axis=-1)

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ..., D)."""
        return self.columns().sample(n_samples, rng)
