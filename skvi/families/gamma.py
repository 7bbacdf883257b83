"""Gamma distribution.

    p(x) = rate^shape / Gamma(shape) x^(shape - 1) exp(-rate x),    x > 0

Exponential family: ``t(x) = (log x, -x)``, natural parameters ``(shape, rate)``, ``h(x) = 1/x``.
Conjugate to Poisson rates and to Gaussian precisions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from skvi.families._stirling import (
    HALF_LOG_TWO_PI,
    binet,
    gamma_entropy,
    ratio_excess,
    same_mean_divergence,
)

__all__ = ["Gamma"]


class Gamma(NamedTuple):
    """Gamma distributions with a shape and a rate.

    Attributes
    ----------
    shape, rate : ndarray of shape (...)
        Positive. The mean is ``shape / rate``.
    """

    shape: np.ndarray
    rate: np.ndarray

    def natural(self):
        """Natural parameters ``(shape, rate)``."""
        return tuple(self)

    @classmethod
    def from_natural(cls, shape, rate):
        """The distribution with these natural parameters."""
        return cls(shape, rate)

    def updated(self, shape, rate):
        """Conjugate update: statistics add to the shape and to the rate.

        ``(sum y, exposure)`` for Poisson counts, ``(N/2, sum (y - mean)^2 / 2)`` for a precision.
        """
        return Gamma(self.shape + shape, self.rate + rate)

    def log_normalizer(self):
        """``log Gamma(shape) - shape log(rate)``."""
        return gammaln(self.shape) - self.shape * np.log(self.rate)

    def expected_statistics(self):
        """``(E log x, -E x)``: the gradient of the log-normaliser."""
        return self.expected_log(), -self.expected_value()

    def expected_log(self):
        """``E log x``."""
        return digamma(self.shape) - np.log(self.rate)

    def expected_value(self):
        """Mean."""
        return self.shape / self.rate

    def variance(self):
        """Variance."""
        return self.shape / self.rate**2

    def entropy(self):
        """Differential entropy in nats."""
        return gamma_entropy(self.shape) - np.log(self.rate)

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``.

        The ratio of the means and the two shapes contribute one non-negative term each.
        """
        scaled = self.expected_value() * other.rate
        means = other.shape * ratio_excess(scaled, other.shape)
        return means + same_mean_divergence(self.shape, other.shape)

    def log_density(self, x):
        """Log-density at positive ``x``."""
        x = np.asarray(x, dtype=np.float64)
        peak = 0.5 * np.log(self.shape) - HALF_LOG_TWO_PI - binet(self.shape)
        return peak - self.shape * ratio_excess(self.rate * x, self.shape) - np.log(x)

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ...)."""
        size = (n_samples, *np.broadcast_shapes(np.shape(self.shape), np.shape(self.rate)))
        return rng.standard_gamma(self.shape, size) / self.rate
