"""Normal targets whose variance has a predictor too: ``y ~ N(eta_0, exp(eta_1))``.

Under a joint normal with mean ``m`` and covariance ``V`` the factor ``exp(-eta_1)`` tilts
``eta_0`` to the mean ``m_0 - V_01``; with ``r = y - m_0 + V_01`` and ``W = exp(-m_1 + V_11 / 2)``,

    E log p = -log(2 pi) / 2 - m_1 / 2 - W (r^2 + V_00) / 2.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from skvi.likelihoods._base import Likelihood
from skvi.likelihoods.normal import spread
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.normal_average import log_normal_average
from skvi.numerics.special import exp

__all__ = ["Heteroscedastic"]

_HALF_LOG_2PI = 0.9189385332046727
_TINY = 1e-300
_LEAST = 1e-6  # added to squared residuals
_LARGEST = 600.0  # exponent that leaves room for squares of residuals


class Heteroscedastic(Likelihood):
    """Targets with two predictors: of the mean, and of the logarithm of the variance.

    Squared residuals count as a millionth (of the variance of all targets) more than they are:
    rows that are met exactly would otherwise have no variance.

    Parameters
    ----------
    variance_columns : array-like of int, str or bool, or None, default=None
        Columns that the variance depends on, by position, by name or by a truth value for every
        column; None: all.
    """

    in_units_of_target = True
    starting_variance = 1.0

    def __init__(self, variance_columns=None):
        self.variance_columns = variance_columns

    @property
    def n_predictors(self):
        """Mean and log variance."""
        return 2

    def begin(self, statistics):
        """Mean and log variance of the targets."""
        mean, deviation = spread(statistics)
        return np.array([mean, 2.0 * np.log(deviation)]), np.empty(0)

    def log_density(self, y, eta, parameters):
        """Normal log density, squared residuals being a millionth more."""
        precision = np.exp(np.minimum(-eta[:, 1], _LARGEST))
        square = (y[:, 0] - eta[:, 0]) ** 2 + _LEAST
        return -_HALF_LOG_2PI - 0.5 * (eta[:, 1] + precision * square)

    def expectations(self, y, mean, variance, parameters):
        """Exact; the matrix of curvatures need not be positive definite."""
        value, slope, curvature = (
            np.empty(len(mean)),
            np.empty(mean.shape),
            np.empty(variance.shape),
        )
        _expectations(frozen(y), frozen(mean), frozen(variance), value, slope, curvature)
        return value, slope, curvature

    def log_marginal(self, y, mean, variance, parameters):
        """Given the log variance the target is normal; averaged over that by quadrature."""
        slope = variance[:, 0, 1] / np.maximum(variance[:, 1, 1], _TINY)
        left = np.maximum(variance[:, 0, 0] - slope * variance[:, 0, 1], 0.0)

        def log_density(log_variance, rows):
            noise = np.exp(np.clip(log_variance, -_LARGEST, _LARGEST))
            total = left[rows] + noise
            centre = mean[rows, 0] + slope[rows] * (log_variance - mean[rows, 1])
            square = (y[rows, 0] - centre) ** 2 / total + _LEAST / noise
            return -_HALF_LOG_2PI - 0.5 * (np.log(total) + square)

        return log_normal_average(log_density, mean[:, 1], np.sqrt(variance[:, 1, 1]))

    def conditional(self, eta, parameters):
        """Normal distribution."""
        return norm(eta[..., 0], np.exp(0.5 * np.clip(eta[..., 1], -_LARGEST, _LARGEST)))


@kernel
def _expectations(y, mean, variance, value, slope, curvature):
    for i in range(mean.shape[0]):
        exponent = 0.5 * variance[i, 1, 1] - mean[i, 1]
        precision = exp(min(exponent, _LARGEST))
        residual = y[i, 0] - mean[i, 0] + variance[i, 0, 1]
        pull = precision * residual
        half = 0.5 * (pull * residual + precision * (variance[i, 0, 0] + _LEAST))
        value[i] = -_HALF_LOG_2PI - 0.5 * mean[i, 1] - half
        slope[i, 0], slope[i, 1] = pull, half - 0.5
        curvature[i, 0, 0], curvature[i, 1, 1] = precision, half
        curvature[i, 0, 1] = curvature[i, 1, 0] = pull
