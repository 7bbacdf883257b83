"""Amounts with exact zeros: Tweedie with mean ``exp(eta)`` and a power between one and two.

The variance is ``phi mean^P``. The log density is ``(y mu^(1-P) / (1-P) - mu^(2-P) / (2-P)) / phi +
log a(y, phi, P)``, where the series ``a`` is that of :mod:`skvi.likelihoods.compound_poisson`;
under ``eta ~ N(m, v)`` powers of the mean are log-normal, so all expectations are closed forms.
Everything is written in ``m - log y``, with the log density at ``mu = y`` apart, so that no digits
are lost where the dispersion is small.
"""

from __future__ import annotations

import math

import numpy as np

from skvi.likelihoods._base import Likelihood, Targets, check_option
from skvi.likelihoods.compound_poisson import CompoundPoissonGamma, half_deviance, log_series
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.normal_average import log_normal_average

__all__ = ["Tweedie"]

_LARGEST = 700.0  # exponent that is still a number
_NEAR = 1e-3  # of log ratios, where their terms of first order would cancel


class Tweedie(Likelihood):
    """Amounts of mean ``exp(eta)`` and variance ``dispersion * mean^power``, zeros among them.

    Parameters
    ----------
    power : float, default=1.5
        Between one (Poisson) and two (gamma), both excluded.
    dispersion : float or None, default=None
        None learns it.
    """

    positive_only = True
    reach = 13.8
    sharpest = ("dispersion", -1)
    ratio = "mean ratio"

    def __init__(self, power=1.5, dispersion=None):
        self.power = power
        self.dispersion = dispersion

    def check(self):
        """Raise an error unless the power is inside (1, 2) and the dispersion positive or None."""
        check_option(self, "power", "between 1.001 and 1.999", lambda p: 1.001 <= p <= 1.999)
        if self.dispersion is not None:
            check_option(self, "dispersion", "positive, or None", lambda phi: 1e-12 < phi < 1e12)

    def columns(self, y, exposure=None):
        """Amounts and their logarithms (zero for those of zero)."""
        Targets.not_negative(y)
        return np.column_stack([y[:, 0], np.log(np.where(y[:, 0] > 0.0, y[:, 0], 1.0))])

    def begin(self, statistics):
        """Logarithm of the mean; the dispersion of all targets about one mean."""
        weight, first, second = statistics
        mean = first / weight if first > 0.0 else 0.5 / weight
        predictor = np.array([np.log(mean)])
        if self.dispersion is not None:
            return predictor, np.empty(0)
        Targets.not_all_zero(self, first)
        spread = max(second / weight - mean**2, 1e-2 * mean**2)
        return predictor, np.array([np.log(spread) - self.power * predictor[0]])

    def log_density(self, y, eta, parameters):
        """Log densities; at zero, log probabilities."""
        return self.expectations(y, eta, np.zeros(len(eta)), parameters)[0]

    def expectations(self, y, mean, variance, parameters):
        """Powers of the mean have log-normal distributions."""
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        inputs = frozen(y), frozen(mean), frozen(variance)
        phi = self._dispersion(parameters)
        _expectations(*inputs, phi, float(self.power), value, slope, curvature)
        return value, slope, curvature

    def log_marginal(self, y, mean, variance, parameters):
        """By quadrature; the series, which knows no mean, only once."""
        phi, up, down = self._dispersion(parameters), 2.0 - self.power, self.power - 1.0
        seen = y[:, 0] > 0.0
        log_scale = up * y[:, 1] - np.log(phi)
        constant = self.log_density(y, np.where(seen, y[:, 1], -_LARGEST), parameters)

        def log_ratio(eta, rows):
            most, delta = _LARGEST - log_scale[rows], eta - y[rows, 1]
            rise = np.expm1(np.minimum(up * delta, most)) / up
            fall = np.expm1(np.minimum(-down * delta, most)) / down
            zero = -np.exp(np.minimum(up * delta, most)) / up
            near = np.abs(delta) < _NEAR
            deviance = np.where(near, half_deviance(near * delta, self.power), rise + fall)
            return np.exp(log_scale[rows]) * np.where(seen[rows], -deviance, zero)

        return constant + log_normal_average(log_ratio, mean, np.sqrt(variance))

    def conditional(self, eta, parameters):
        """Compound Poisson-gamma distribution."""
        mean = np.exp(np.clip(eta, -_LARGEST, _LARGEST))
        return CompoundPoissonGamma(mean, self._dispersion(parameters), self.power)

    def named(self, parameters):
        """The dispersion."""
        return {"dispersion": self._dispersion(parameters)}

    def _dispersion(self, parameters):
        return float(np.exp(parameters[0])) if len(parameters) else float(self.dispersion)


@kernel
def _expectations(y, mean, variance, phi, power, value, slope, curvature):
    up, down = 2.0 - power, power - 1.0
    for i in range(mean.shape[0]):
        seen = y[i, 0] > 0.0
        # With y = 0 the unit is one instead, and terms in y drop out.
        log_scale = up * y[i, 1] - math.log(phi)
        scale = math.exp(log_scale)
        delta = mean[i] - y[i, 1]
        rise = min(up * delta + 0.5 * up * up * variance[i], _LARGEST - log_scale)
        fall = min(0.5 * down * down * variance[i] - down * delta, _LARGEST - log_scale)
        rising, falling = scale * math.exp(rise), scale * math.exp(fall)
        if seen:
            deviance = scale * (math.expm1(fall) / down + math.expm1(rise) / up)
            value[i] = log_series(scale / up, up / down) - y[i, 1] - deviance
            slope[i] = falling - rising
            curvature[i] = down * falling + up * rising
        else:
            value[i] = -rising / up
            slope[i] = -rising
            curvature[i] = up * rising
