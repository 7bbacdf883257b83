"""The bound of a structured posterior, term by term.

The terms are expectations over the nodes of closed forms; their sum is the log evidence. A term
with the name of a factor is minus the divergence of that factor from its prior.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from skvi.models.linear_regression.prior import INTERCEPT_PRECISION

__all__ = ["TERM_NAMES", "intercept_divergence", "structured_terms"]

TERM_NAMES = (
    "expected_log_likelihood",
    "coef",
    "noise",
    "scale",
)

_LOG_TWO_PI = np.log(2.0 * np.pi)


def structured_terms(target, nodes, log_transform):
    """The four terms of the bound of one target.

    Parameters
    ----------
    target : Target
    nodes : NodeSet
    log_transform : float
        Log determinant of the transform in scaled units (used by flat priors).

    Returns
    -------
    ndarray of shape (4,)
    """
    shrinkage = target.shrinkage(nodes.precision)
    precision = 1.0 / nodes.noise_variance
    log_precision = _expected_log_precision(nodes)
    likelihood = _likelihood(target, shrinkage, precision, log_precision)
    kl_weights = _weights(target, shrinkage, precision, log_precision, log_transform)
    kl_noise = np.array(nodes.kl_noise)
    if np.isfinite(nodes.shape):
        kl_noise = _conjugate_noise(target, nodes, precision, log_precision)
    expectations = [np.sum(nodes.weight * term) for term in (likelihood, -kl_weights, -kl_noise)]
    return np.array([*expectations, -nodes.kl_scale])


def intercept_divergence(weight):
    """Divergence of the intercept from its prior, given the noise."""
    ratio = INTERCEPT_PRECISION / (weight + INTERCEPT_PRECISION)
    return 0.5 * (ratio - 1.0 - np.log(ratio))


def _expected_log_precision(nodes):
    if np.isinf(nodes.shape):
        return -np.log(nodes.noise_variance)
    return digamma(nodes.shape) - np.log(nodes.shape * nodes.noise_variance)


def _likelihood(target, shrinkage, precision, log_precision):
    n = target.weight
    squares = target.residual + target.coordinates**2 @ shrinkage**2
    leverage = np.sum(1.0 - shrinkage, axis=0)
    if target.fit_intercept:
        leverage = leverage + n / (n + INTERCEPT_PRECISION)
    constant = -0.5 * n * _LOG_TWO_PI - n * target.log_scale
    return constant + 0.5 * n * log_precision - 0.5 * (precision * squares + leverage)


def _weights(target, shrinkage, precision, log_precision, log_transform):
    if target.n_flat:
        entropy = 0.5 * np.sum(_LOG_TWO_PI + 1.0 - np.log(target.eigenvalues))
        entropy = entropy - 0.5 * target.n_flat * log_precision
        divergence = -entropy - log_transform - target.n_flat * target.log_scale
    else:
        pull = target.coordinates**2 @ (shrinkage * (1.0 - shrinkage))
        spread = np.sum(shrinkage - 1.0 - np.log(shrinkage), axis=0)
        divergence = 0.5 * (spread + precision * pull)
    if target.fit_intercept:
        divergence = divergence + intercept_divergence(target.weight)
    return divergence


def _conjugate_noise(target, nodes, precision, log_precision):
    shape, rate = nodes.shape, nodes.shape * nodes.noise_variance
    entropy = shape - np.log(rate) + gammaln(shape) + (1.0 - shape) * digamma(shape)
    prior = target.conjugate
    constant, prior_rate = (
        np.atleast_1d(value)[nodes.piece] for value in (prior.log_constant, prior.rate)
    )
    cross = constant + (prior.shape - 1.0) * log_precision - prior_rate * precision
    return -entropy - cross
