"""A covariance matrix for every component.

    Lambda_k ~ Wishart(nu_k, Psi_k^-1),    mu_k | Lambda_k ~ N(m_k, (beta_k Lambda_k)^-1)

Posterior: ``beta_k = beta + N_k``, ``nu_k = nu + N_k``, ``m_k = (beta m + N_k xbar_k) / beta_k``,
``Psi_k = Psi + S_k + (beta N_k / beta_k) (xbar_k - m)(xbar_k - m)'`` (Bishop, 2006, section 10.2).
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.components.shared import (
    Components,
    describe_wishart,
    scatter_quadratic,
    wishart_location,
    wishart_tail,
)

__all__ = ["describe", "expected_quadratic", "initial", "location", "tail", "updated"]


def initial(distribution, n_components):
    """Prior components from the prior of one."""
    return describe(distribution)


def updated(prior, moments):
    """Posterior components from prior ones and moments of the rows."""
    posterior = prior.distribution.updated(moments)
    scale = posterior.scale_matrix
    # Products of three numbers depend on their order in the last bit.
    return describe(posterior._replace(scale_matrix=0.5 * (scale + scale.swapaxes(-1, -2))))


def describe(distribution):
    """Factors, expectations and log-normalisers of a batch of normal-Wishart distributions."""
    n_features = distribution.mean.shape[-1]
    wishart = describe_wishart(distribution.degrees_of_freedom, distribution.scale_matrix)
    beta = distribution.mean_precision
    log_normalizer = wishart.log_normalizer - 0.5 * n_features * np.log(beta)
    return Components(
        distribution, wishart.factor, wishart.log_determinant, n_features / beta, log_normalizer
    )


def expected_quadratic(components, moments):
    """``sum_ik r_ik |A_k (x_i - m_k)|^2``."""
    shift = components.factor @ (moments.mean - components.distribution.mean)[..., None]
    between = moments.weight @ (shift[..., 0] ** 2).sum(axis=-1)
    return scatter_quadratic(components.factor, moments.scatter) + float(between)


def location(components):
    """Means of the components and standard deviations of their entries, of shape (K, D)."""
    return wishart_location(components.distribution)


def tail(components):
    """Predictive density: Student-t with ``nu_k - D + 1`` degrees of freedom."""
    _, beta, nu, _ = components.distribution
    return wishart_tail(nu, beta, components.factor)
