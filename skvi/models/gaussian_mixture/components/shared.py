"""What every covariance structure says about its components, and what is shared by the matrix ones.

The expected log-density of a row under component k is

    E log N(x | k) = (E log|Lambda_k| - D log 2 pi - D / beta_k - |A_k (x - m_k)|^2) / 2

with ``A_k' A_k = E Lambda_k``; the rest of a component enters the bound through ``log Z``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln, psi

from skvi.numerics.linalg import inverse_factor

__all__ = [
    "Components",
    "Tail",
    "Wishart",
    "describe_wishart",
    "scatter_quadratic",
    "wishart_location",
    "wishart_tail",
]

_LOG_TWO = np.log(2.0)
_LOG_PI = np.log(np.pi)


class Components(NamedTuple):
    """Distribution of the parameters of all components, and what the rows need to know of it.

    Attributes
    ----------
    distribution : NamedTuple
        Normal-Wishart, tied normal-Wishart or normal-gamma.
    factor : ndarray
        ``A``, shaped as :class:`~skvi.models.gaussian_mixture.kernels.Logits` wants it.
    log_determinant : ndarray of shape (K,) or ()
        ``E log|Lambda|``.
    mean_spread : ndarray of shape (K,)
        ``D / beta``: expected squared distance of a mean from its centre, after ``A``.
    log_normalizer : ndarray of shape (K,) or ()
        ``log Z``; components that share a parameter share the number.
    """

    distribution: Any
    factor: np.ndarray
    log_determinant: np.ndarray
    mean_spread: np.ndarray
    log_normalizer: np.ndarray


class Tail(NamedTuple):
    """Predictive log-density ``constant_k - exponent_k log(1 + rate_k |A_k (x - m_k)|^2)``.

    With diagonal covariances the logarithm is taken column by column and summed.

    Attributes
    ----------
    constant, exponent, rate : ndarray of shape (K,)
    degrees_of_freedom : ndarray of shape (K,)
        Of the Student-t.
    """

    constant: np.ndarray
    exponent: np.ndarray
    rate: np.ndarray
    degrees_of_freedom: np.ndarray


class Wishart(NamedTuple):
    """Expectations under ``Lambda ~ Wishart(nu, Psi^-1)``.

    Attributes
    ----------
    factor : ndarray of shape (..., D, D)
        Lower triangular ``A`` with ``A' A = nu Psi^-1``.
    log_determinant : ndarray of shape (...)
        ``E log|Lambda|``.
    log_normalizer : ndarray of shape (...)
    """

    factor: np.ndarray
    log_determinant: np.ndarray
    log_normalizer: np.ndarray


def describe_wishart(degrees_of_freedom, scale_matrix):
    """Factor, expected log-determinant and log-normaliser of Wishart distributions.

    Parameters
    ----------
    degrees_of_freedom : ndarray of shape (...)
    scale_matrix : ndarray of shape (..., D, D)

    Returns
    -------
    Wishart

    Raises
    ------
    numpy.linalg.LinAlgError
        If a scale matrix is not positive definite.
    """
    n_features = scale_matrix.shape[-1]
    inverse = inverse_factor(scale_matrix)
    diagonal = inverse.diagonal(axis1=-2, axis2=-1)
    log_determinant = 2.0 * np.log(diagonal).sum(axis=-1) + n_features * _LOG_TWO
    half = 0.5 * (degrees_of_freedom[..., None] - np.arange(n_features))
    constant = 0.25 * n_features * (n_features - 1) * _LOG_PI
    return Wishart(
        np.sqrt(degrees_of_freedom)[..., None, None] * inverse,
        log_determinant + psi(half).sum(axis=-1),
        constant + gammaln(half).sum(axis=-1) + 0.5 * degrees_of_freedom * log_determinant,
    )


def scatter_quadratic(factor, scatter):
    """``tr(A S A')``, summed over everything.

    Parameters
    ----------
    factor, scatter : ndarray of shape (..., D, D)

    Returns
    -------
    float
    """
    return float(((factor @ scatter) * factor).sum())


def wishart_tail(degrees_of_freedom, mean_precision, factor):
    """Student-t predictive density of a component with a Wishart precision.

    Parameters
    ----------
    degrees_of_freedom : ndarray of shape (K,) or ()
    mean_precision : ndarray of shape (K,)
    factor : ndarray of shape (K, D, D) or (D, D)

    Returns
    -------
    Tail
    """
    n_features = factor.shape[-1]
    nu, beta = np.broadcast_arrays(degrees_of_freedom, mean_precision)
    log_factor = np.log(np.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
    log_scale = 0.5 * n_features * (_LOG_PI + np.log((beta + 1.0) / beta * nu))
    freedom = nu - n_features + 1.0
    constant = gammaln(0.5 * (nu + 1.0)) - gammaln(0.5 * freedom) + log_factor - log_scale
    return Tail(constant, 0.5 * (nu + 1.0), beta / ((beta + 1.0) * nu), freedom)


def wishart_location(distribution):
    """Means of the components, and posterior standard deviations of their entries.

    Parameters
    ----------
    distribution : NormalWishart or TiedNormalWishart

    Returns
    -------
    mean, spread : ndarray of shape (K, D)
        The spread is that at the expected precision.
    """
    mean, beta, nu, scale = distribution
    diagonal = scale.diagonal(axis1=-2, axis2=-1)
    return mean, np.sqrt(diagonal / nu[..., None]) / np.sqrt(beta)[:, None]
