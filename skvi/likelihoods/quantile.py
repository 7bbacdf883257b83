"""Quantile regression: asymmetric Laplace targets whose quantile is the predictor.

    p(y) = q (1 - q) / scale * exp(-rho((y - eta) / scale)),    rho(r) = r (q - [r < 0])

(Koenker and Machado, 1999; Yu and Moyeed, 2001). Under ``eta ~ N(m, v)``, with ``d = y - m`` and
``a = d / sqrt(v)``, ``E rho(y - eta) = d Phi(a) + sqrt(v) phi(a) - (1 - q) d``, the mean of a
folded normal distribution. The curvature is ``N(y; m, v) / scale``: a spike as ``v`` vanishes.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, log_ndtr
from scipy.stats import laplace_asymmetric

from skvi.likelihoods._base import Likelihood, check_option
from skvi.likelihoods.normal import check_scale, scale_of, spread
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.special.normal import normal_cdf_pdf

__all__ = ["AsymmetricLaplace"]

_SQRT_HALF = math.sqrt(0.5)
_LEAST_VARIANCE = 1e-12  # in units of the squared scale: keeps the spike finite


class AsymmetricLaplace(Likelihood):
    """Targets with asymmetric Laplace noise: the predictor is their quantile.

    Parameters
    ----------
    quantile : float, default=0.5
        Probability of a target below the predictor; 0.5 gives the median and symmetric noise.
    scale : float or None, default=None
        Scale of the noise; None learns it.
    """

    in_units_of_target = True
    reach = 6.0  # rows near the quantile are sharper than normal ones: digits end sooner
    sharpest = ("scale", -1)
    starting_variance = 1.0

    def __init__(self, quantile=0.5, scale=None):
        self.quantile = quantile
        self.scale = scale

    def check(self):
        """Raise an error unless the quantile is between 0 and 1 and the scale positive or None."""
        check_option(self, "quantile", "above 0 and below 1", lambda q: 0.0 < q < 1.0)
        check_scale(self)

    def begin(self, statistics):
        """Predictor and scale that give the mean and the variance of the targets."""
        mean, deviation = spread(statistics)
        q = self.quantile
        unit = deviation / np.sqrt(q**2 + (1.0 - q) ** 2)
        free = np.log([unit * q * (1.0 - q)]) if self.scale is None else np.empty(0)
        return np.array([mean - unit * (1.0 - 2.0 * q)]), free

    def log_density(self, y, eta, parameters):
        """Asymmetric Laplace log density."""
        q, scale = self.quantile, scale_of(self, parameters)
        residual = (y[:, 0] - eta) / scale
        return np.log(q * (1.0 - q) / scale) - residual * (q - (residual < 0.0))

    def expectations(self, y, mean, variance, parameters):
        """Those of a folded normal; variances below 1e-12 squared scales count as that."""
        scale = scale_of(self, parameters)
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        out = value, slope, curvature
        q = float(self.quantile)
        _expectations(frozen(y), frozen(mean), frozen(variance), q, scale, *out)
        return out

    def log_marginal(self, y, mean, variance, parameters):
        """A side of the kink each: an exponential under a normal that ends there."""
        q, scale = self.quantile, scale_of(self, parameters)
        distance = (y[:, 0] - mean) / scale
        square = np.maximum(variance / scale**2, _LEAST_VARIANCE**2)
        below = _log_one_sided(distance, square, q)
        above = _log_one_sided(-distance, square, 1.0 - q)
        return np.log(q * (1.0 - q) / scale) + np.logaddexp(below, above)

    def parameter_slopes(self, y, mean, variance, parameters, weights):
        """Those of ``-log scale - E rho / scale``."""
        q, scale, n_free = self.quantile, scale_of(self, parameters), len(parameters)
        value = self.expectations(y, mean, variance, parameters)[0]
        loss = weights @ (np.log(q * (1.0 - q) / scale) - value)
        return np.full(n_free, loss - weights.sum()), np.full((n_free, n_free), loss)

    def conditional(self, eta, parameters):
        """Asymmetric Laplace distribution, of which scipy has its own parameters."""
        q, scale = self.quantile, scale_of(self, parameters)
        return laplace_asymmetric(np.sqrt(q / (1.0 - q)), eta, scale / np.sqrt(q * (1.0 - q)))

    def named(self, parameters):
        """The scale."""
        return {"scale": scale_of(self, parameters)}


def _log_one_sided(distance, variance, rate):
    """Log expectation of ``exp(-rate (distance - x))`` over ``x < distance``, ``x`` normal."""
    deviation = np.sqrt(variance)
    argument = distance / deviation - rate * deviation
    inside = rate * (0.5 * rate * variance - distance) + log_ndtr(argument)
    # Far outside, both terms are large: the scaled tail has them together.
    outside = np.log(0.5 * erfcx(-_SQRT_HALF * np.minimum(argument, 0.0)))
    outside -= 0.5 * (distance / deviation) ** 2
    return np.where(argument < 0.0, outside, inside)


@kernel
def _expectations(y, mean, variance, q, scale, value, slope, curvature):
    constant = math.log(q * (1.0 - q) / scale)
    least = _LEAST_VARIANCE * scale * scale
    for i in range(mean.shape[0]):
        deviation = math.sqrt(max(variance[i], least))
        distance = y[i, 0] - mean[i]
        below, density = normal_cdf_pdf(distance / deviation)
        share = below - (1.0 - q)
        value[i] = constant - (distance * share + deviation * density) / scale
        slope[i] = share / scale
        curvature[i] = density / deviation / scale
