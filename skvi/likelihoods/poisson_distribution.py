"""Poisson distributions of any rate, given by its logarithm.

Log probabilities are in the form of Loader (2000), ``-k (exp(d) - 1 - d)`` with ``d = log rate -
log k`` and Stirling's series: no digits are lost however large the count is.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln, ndtri
from scipy.stats import poisson

from skvi.families.intervals import central_interval
from skvi.numerics.random_states import as_generator, poisson_draws

__all__ = ["PoissonDistribution"]

_SMALL = 1e-2  # of log ratios, where the first terms of an exponential would cancel
_FEW = 15.0
_LARGE = 1e9  # rate from which quantiles are those of a normal distribution with its skewness
_HALF_LOG_2PI = 0.9189385332046727


class PoissonDistribution:
    """Counts, with scipy's names.

    Parameters
    ----------
    log_rate : array_like
        Logarithms of the means.
    """

    def __init__(self, log_rate):
        self._log_rate = np.asarray(log_rate, dtype=np.float64)
        with np.errstate(over="ignore", under="ignore"):
            self._rate = np.exp(self._log_rate)

    def mean(self):
        """Mean; infinite where the logarithm is beyond 709."""
        return self._rate.copy()

    def var(self):
        """Variance."""
        return self._rate.copy()

    def std(self):
        """Standard deviation."""
        return np.sqrt(self._rate)

    interval = central_interval

    def logpdf(self, y):
        """Log probability, with ``log Gamma(y + 1)`` for ``log y!`` between the whole numbers."""
        y, eta, rate = np.broadcast_arrays(np.asarray(y, float), self._log_rate, self._rate)
        with np.errstate(all="ignore"):
            inside = np.where((y >= 0.0) & np.isfinite(y), y, 1.0)
            few = np.minimum(inside, _FEW)
            result = few * eta - rate - gammaln(few + 1.0)
            many = np.maximum(inside, _FEW)
            result = np.where(inside < _FEW, result, _log_of_many(many, eta))
            result = np.where((y == 0.0) | np.isposinf(eta), -rate, result)
        return np.where(np.isnan(y), np.nan, np.where(inside == y, result, -np.inf))[()]

    def pdf(self, y):
        """Probability, between the whole numbers as well."""
        return np.exp(self.logpdf(y))

    def logpmf(self, y):
        """Log probability; of whole numbers only."""
        y = np.asarray(y, dtype=np.float64)
        whole = np.isnan(y) | (y == np.floor(y))
        return np.where(whole, self.logpdf(y), -np.inf)[()]

    def pmf(self, y):
        """Probability; of whole numbers only."""
        return np.exp(self.logpmf(y))

    def cdf(self, y):
        """Probability of counts up to ``y``."""
        y = np.asarray(y, dtype=np.float64)
        below = gammaincc(np.floor(np.maximum(y, 0.0)) + 1.0, self._rate)
        return np.where(y < 0.0, 0.0, np.where(y == np.inf, 1.0, below))[()]

    def sf(self, y):
        """Probability of counts above ``y``."""
        y = np.asarray(y, dtype=np.float64)
        above = gammainc(np.floor(np.maximum(y, 0.0)) + 1.0, self._rate)
        return np.where(y < 0.0, 1.0, np.where(y == np.inf, 0.0, above))[()]

    def ppf(self, q):
        """Smallest counts with at least probability ``q`` up to them."""
        q, rate = np.broadcast_arrays(np.asarray(q, dtype=np.float64), self._rate)
        large = rate > _LARGE
        usual = poisson.ppf(q, np.where(large, 1.0, rate))
        if not np.any(large):
            return usual
        finite = np.where(np.isfinite(rate), rate, 0.0)
        with np.errstate(all="ignore"):
            z = ndtri(q)
            normal = np.ceil(finite + np.sqrt(finite) * z + (z * z - 1.0) / 6.0 - 0.5)
        normal = np.where(np.isfinite(rate), np.where(q == 1.0, np.inf, normal), np.inf)
        inside = (q > 0.0) & (q <= 1.0)
        return np.where(large & inside, normal, usual)[()]

    def rvs(self, size=None, random_state=None):
        """Random draws.

        Parameters
        ----------
        size : int or tuple of int, default=None
            Shape of the result, to which that of the rates broadcasts. None: one each.
        random_state : {None, int, RandomState, Generator}, default=None
            Where the numbers come from.

        Returns
        -------
        ndarray of float64
            Infinite where the rate is.
        """
        size = self._rate.shape if size is None else size
        return poisson_draws(self._rate, size, as_generator(random_state))


def _log_of_many(count, log_rate):
    gap = log_rate - np.log(count)
    near = np.where(np.abs(gap) < _SMALL, gap, 0.0)
    series = near**2 / 2.0 * (1.0 + near / 3.0 * (1.0 + near / 4.0 * (1.0 + near / 5.0)))
    series += near**6 / 720.0 * (1.0 + near / 7.0)
    beyond = np.where(np.abs(gap) < _SMALL, series, np.expm1(gap) - gap)
    w = 1.0 / count**2
    rest = (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w / 1680.0))) / count
    return -count * beyond - _HALF_LOG_2PI - 0.5 * np.log(count) - rest
