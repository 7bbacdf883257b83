"""Normal-gamma distribution of means and precisions of Gaussian columns.

    tau ~ Gamma(shape, rate),    mu_d | tau ~ N(m_d, 1 / (beta tau_d))

One precision per column (``shape`` and ``rate`` of shape (..., D): diagonal covariances), or one
precision shared by all columns (shape (..., 1): spherical covariances).

Exponential family: ``t = (tau mu, -tau mu^2 / 2, log tau, -tau)``, natural parameters
``(beta m, beta, shape, rate + beta m^2 / 2)``, summed over columns where a parameter is shared;
``h = (2 pi)^(-D/2)`` times ``tau^(-1/2)`` per column (diagonal) or ``tau^(D/2 - 1)`` (spherical).
A row ``x`` adds ``(x, 1, 1/2 per column, x^2 / 2)``.

Update from N rows with mean ``xbar`` and scatter ``T`` per column:

    beta' = beta + N;  m' = m + N / beta' (xbar - m);  shape' = shape + N/2 per column
    rate' = rate + T/2 + beta N / (2 beta') (xbar - m)^2
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.families._stirling import HALF_LOG_TWO_PI, ratio_excess
from skvi.families.gamma import Gamma
from skvi.families.multivariate_student_t import MultivariateStudentT
from skvi.families.student_t import IndependentStudentT

__all__ = ["NormalGamma"]

_TINY = np.finfo(np.float64).tiny


class NormalGamma(NamedTuple):
    """Joint distributions of column means and precisions.

    Attributes
    ----------
    mean : ndarray of shape (..., D)
        Location of the means.
    mean_precision : ndarray of shape (..., 1) or (..., D)
        Positive: the number of rows the location is worth.
    shape, rate : ndarray of shape (..., D) or (..., 1)
        Positive: of the gamma distribution of each precision, or of the shared one.
    """

    mean: np.ndarray
    mean_precision: np.ndarray
    shape: np.ndarray
    rate: np.ndarray

    def natural(self):
        """Natural parameters, to which sums over rows add."""
        first = self.mean_precision * self.mean
        second = self.rate + 0.5 * _fold(first * self.mean, self.rate)
        return first, self.mean_precision, self.shape, second

    @classmethod
    def from_natural(cls, first, mean_precision, shape, second):
        """The distribution with these natural parameters."""
        mean = first / mean_precision
        rate = second - 0.5 * _fold(first * mean, second)
        return cls(mean, mean_precision, shape, rate)

    def updated(self, moments):
        """Conjugate update with :class:`~skvi.numerics.moments.Moments` of diagonal scatter."""
        weight = np.asarray(moments.weight)[..., None]
        total = self.mean_precision + weight
        delta = moments.mean - self.mean
        fraction = weight / total
        square = moments.scatter + self.mean_precision * fraction * delta * delta
        columns_per_precision = self.mean.shape[-1] // self.shape.shape[-1]
        return NormalGamma(
            self.mean + fraction * delta,
            total,
            self.shape + 0.5 * columns_per_precision * weight,
            self.rate + 0.5 * _fold(square, self.rate),
        )

    def gamma(self):
        """Marginal distributions of the precisions."""
        return Gamma(self.shape, self.rate)

    def predictive(self):
        """Distribution of a new row.

        Returns
        -------
        IndependentStudentT or MultivariateStudentT
            The first for one precision per column, the second for a shared precision.
        """
        square = self.rate * (1.0 + 1.0 / self.mean_precision) / self.shape
        n_dims = self.mean.shape[-1]
        if self.shape.shape[-1] == n_dims:
            scale, degrees = np.broadcast_arrays(np.sqrt(square), 2.0 * self.shape)
            return IndependentStudentT(self.mean, scale, degrees)
        scale_matrix = square[..., None] * np.eye(n_dims)
        return MultivariateStudentT(self.mean, scale_matrix, 2.0 * self.shape[..., 0])

    def log_normalizer(self):
        """Those of the gamma distributions, minus ``log(beta) / 2`` per column."""
        log_beta = np.broadcast_to(np.log(self.mean_precision), self.mean.shape)
        return self.gamma().log_normalizer().sum(axis=-1) - 0.5 * log_beta.sum(axis=-1)

    def expected_statistics(self):
        """Expectations of ``t``: the gradient of the log-normaliser."""
        expected_log, minus_precision = self.gamma().expected_statistics()
        linear = -minus_precision * self.mean
        square = _fold(linear * self.mean + 1.0 / self.mean_precision, self.mean_precision)
        return linear, -0.5 * square, expected_log, minus_precision

    def expected_log_determinant(self):
        """``E log|Lambda|`` of the D x D precision matrix: D equal terms if it is shared."""
        expected_log = self.gamma().expected_log()
        return np.broadcast_to(expected_log, self.mean.shape).sum(axis=-1)

    def expected_value(self):
        """Expected means and expected precisions."""
        return self.mean, self.shape / self.rate

    def variance(self):
        """Variances of the means (infinite for shapes up to 1) and of the precisions."""
        excess = np.where(self.shape > 1.0, self.shape - 1.0, np.nan)
        spread = self.rate / (excess * self.mean_precision)
        spread = np.broadcast_to(spread, self.mean.shape)
        return np.where(np.isnan(spread), np.inf, spread), self.gamma().variance()

    def entropy(self):
        """Differential entropy in nats."""
        log_beta = np.broadcast_to(np.log(self.mean_precision), self.mean.shape)
        normal = (HALF_LOG_TWO_PI + 0.5 - 0.5 * log_beta).sum(axis=-1)
        return normal + self.gamma().entropy().sum(axis=-1) - 0.5 * self.expected_log_determinant()

    def kl(self, other):
        """KL divergence from ``other`` to this distribution, ``E_self log(self / other)``."""
        square = self.shape / self.rate * (self.mean - other.mean) ** 2
        spread = ratio_excess(other.mean_precision, self.mean_precision)
        normal = 0.5 * (other.mean_precision * square + spread).sum(axis=-1)
        return normal + self.gamma().kl(other.gamma()).sum(axis=-1)

    def log_density(self, value):
        """Log-density at a pair ``(means, precisions)``, shaped as ``mean`` and ``shape``."""
        mean, precision = value
        scaled = self.mean_precision * precision
        square = scaled * (mean - self.mean) ** 2
        normal = (0.5 * (np.log(scaled) - square) - HALF_LOG_TWO_PI).sum(axis=-1)
        return normal + self.gamma().log_density(precision).sum(axis=-1)

    def sample(self, n_samples, rng):
        """Pairs of (n_samples, ..., D) means and (n_samples, ..., D or 1) precisions."""
        precision = self.gamma().sample(n_samples, rng)
        noise = rng.standard_normal((n_samples, *self.mean.shape))
        # shapes near zero draw precisions that vanish: their means are as far out as numbers go
        scaled = np.maximum(self.mean_precision * precision, _TINY)
        return self.mean + noise / np.sqrt(scaled), precision


def _fold(values, like):
    """Sum over columns, keeping the axis, where ``like`` is shared by all columns."""
    if like.shape[-1] == 1:
        return values.sum(axis=-1, keepdims=True)
    return values
