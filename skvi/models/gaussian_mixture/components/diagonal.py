"""A precision for every component and column.

    lambda_kj ~ Gamma(a_kj, b_kj),    mu_kj | lambda_kj ~ N(m_kj, 1 / (beta_k lambda_kj))

Posterior: ``beta_k = beta + N_k``, ``a_kj = a_j + N_k / 2``,
``b_kj = b_j + (S_kj + (beta N_k / beta_k) (xbar_kj - m_j)^2) / 2``. (scikit-learn's diagonal model
uses the digamma sum of a D-dimensional Wishart here; the two coincide for one column.)
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, psi

from skvi.models.gaussian_mixture.components.shared import Components, Tail

__all__ = ["describe", "expected_quadratic", "initial", "location", "tail", "updated"]

_LOG_TWO_PI = np.log(2.0 * np.pi)


def initial(distribution, n_components):
    """Prior components from the prior of one."""
    return describe(distribution)


def updated(prior, moments):
    """Posterior components from prior ones and moments of the rows."""
    return describe(prior.distribution.updated(moments))


def describe(distribution):
    """Factors, expectations and log-normalisers of a batch of normal-gamma distributions.

    The last axis of shape and rate is the columns, or one where all columns share a precision.
    """
    mean, beta, shape, rate = distribution
    if np.any(rate <= 0.0):
        raise np.linalg.LinAlgError("The rate of a precision is not positive.")
    n_features, n_precisions = mean.shape[-1], rate.shape[-1]
    log_rate = np.log(rate)
    log_gamma = np.sum(gammaln(shape) - shape * log_rate, axis=-1)
    beta = beta[..., 0]
    return Components(
        distribution,
        np.sqrt(shape / rate),
        np.sum(psi(shape) - log_rate, axis=-1) * (n_features / n_precisions),
        n_features / beta,
        log_gamma - 0.5 * n_features * np.log(beta),
    )


def expected_quadratic(components, moments):
    """``sum_ik r_ik |A_k (x_i - m_k)|^2``."""
    precision = components.factor**2
    delta = moments.mean - components.distribution.mean
    between = moments.weight @ np.sum(precision * delta**2, axis=-1)
    return float(np.sum(precision * moments.scatter) + between)


def location(components):
    """Means of the components and standard deviations of their entries, of shape (K, D)."""
    mean, beta, shape, rate = components.distribution
    return mean, np.broadcast_to(np.sqrt(rate / shape) / np.sqrt(beta), mean.shape)


def tail(components):
    """Predictive density: a product over columns of Student-t with ``2 a_k`` degrees of freedom."""
    mean, beta, shape, _ = components.distribution
    n_features, beta, half = mean.shape[-1], beta[..., 0], shape[..., 0]
    log_factor = np.log(components.factor).sum(axis=-1)
    log_scale = 0.5 * n_features * (_LOG_TWO_PI + np.log((beta + 1.0) / beta * half))
    log_gamma = n_features * (gammaln(half + 0.5) - gammaln(half))
    constant = log_gamma + log_factor - log_scale
    return Tail(constant, half + 0.5, beta / ((beta + 1.0) * 2.0 * half), 2.0 * half)
