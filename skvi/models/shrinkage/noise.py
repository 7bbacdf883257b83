"""The factor of the noise variance, given a sum of squares: any prior of it.

With ``v = log sigma^2`` the factor is ``p(v) exp(-n v / 2 - Q exp(-v) / 2)``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln, logsumexp

from skvi.numerics.quadrature import integrate_log_density

__all__ = ["NoiseFactor", "noise_factor"]


class NoiseFactor(NamedTuple):
    """A mixture of Gamma distributions of the precision, or nodes where the shape is infinite.

    Attributes
    ----------
    weight : ndarray of shape (n_pieces,)
    shape : float
        Of the Gamma distributions; inf where every piece is one value.
    variance : ndarray of shape (n_pieces,)
        Inverse mean precision of every piece.
    log_integral : float
        Of the unnormalised factor.
    precision, log_precision : float
        Means of the precision and of its logarithm.
    """

    weight: np.ndarray
    shape: float
    variance: np.ndarray
    log_integral: float
    precision: float
    log_precision: float

    @property
    def mean_variance(self):
        """Mean of the variance; the inverse of the mean precision where there is none."""
        heavy = np.isinf(self.shape) or self.shape <= 1.0
        return float(self.weight @ self.variance) * (
            1.0 if heavy else self.shape / (self.shape - 1.0)
        )

    def draws(self, rng, size):
        """Draws of the precision."""
        piece = rng.choice(len(self.weight), size=size, p=self.weight)
        if np.isinf(self.shape):
            return 1.0 / self.variance[piece]
        return rng.gamma(self.shape, size=size) / (self.shape * self.variance[piece])


def noise_factor(prior, log_scale, weight, quadratic):
    """The factor where so many residuals have some sum of squares.

    Parameters
    ----------
    prior : prior object
        Of the noise, in units of the target.
    log_scale : float
        Logarithm of the unit that the squares are measured in.
    weight : float
        Number of residuals.
    quadratic : float
        Their sum of squares; positive.

    Returns
    -------
    NoiseFactor
    """
    form = prior.conjugate_form()
    if form is None:
        return _nodes(prior, log_scale, weight, quadratic)
    shape = form.shape + 0.5 * weight
    rate = np.atleast_1d(form.rate) * np.exp(-2.0 * log_scale) + 0.5 * quadratic
    constant = np.atleast_1d(form.log_constant) - 2.0 * form.shape * log_scale
    log_mass = constant + gammaln(shape) - shape * np.log(rate)
    log_integral = float(logsumexp(log_mass))
    piece = np.exp(log_mass - log_integral)
    log_precision = float(digamma(shape) - piece @ np.log(rate))
    return NoiseFactor(
        piece, shape, rate / shape, log_integral, float(piece @ (shape / rate)), log_precision
    )


def _nodes(prior, log_scale, weight, quadratic):
    def log_joint(v):
        likelihood = -0.5 * weight * v - 0.5 * quadratic * np.exp(-v)
        return likelihood + prior.log_density_of_log_variance(v + 2.0 * log_scale)

    start = float(np.log(quadratic / weight))
    nodes = integrate_log_density(log_joint, start, scale=np.sqrt(2.0 / weight))
    piece, v = nodes.weight, nodes.position
    precision = float(piece @ np.exp(-v))
    return NoiseFactor(piece, np.inf, np.exp(v), nodes.log_normalizer, precision, -float(piece @ v))
