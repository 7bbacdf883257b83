"""One covariance matrix for all components, with its exact joint posterior.

    Lambda ~ Wishart(nu, Psi^-1),    mu_k | Lambda ~ N(m_k, (beta_k Lambda)^-1)

Posterior: ``nu + n``, ``Psi + sum_k S_k + sum_k (beta N_k / beta_k) (xbar_k - m)(xbar_k - m)'``,
and ``beta_k``, ``m_k`` as with a matrix for every component. Nothing is factorised between the
means and the precision.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.components.shared import (
    Components,
    describe_wishart,
    scatter_quadratic,
    wishart_location,
    wishart_tail,
)

__all__ = [
    "TiedNormalWishart",
    "describe",
    "expected_quadratic",
    "initial",
    "location",
    "tail",
    "updated",
]


class TiedNormalWishart(NamedTuple):
    """K means that share one precision matrix.

    Attributes
    ----------
    mean : ndarray of shape (K, D)
    mean_precision : ndarray of shape (K,)
    degrees_of_freedom : ndarray of shape ()
    scale_matrix : ndarray of shape (D, D)
    """

    mean: np.ndarray
    mean_precision: np.ndarray
    degrees_of_freedom: np.ndarray
    scale_matrix: np.ndarray

    def updated(self, moments):
        """Conjugate update with the pooled moments of the rows; leading axes are a batch."""
        precision = self.mean_precision + moments.weight
        delta = moments.mean - self.mean
        fraction = moments.weight / precision
        weighted = delta * (self.mean_precision * fraction)[..., None]
        between = weighted.swapaxes(-1, -2) @ delta
        return TiedNormalWishart(
            self.mean + fraction[..., None] * delta,
            precision,
            self.degrees_of_freedom + moments.weight.sum(axis=-1),
            self.scale_matrix + moments.scatter + 0.5 * (between + between.swapaxes(-1, -2)),
        )


def initial(distribution, n_components):
    """Prior components from the prior of one."""
    mean, precision, freedom, scale = distribution
    mean = np.tile(mean, (n_components, 1))
    return describe(TiedNormalWishart(mean, np.full(n_components, precision), freedom, scale))


def updated(prior, moments):
    """Posterior components from prior ones and moments of the rows."""
    return describe(prior.distribution.updated(moments))


def describe(distribution):
    """Factor, expectations and log-normaliser of the joint distribution."""
    n_features = distribution.mean.shape[-1]
    wishart = describe_wishart(distribution.degrees_of_freedom, distribution.scale_matrix)
    beta = distribution.mean_precision
    return Components(
        distribution,
        wishart.factor,
        wishart.log_determinant,
        n_features / beta,
        wishart.log_normalizer - 0.5 * n_features * np.log(beta).sum(axis=-1),
    )


def expected_quadratic(components, moments):
    """``sum_ik r_ik |A (x_i - m_k)|^2``."""
    shift = (moments.mean - components.distribution.mean) @ components.factor.T
    between = moments.weight @ np.sum(shift**2, axis=-1)
    return scatter_quadratic(components.factor, moments.scatter) + float(between)


def location(components):
    """Means of the components and standard deviations of their entries, of shape (K, D)."""
    return wishart_location(components.distribution)


def tail(components):
    """Predictive density: Student-t with ``nu - D + 1`` degrees of freedom."""
    _, beta, nu, _ = components.distribution
    return wishart_tail(nu, beta, components.factor)
