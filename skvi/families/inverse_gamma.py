"""Inverse-gamma distribution: ``1 / x`` has a gamma distribution.

    p(x) = scale^shape / Gamma(shape) x^(-shape - 1) exp(-scale / x),    x > 0

Exponential family: ``t(x) = (-log x, -1/x)``, natural parameters ``(shape, scale)``,
``h(x) = 1/x``. Conjugate to Gaussian variances.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma

from skvi.families.gamma import Gamma

__all__ = ["InverseGamma"]


class InverseGamma(NamedTuple):
    """Inverse-gamma distributions with a shape and a scale.

    Attributes
    ----------
    shape, scale : ndarray of shape (...)
        Positive. ``1 / x ~ Gamma(shape, rate=scale)``.
    """

    shape: np.ndarray
    scale: np.ndarray

    def natural(self):
        """Natural parameters ``(shape, scale)``."""
        return tuple(self)

    @classmethod
    def from_natural(cls, shape, scale):
        """The distribution with these natural parameters."""
        return cls(shape, scale)

    def updated(self, shape, scale):
        """Conjugate update: ``N/2`` and ``sum (y - mean)^2 / 2`` for a Gaussian variance."""
        return InverseGamma(self.shape + shape, self.scale + scale)

    def reciprocal(self):
        """Gamma distribution of ``1 / x``."""
        return Gamma(*self)

    def log_normalizer(self):
        """``log Gamma(shape) - shape log(scale)``."""
        return self.reciprocal().log_normalizer()

    def expected_statistics(self):
        """``(-E log x, -E 1/x)``: the gradient of the log-normaliser."""
        return self.reciprocal().expected_statistics()

    def expected_log(self):
        """``E log x``."""
        return -self.reciprocal().expected_log()

    def expected_value(self):
        """Mean; infinite for shapes up to 1."""
        excess = np.where(np.asarray(self.shape) > 1.0, self.shape - 1.0, 1.0)
        return np.where(np.asarray(self.shape) > 1.0, self.scale / excess, np.inf)

    def variance(self):
        """Variance: infinite for shapes up to 2, undefined (nan) up to 1."""
        excess = np.where(np.asarray(self.shape) > 2.0, self.shape - 2.0, 1.0)
        spread = np.where(np.asarray(self.shape) > 2.0, 1.0 / excess, np.inf)
        mean = np.where(np.asarray(self.shape) > 1.0, self.expected_value(), np.nan)
        return mean * mean * spread

    def entropy(self):
        """Differential entropy in nats."""
        return self.reciprocal().entropy() + 2.0 * (np.log(self.scale) - digamma(self.shape))

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``."""
        return self.reciprocal().kl(other.reciprocal())

    def log_density(self, x):
        """Log-density at positive ``x``."""
        inverse = 1.0 / np.asarray(x, dtype=np.float64)
        return self.reciprocal().log_density(inverse) + 2.0 * np.log(inverse)

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ...); tiny shapes overflow to infinite values."""
        with np.errstate(divide="ignore"):
            return 1.0 / self.reciprocal().sample(n_samples, rng)
