"""The compound Poisson-gamma distribution: a Poisson number of gamma variables, summed.

With mean ``mu``, variance ``phi mu^P`` and 1 < P < 2 the number has mean ``mu^(2-P) / (phi (2-P))``
and the variables have shape ``k = (2-P) / (P-1)`` and scale ``phi (P-1) mu^(P-1)``. The density is
a series over the number, summed from its largest term outwards (Dunn and Smyth, Series evaluation
of Tweedie exponential dispersion model densities, 2005). Here each term is that of mean ``y``
itself, in the form of Loader (2000) that loses no digits however many variables there are; and
where terms are many they are a smooth function of the number, of which a few dozen equidistant
values have the same sum.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln

from skvi.families.intervals import central_interval
from skvi.numerics.increasing_root import increasing_root
from skvi.numerics.jit import kernel
from skvi.numerics.random_states import as_generator, poisson_draws
from skvi.numerics.special import log_gamma

__all__ = ["CompoundPoissonGamma", "half_deviance", "log_series"]

_DROP = -40.0  # terms below exp of this of the largest are left out
_STEPS_PER_DEVIATION = 1.5  # equidistant values sum to exp(-2 pi^2 1.5^2) = 5e-20 of the integral
_MOST_TERMS = 1e12
_LOG_2PI = 1.8378770664093453
_LARGEST = 1e300
_SMALL = 1e-3  # of log ratios, where their terms of first order would cancel


@kernel
def _log_poisson(number, mean):
    """Log probability of a Poisson number, at any real number above zero."""
    if number < 15.0:
        return number * math.log(mean) - mean - log_gamma(number + 1.0)
    u = (number - mean) / mean
    gap = math.log1p(u) if u < 1e3 else math.log(number) - math.log(mean)
    w = 1.0 / (number * number)
    rest = (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w / 1680.0))) / number
    return -(number * gap - (number - mean)) - 0.5 * (_LOG_2PI + math.log(number)) - rest


@kernel
def _log_term(number, count, k):
    """Log of ``y`` times the density of ``y`` as a sum of a number of variables."""
    shape = number * k
    return _log_poisson(number, count) + math.log(shape) + _log_poisson(shape, count * k)


@kernel
def log_series(count, k):
    """Log of ``y f(y)`` where the mean is ``y``: no other mean needs another series.

    Parameters
    ----------
    count : float
        Expected number of variables.
    k : float
        Shape of each.

    Returns
    -------
    float
        Absolute error below 1e-12 (1e-9 with 1e12 variables). Beyond that many their sum is normal,
        and numbers next to each other would no longer differ.
    """
    if count > _MOST_TERMS:
        return 0.5 * (math.log(count) + math.log(k / (1.0 + k)) - _LOG_2PI)
    deviation = math.sqrt(count / (1.0 + k))
    step = 1.0
    if count * (1.0 + k) > 100.0 and deviation > _STEPS_PER_DEVIATION:
        step = deviation / _STEPS_PER_DEVIATION
    start = max(count if step > 1.0 else math.floor(count), 1.0)
    largest = _log_term(start, count, k)
    while step == 1.0 and _log_term(start + 1.0, count, k) > largest:
        start += 1.0
        largest = _log_term(start, count, k)
    while step == 1.0 and start > 1.0 and _log_term(start - 1.0, count, k) > largest:
        start -= 1.0
        largest = _log_term(start, count, k)
    total = 1.0
    for direction in (-step, step):
        number, term = start + direction, 0.0
        while number > 0.5 and term > _DROP:
            term = _log_term(number, count, k) - largest
            total += math.exp(term)
            number += direction
    return largest + math.log(total * step)


def half_deviance(log_ratio, power):
    """Half of the unit deviance at targets of one whose means have the given logarithms.

    Parameters
    ----------
    log_ratio : ndarray
        Logarithms of mean over target.
    power : float

    Returns
    -------
    ndarray
        At least zero; to the last digits where the mean is next to the target, too.
    """
    up, down = 2.0 - power, power - 1.0
    near = np.where(np.abs(log_ratio) < _SMALL, log_ratio, 0.0)
    series = sum(
        near**n / math.factorial(n) * (up ** (n - 1) + (-1) ** n * down ** (n - 1))
        for n in range(2, 7)
    )
    far = np.expm1(-down * log_ratio) / down + np.expm1(up * log_ratio) / up
    return np.where(np.abs(log_ratio) < _SMALL, series, far)


class CompoundPoissonGamma:
    """Targets of mean ``mean`` and variance ``dispersion * mean^power``; zero has a probability.

    Parameters
    ----------
    mean, dispersion : array_like
        Positive; broadcast.
    power : float
        Between one and two.
    """

    def __init__(self, mean, dispersion, power):
        self._mean, self._dispersion = np.broadcast_arrays(
            np.asarray(mean, float), np.asarray(dispersion, float)
        )
        self._power = float(power)
        self._k = (2.0 - power) / (power - 1.0)
        self._count = self._mean ** (2.0 - power) / (self._dispersion * (2.0 - power))
        self._scale = self._dispersion * (power - 1.0) * self._mean ** (power - 1.0)

    def mean(self):
        """Mean."""
        return self._mean.copy()

    def var(self):
        """Variance."""
        return self._dispersion * self._mean**self._power

    def std(self):
        """Standard deviation."""
        return np.sqrt(self.var())

    def logpdf(self, y):
        """Log density; at zero, log probability."""
        y, mean, phi = np.broadcast_arrays(np.asarray(y, float), self._mean, self._dispersion)
        values, up = y, 2.0 - self._power
        result = np.where(y == 0.0, -(mean**up) / (phi * up), -np.inf)
        seen = (y > 0.0) & np.isfinite(y)
        y, mean, phi = y[seen], mean[seen], phi[seen]
        scale = np.minimum(y**up / phi, _LARGEST)
        deviance = half_deviance(np.log(mean) - np.log(y), self._power)
        series = np.array([log_series(count, self._k) for count in scale / up])
        result[seen] = series - np.log(y) - scale * deviance
        result[np.isnan(values)] = np.nan
        return result[()]

    def pdf(self, y):
        """Density; at zero, probability."""
        return np.exp(self.logpdf(y))

    interval = central_interval

    def cdf(self, y):
        """Gamma distribution functions weighted by Poisson probabilities."""
        return self._weighted(gammainc, y, 1.0)

    def sf(self, y):
        """Probability of larger values, by the upper tails of the same distributions."""
        return self._weighted(gammaincc, y, 0.0)

    def _weighted(self, function, y, at_zero):
        """Average over the number of variables; what none of them give is a share of theirs."""
        y, count, scale = np.broadcast_arrays(np.asarray(y, float), self._count, self._scale)
        scaled, k = np.maximum(y, 0.0) / scale, self._k
        step = np.maximum(np.floor(np.sqrt(count / (1.0 + k)) / _STEPS_PER_DEVIATION), 1.0)
        step = np.where(count > 100.0, step, 1.0)
        reach = 9.0 * np.sqrt(count) + 30.0
        first = np.maximum(np.floor(count - reach), 1.0)
        whole = np.exp(-count)
        total = at_zero * whole
        for i in range(int(np.max((count + reach - first) / step, initial=0.0)) + 1):
            number = first + i * step
            weight = step * _poisson_probability(number, count)
            whole = whole + weight
            total = total + weight * function(number * k, scaled)
        below = np.where(np.isnan(y), np.nan, 1.0 - at_zero)
        return np.where(y >= 0.0, total / whole, below)[()]

    def ppf(self, q):
        """Quantile by secants in the logarithm; zero up to the probability of zero."""
        q, count, mean = np.broadcast_arrays(np.asarray(q, float), self._count, self._mean)
        zero = np.exp(-count)
        inside = (q > zero) & (q < 1.0)
        sought = np.where(inside, np.minimum(q, 1.0 - 1e-14), 0.5 + 0.5 * zero)

        def excess(log_y):
            return self.cdf(np.exp(np.minimum(log_y, 700.0))) - sought

        centre = np.log(mean)
        root = increasing_root(excess, centre - 1.0, centre + 1.0, -1e3)
        result = np.where(inside, np.exp(root), np.where(q == 1.0, np.inf, 0.0))
        return np.where((q >= 0.0) & (q <= 1.0), result, np.nan)[()]

    def rvs(self, size=None, random_state=None):
        """Draws: a Poisson number, then a gamma variable of that many times the shape."""
        rng = as_generator(random_state)
        size = self._mean.shape if size is None else size
        number = poisson_draws(self._count, size, rng)
        return rng.gamma(np.maximum(number, 1) * self._k, self._scale, size) * (number > 0)


def _poisson_probability(number, mean):
    """Probability of a Poisson number without loss of digits at large means."""
    u = (number - mean) / mean
    w = 1.0 / number**2
    rest = (1.0 / 12.0 - w * (1.0 / 360.0 - w * (1.0 / 1260.0 - w / 1680.0))) / number
    large = (number - mean) - number * np.log1p(u) - 0.5 * np.log(2.0 * np.pi * number) - rest
    small = number * np.log(mean) - mean - gammaln(number + 1.0)
    return np.exp(np.where(number < 15.0, small, large))
