"""Log evidence of one target given the prior precision and, or instead of, the noise variance.

With shrinkage ``k_j = alpha / (d_j + alpha)`` in the eigenbasis,

    log p(y | alpha, v) = c - (n - f)/2 v - Q/2 exp(-v) + 1/2 sum_j log k_j,
    Q = residual + sum_j g_j^2 k_j,      v = log sigma^2,

a sum of positive terms without cancellation; under a flat prior (``f = n_features``, else 0) the
last sum is ``-1/2 sum_j log d_j``. A conjugate noise prior integrates ``v`` out in closed form.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from skvi.models.linear_regression.prior import INTERCEPT_PRECISION

__all__ = ["FARTHEST_LOG", "Target", "conjugate_evidence", "target_of"]

# Of scales: beyond, their priors alone decide, and ratios of precisions must stay finite.
FARTHEST_LOG = 600.0
_LOG_TWO_PI = np.log(2.0 * np.pi)


class Target(NamedTuple):
    """One target of a spectrum with the priors in its scaled units.

    Attributes
    ----------
    eigenvalues, coordinates : ndarray of shape (rank,)
    residual, weight, log_scale : float
        Residual sum of squares, number of rows, log of the target's scale.
    n_features, n_flat : int
        Number of weights; number of weights with a flat prior.
    fit_intercept : bool
    constant : float
        Part of the log evidence that depends on no parameter.
    noise : prior object
    conjugate : ConjugateNoise or None
        In scaled units.
    log_precision_shift : float
        ``log precision`` in scaled units less that in the prior's units.
    """

    eigenvalues: np.ndarray
    coordinates: np.ndarray
    residual: float
    weight: float
    log_scale: float
    n_features: int
    n_flat: int
    fit_intercept: bool
    constant: float
    noise: object
    conjugate: object
    log_precision_shift: float

    def shrinkage(self, precision):
        """``k``, of shape (rank, n_nodes)."""
        return precision / (self.eigenvalues[:, None] + precision)

    def quadratic(self, shrinkage):
        """``Q``, of shape (n_nodes,)."""
        return self.residual + self.coordinates**2 @ shrinkage

    def log_determinant(self, shrinkage):
        """Half the log determinant of prior over posterior precision, of shape (n_nodes,)."""
        if self.n_flat:
            return np.full(shrinkage.shape[1], -0.5 * np.sum(np.log(self.eigenvalues)))
        return 0.5 * np.sum(np.log(shrinkage), axis=0)

    def log_density_of_log_variance(self, log_variance):
        """Prior log density of the scaled ``v``."""
        return self.noise.log_density_of_log_variance(log_variance + 2.0 * self.log_scale)

    def log_evidence_given_noise(self, precision, log_variance):
        """``log p(y | alpha, v)``, of shape (n_nodes,)."""
        shrinkage = self.shrinkage(precision)
        half_count = 0.5 * (self.weight - self.n_flat)
        # exp of a sum of logs: neither factor may overflow alone
        decay = 0.5 * self.quadratic(shrinkage) * np.exp(-log_variance)
        determinant = self.log_determinant(shrinkage)
        return self.constant + determinant - half_count * log_variance - decay


def target_of(spectrum, prior, index, fit_intercept):
    """One target of a spectrum.

    Parameters
    ----------
    spectrum : Spectrum
    prior : Prior
    index : int
    fit_intercept : bool

    Returns
    -------
    Target
    """
    form, noise = prior.weights, prior.noise[index]
    weight, log_scale = spectrum.weight, np.log(spectrum.y_scale[index])
    n_flat = spectrum.n_features if form.precision == 0.0 else 0
    constant = -0.5 * (weight - n_flat) * _LOG_TWO_PI - weight * log_scale
    if fit_intercept:
        constant -= 0.5 * np.log1p(weight / INTERCEPT_PRECISION)
    if n_flat:
        constant += np.sum(np.log(spectrum.transform)) + n_flat * log_scale
    shift = -2.0 * np.log(spectrum.x_scale)
    if not form.scaled_by_noise:
        shift = 2.0 * (log_scale - np.log(spectrum.x_scale))
    return Target(
        spectrum.eigenvalues,
        spectrum.coordinates[:, index],
        float(spectrum.residual[index]),
        weight,
        log_scale,
        spectrum.n_features,
        n_flat,
        fit_intercept,
        constant,
        noise,
        _scaled_conjugate(noise.conjugate_form(), log_scale),
        shift,
    )


def _scaled_conjugate(form, log_scale):
    if form is None:
        return None
    rate = form.rate * np.exp(-2.0 * log_scale)
    return form._replace(rate=rate, log_constant=form.log_constant - 2.0 * form.shape * log_scale)


def conjugate_evidence(target, shrinkage):
    """Log evidence with the noise integrated out, and its inverse-Gamma posterior.

    Parameters
    ----------
    target : Target
        With a conjugate noise prior.
    shrinkage : ndarray of shape (rank, n_nodes)

    Returns
    -------
    log_evidence : ndarray of shape (n_pieces, n_nodes)
        One row for every piece of the prior.
    shape : float
    rate : ndarray of shape (n_pieces, n_nodes)
    """
    prior = target.conjugate
    shape = prior.shape + 0.5 * (target.weight - target.n_flat)
    rate = np.atleast_1d(prior.rate)[:, None] + 0.5 * target.quadratic(shrinkage)
    log_evidence = (
        target.constant
        + np.atleast_1d(prior.log_constant)[:, None]
        + target.log_determinant(shrinkage)
        + gammaln(shape)
        - shape * np.log(rate)
    )
    return log_evidence, shape, rate
