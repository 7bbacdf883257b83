"""One precision for every component, shared by its columns.

    lambda_k ~ Gamma(a_k, b_k),    mu_k | lambda_k ~ N(m_k, I / (beta_k lambda_k))

Posterior: ``beta_k = beta + N_k``, ``a_k = a + N_k D / 2``,
``b_k = b + (tr S_k + (beta N_k / beta_k) |xbar_k - m|^2) / 2``. (scikit-learn's spherical model
uses the digamma sum of a D-dimensional Wishart here; the two coincide for one column.)
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from skvi.models.gaussian_mixture.components import diagonal
from skvi.models.gaussian_mixture.components.shared import Tail
from skvi.numerics.moments import Moments

__all__ = ["describe", "expected_quadratic", "initial", "location", "tail", "updated"]

_LOG_TWO_PI = np.log(2.0 * np.pi)


def initial(distribution, n_components):
    """Prior components from the prior of one."""
    return describe(distribution)


def updated(prior, moments):
    """Posterior components from prior ones and moments of the rows."""
    n_features = moments.mean.shape[-1]
    shared = Moments(moments.weight, moments.mean, moments.scatter / n_features)
    return describe(prior.distribution.updated(shared))


def describe(distribution):
    """Factors, expectations and log-normalisers of a batch of normal-gamma distributions."""
    components = diagonal.describe(distribution)
    return components._replace(factor=components.factor[..., 0])


def expected_quadratic(components, moments):
    """``sum_ik r_ik |A_k (x_i - m_k)|^2``."""
    delta = moments.mean - components.distribution.mean
    within = moments.scatter[:, 0] + moments.weight * np.sum(delta**2, axis=-1)
    return float(components.factor**2 @ within)


def location(components):
    """Means of the components and standard deviations of their entries, of shape (K, D)."""
    return diagonal.location(components)


def tail(components):
    """Predictive density: Student-t with ``2 a_k`` degrees of freedom."""
    mean, beta, shape, _ = components.distribution
    half_width, beta, half = 0.5 * mean.shape[-1], beta[..., 0], shape[..., 0]
    log_scale = half_width * (_LOG_TWO_PI + np.log((beta + 1.0) / beta * half))
    log_factor = 2.0 * half_width * np.log(components.factor)
    constant = gammaln(half + half_width) - gammaln(half) + log_factor - log_scale
    return Tail(constant, half + half_width, beta / ((beta + 1.0) * 2.0 * half), 2.0 * half)
