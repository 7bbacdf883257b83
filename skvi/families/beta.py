"""Beta distribution.

    p(x) = Gamma(a + b) / (Gamma(a) Gamma(b)) x^(a - 1) (1 - x)^(b - 1),    0 < x < 1

with ``a = success`` and ``b = failure``. Exponential family: ``t(x) = (log x, log(1 - x))``,
natural parameters ``(a, b)``, ``h(x) = 1 / (x (1 - x))``. It is the Dirichlet of two weights.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.families._stirling import digamma_difference
from skvi.families.dirichlet import Dirichlet

__all__ = ["Beta"]


class Beta(NamedTuple):
    """Beta distributions.

    Attributes
    ----------
    success, failure : ndarray of shape (...)
        Positive. The mean is ``success / (success + failure)``.
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

    def updated(self, successes, failures):
        """Conjugate update with (expected) numbers of successes and failures."""
        return Beta(self.success + successes, self.failure + failures)

    def log_normalizer(self):
        """``log Gamma(a) + log Gamma(b) - log Gamma(a + b)``."""
        return self._pair().log_normalizer()

    def expected_statistics(self):
        """``(E log x, E log(1 - x))``: the gradient of the log-normaliser."""
        return (
            -digamma_difference(self.success, self.failure),
            -digamma_difference(self.failure, self.success),
        )

    def expected_value(self):
        """Mean."""
        return self.success / (self.success + self.failure)

    def variance(self):
        """Variance."""
        total = self.success + self.failure
        return self.success * self.failure / (total**2 * (total + 1.0))

    def entropy(self):
        """Differential entropy in nats."""
        return self._pair().entropy()

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``."""
        return self._pair().kl(other._pair())

    def log_density(self, x):
        """Log-density at ``x`` in (0, 1)."""
        x = np.asarray(x, dtype=np.float64)
        return self._pair().log_density(np.stack([x, 1.0 - x], axis=-1))

    def sample(self, n_samples, rng):
        """Draws of shape (n_samples, ...)."""
        size = (n_samples, *np.broadcast_shapes(np.shape(self.success), np.shape(self.failure)))
        return rng.beta(self.success, self.failure, size)

    def _pair(self):
        return Dirichlet(np.stack(np.broadcast_arrays(self.success, self.failure), axis=-1))
