"""Compound distributions of whole numbers: probabilities in place of densities."""

from __future__ import annotations

import numpy as np

from skvi.families.compound import CompoundDistribution

__all__ = ["DiscreteCompound"]

_DIGITS = 1e-15


class DiscreteCompound(CompoundDistribution):
    """Whole-number targets: probabilities in place of densities, quantiles that are counts."""

    def pmf(self, x):
        """Probabilities of ``x``, broadcastable to (..., n_rows)."""
        return np.exp(self.logpmf(x))

    def logpmf(self, x):
        """Log probabilities of ``x``, broadcastable to (..., n_rows)."""
        return self._log_average("logpmf", self._inner(x))

    def pdf(self, x):
        """Probabilities: the density with respect to counting."""
        return self.pmf(x)

    def logpdf(self, x):
        """Log probabilities: the log density with respect to counting."""
        return self.logpmf(x)

    def _quantile(self, q):
        """Smallest counts with at least probability ``q`` up to them."""
        low, high = self._bracket(q)
        low = np.fmax(low, 0.0) - 1.0  # too little probability up to here; NaN of huge counts
        x = _least_count(lambda x: self._average(self._given.cdf(x[..., None, :])), q, low, high)
        missed = (self._probability(x) < q) | ((x > 0.0) & (self._probability(x - 1.0) >= q))
        missed = np.nonzero(missed)
        if len(missed[0]):

            def own(x):
                return np.exp(self._finely("cdf", x, missed[-1]))

            x[missed] = _least_count(own, q[missed], low[missed], high[missed])
        return x


def _least_count(probability, q, low, high):
    """Smallest counts above ``low`` with at least ``q`` up to them, by halving."""
    while np.any(high - low > np.maximum(1.0, _DIGITS * high)):
        middle = np.floor(0.5 * (low + high))
        below = probability(middle) < q
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high
