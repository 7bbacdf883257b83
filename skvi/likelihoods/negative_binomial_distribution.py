"""Negative binomial distributions of any mean, given by its logarithm.

With ``p = r / (r + mean)``, the probability of at most ``k`` is the incomplete beta function
``I_p(r, k + 1)``; for ``k`` far above ``r`` it is nearly an incomplete gamma function at
``-(k + (r + 1) / 2) log(1 - p)``.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, betaln, gammainc, gammaincc, gammaincinv
from scipy.stats import nbinom

from skvi.families.intervals import central_interval
from skvi.numerics.random_states import as_generator, poisson_draws

__all__ = ["NegativeBinomialDistribution"]

_LARGE = 1e9
_APART = 1e3


class NegativeBinomialDistribution:
    """Counts of variance ``mean + mean^2 / dispersion``, with scipy's names.

    Parameters
    ----------
    log_mean : array_like
        Logarithms of the means.
    dispersion : float
    """

    def __init__(self, log_mean, dispersion):
        self._r = float(dispersion)
        self._ratio = np.asarray(log_mean, dtype=np.float64) - np.log(self._r)
        with np.errstate(over="ignore", under="ignore"):
            self._mean = np.exp(np.asarray(log_mean, dtype=np.float64))

    def mean(self):
        """Mean; infinite where the logarithm is beyond 709."""
        return self._mean.copy()

    def var(self):
        """Variance."""
        with np.errstate(over="ignore"):
            return self._mean * (1.0 + self._mean / self._r)

    def std(self):
        """Standard deviation."""
        with np.errstate(over="ignore"):
            return np.sqrt(self._mean) * np.sqrt(1.0 + self._mean / self._r)

    interval = central_interval

    def logpmf(self, y):
        """Log probability."""
        y, ratio = np.broadcast_arrays(np.asarray(y, dtype=np.float64), self._ratio)
        known = (y >= 0.0) & (y == np.floor(y)) & np.isfinite(y)
        k, r = np.where(known, y, 0.0), self._r
        ways = -np.log(k + r) - betaln(r, k + 1.0)
        result = ways - r * np.logaddexp(0.0, ratio) - k * np.logaddexp(0.0, -ratio)
        return np.where(np.isnan(y), np.nan, np.where(known, result, -np.inf))[()]

    def pmf(self, y):
        """Probability."""
        return np.exp(self.logpmf(y))

    def cdf(self, y):
        """Probability of counts up to ``y``."""
        return self._share(y, True)

    def sf(self, y):
        """Probability of counts above ``y``."""
        return self._share(y, False)

    def _share(self, y, lower):
        y, ratio = np.broadcast_arrays(np.asarray(y, dtype=np.float64), self._ratio)
        inside, r = (y >= 0.0) & np.isfinite(y), self._r
        k = np.floor(np.where(inside, y, 0.0))
        log_odds = np.logaddexp(0.0, -ratio)  # minus log(1 - p)
        p, rest = np.exp(-np.logaddexp(0.0, ratio)), np.exp(-log_odds)
        far = (k > _LARGE) & (k > _APART * r)
        few = np.where(far, 0.0, k)
        with np.errstate(over="ignore", under="ignore"):
            near = betainc(r, few + 1.0, p) if lower else betainc(few + 1.0, r, rest)
            place = (k + 0.5 * (r + 1.0)) * log_odds
            beyond = gammainc(r, place) if lower else gammaincc(r, place)
        limit = np.where(np.isnan(y), np.nan, np.where((y > 0.0) == lower, 1.0, 0.0))
        return np.where(inside, np.where(far, beyond, near), limit)[()]

    def ppf(self, q):
        """Smallest counts with at least probability ``q`` up to them."""
        q, mean = np.broadcast_arrays(np.asarray(q, dtype=np.float64), self._mean)
        large, r = mean > _LARGE, self._r
        usual_mean = np.where(large, 1.0, mean)
        usual = nbinom.ppf(q, r, r / (r + usual_mean))
        if not np.any(large):
            return usual
        with np.errstate(all="ignore"):
            shape = 1.0 / (1.0 / mean + 1.0 / r)
            smooth = np.ceil(mean * (gammaincinv(shape, q) / shape))
        inside = (q > 0.0) & (q <= 1.0)
        return np.where(large & inside, smooth, usual)[()]

    def rvs(self, size=None, random_state=None):
        """Random draws: Poisson numbers of gamma-distributed rates.

        Parameters
        ----------
        size : int or tuple of int, default=None
            Shape of the result, to which that of the means broadcasts. None: one each.
        random_state : {None, int, RandomState, Generator}, default=None
            Where the numbers come from.

        Returns
        -------
        ndarray of float64
            Infinite where the mean is.
        """
        generator = as_generator(random_state)
        size = self._mean.shape if size is None else size
        mixing = generator.gamma(self._r, 1.0 / self._r, size)
        with np.errstate(over="ignore", invalid="ignore"):
            rate = np.where(mixing > 0.0, self._mean * mixing, 0.0)
        return poisson_draws(rate, size, generator)
