"""Moments and draws of the factors of a mixture posterior: weights, means, precisions.

Draws are joint over what the family keeps together: the means of a tied mixture share the
precision matrix they were drawn with.
"""

from __future__ import annotations

import numpy as np

from skvi.families.dirichlet import Dirichlet
from skvi.families.wishart import Wishart

__all__ = [
    "draw_components",
    "draw_weights",
    "mean_covariance",
    "precision_covariance",
    "precision_sd",
    "weight_moments",
]


def weight_moments(weights):
    """Posterior mean (K,) and covariance (K, K) of the mixture weights.

    Parameters
    ----------
    weights : Weights

    Returns
    -------
    mean, covariance : ndarray
    """
    distribution, order = weights.distribution, weights.order
    if isinstance(distribution, Dirichlet):
        return distribution.expected_value(), distribution.covariance()
    inverse = np.argsort(order)
    mean, covariance = distribution.expected_weights(), distribution.weight_covariance()
    return mean[inverse], covariance[np.ix_(inverse, inverse)]


def draw_weights(weights, n_samples, rng):
    """Draws of the mixture weights, of shape (n_samples, K)."""
    distribution = weights.distribution
    if isinstance(distribution, Dirichlet):
        return distribution.sample(n_samples, rng)
    draws = distribution.sample_weights(n_samples, rng)
    return draws[:, np.argsort(weights.order)]


def mean_covariance(components, covariance_type):
    """Posterior covariance matrices of the means.

    Parameters
    ----------
    components : Components
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    ndarray of shape (K, D, D)
        Infinite where the variance does not exist.
    """
    distribution = components.distribution
    if covariance_type in ("full", "tied"):
        mean, beta, freedom, scale = distribution
        excess = np.asarray(freedom) - mean.shape[-1] - 1.0
        worth = np.where(excess > 0.0, excess * beta, np.nan)[:, None, None]
        covariance = np.broadcast_to(scale / worth, (*mean.shape, mean.shape[-1]))
        return np.where(np.isnan(covariance), np.inf, covariance)
    mean, beta, shape, rate = distribution
    excess = np.where(shape > 1.0, shape - 1.0, np.nan)
    variance = np.broadcast_to(rate / (excess * beta), mean.shape)
    variance = np.where(np.isnan(variance), np.inf, variance)
    covariance = np.zeros((*variance.shape, variance.shape[-1]))
    np.einsum("kdd->kd", covariance)[...] = variance
    return covariance


def precision_sd(components, covariance_type):
    """Posterior standard deviations of the entries of the precisions, shaped as ``precisions_``."""
    if covariance_type in ("full", "tied"):
        _, _, freedom, scale = components.distribution
        return np.sqrt(Wishart(freedom, scale).variance())
    _, _, shape, rate = components.distribution
    sd = np.sqrt(shape) / rate
    return sd if covariance_type == "diag" else sd[..., 0]


def precision_covariance(components, covariance_type):
    """Posterior covariance of the entries of the precisions.

    Returns
    -------
    ndarray of shape (..., D * D, D * D) for full and tied, (K, D, D) diag, (K, K) spherical
        Entries of a matrix are taken row by row: ``Cov(L_ij, L_kl) = nu (W_ik W_jl + W_il W_jk)``.
    """
    if covariance_type in ("diag", "spherical"):
        variance = precision_sd(components, covariance_type) ** 2
        return variance[..., None] * np.eye(variance.shape[-1])
    _, _, freedom, scale = components.distribution
    inverse = np.linalg.inv(scale)
    inverse = 0.5 * (inverse + np.swapaxes(inverse, -1, -2))
    size = scale.shape[-1] ** 2
    first = np.einsum("...ik,...jl->...ijkl", inverse, inverse)
    both = first + np.swapaxes(first, -1, -2)
    return np.asarray(freedom)[..., None, None] * both.reshape(*scale.shape[:-2], size, size)


def draw_components(components, covariance_type, n_samples, rng):
    """Joint draws of means and precisions.

    Returns
    -------
    means : ndarray of shape (n_samples, K, D)
    precisions : ndarray
        One more leading axis than ``precisions_``.
    """
    distribution = components.distribution
    if covariance_type == "tied":
        return _draw_tied(distribution, n_samples, rng)
    means, precisions = distribution.sample(n_samples, rng)
    return means, precisions[..., 0] if covariance_type == "spherical" else precisions


def _draw_tied(distribution, n_samples, rng):
    mean, beta, freedom, scale = distribution
    precisions = Wishart(freedom, scale).sample(n_samples, rng)
    factor = np.linalg.cholesky(precisions)
    noise = rng.standard_normal((n_samples, mean.shape[1], mean.shape[0]))
    spread = np.linalg.solve(np.swapaxes(factor, -1, -2), noise)
    return mean + np.swapaxes(spread, -1, -2) / np.sqrt(beta)[:, None], precisions
