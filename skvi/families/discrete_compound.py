"""Compound distributions of whole numbers: probabilities in place of densities."""

from __future__ import annotations

import numpy as np

from skvi.families.compound import MOST, CompoundDistribution

__all__ = ["DiscreteCompound"]

_DIGITS = 1e-15
_WIDE = 1e3


class DiscreteCompound(CompoundDistribution):
    """Whole-number targets: probabilities in place of densities, quantiles that are counts."""

    def pmf(self, x):
        """Probabilities of ``x``, broadcastable to (..., n_rows)."""
        return np.exp(self.logpmf(x))

    def logpmf(self, x):
        """Log probabilities of ``x``, broadcastable to (..., n_rows)."""
        return self._log_average("logpmf", self._inner(x))

    def logpdf(self, x):
        """Log densities with respect to counting.

        They are log probabilities, unless the conditional distribution has its own ``logpdf``,
        which may continue them between the whole numbers.
        """
        own = hasattr(self._given, "logpdf")
        return self._log_average("logpdf" if own else "logpmf", self._inner(x))

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
        beyond = (x >= MOST) & (self._probability(x) < q)
        return np.where(beyond, np.inf, x)


def _least_count(probability, q, low, high):
    """Smallest counts above ``low`` with at least ``q`` up to them, by halving."""
    while np.any(high - low > np.maximum(1.0, _DIGITS * high)):
        middle = np.floor(0.5 * low + 0.5 * high)
        # Powers of ten apart, their exponents are halved.
        wide = high > _WIDE * (low + 2.0)
        middle = np.where(wide, np.floor(np.sqrt(low + 2.0) * np.sqrt(high)), middle)
        below = probability(middle) < q
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high
