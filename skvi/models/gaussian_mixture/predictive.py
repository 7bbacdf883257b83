"""The exact posterior predictive density of a row, and draws from it.

    p(x | data) ~= sum_k E[pi_k] int N(x | mu, Lambda^-1) dq_k(mu, Lambda)

Each integral is a Student-t density: multivariate with ``nu_k - D + 1`` degrees of freedom (full,
tied), multivariate with ``2 a_k`` (spherical), or a product over columns with ``2 a_k`` (diag). The
mixture of them integrates to one.
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.components import STRUCTURES
from skvi.models.gaussian_mixture.kernels import log_responsibilities, squared_distances
from skvi.models.gaussian_mixture.units import rows_in_units
from skvi.models.gaussian_mixture.weights import expected_weights

__all__ = ["log_predictive_density", "log_probabilities", "sample"]

_CHUNK_ROWS = 4096
_LEAST = 1e-300  # a draw with hardly any degrees of freedom is far away, but a number
_FAR = 1e290
_SHRINK = 2.0**-600  # makes squares of such distances numbers


@np.errstate(over="ignore", divide="ignore")
def log_predictive_density(X, posterior, covariance_type):
    """Log posterior predictive density of every row.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    posterior : MixturePosterior
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    ndarray of shape (n,)
    """
    tail = STRUCTURES[covariance_type].tail(posterior.components)
    constant = tail.constant + np.log(expected_weights(posterior.weights))
    out = np.empty(X.shape[0])
    for low in range(0, X.shape[0], _CHUNK_ROWS):
        chunk = slice(low, low + _CHUNK_ROWS)
        logarithm = _log_distances(X[chunk], posterior, tail.rate, covariance_type)
        joint = constant - tail.exponent * logarithm
        largest = joint.max(axis=1)
        out[chunk] = largest + np.log(np.exp(joint - largest[:, None]).sum(axis=1))
    return out


@np.errstate(over="ignore")
def log_probabilities(X, posterior, covariance_type):
    """Log responsibilities of the components for every row, at the posterior.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    posterior : MixturePosterior
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    ndarray of shape (n, K)
    """
    X = rows_in_units(X, posterior.units)
    return log_responsibilities(X, posterior.logits, posterior.center, covariance_type)[0]


def sample(n_samples, posterior, covariance_type, rng):
    """Independent draws from the posterior predictive distribution.

    Parameters
    ----------
    n_samples : int
    posterior : MixturePosterior
    covariance_type : {"full", "tied", "diag", "spherical"}
    rng : numpy.random.RandomState

    Returns
    -------
    X : ndarray of shape (n_samples, D)
        Grouped by component.
    labels : ndarray of shape (n_samples,)
    """
    tail = STRUCTURES[covariance_type].tail(posterior.components)
    share = expected_weights(posterior.weights)
    counts = rng.multinomial(n_samples, share / share.sum())
    mean, factor = posterior.components.distribution.mean, posterior.components.factor
    draws = []
    for k, count in enumerate(counts):
        noise = rng.standard_normal((count, mean.shape[1]))
        freedom = tail.degrees_of_freedom[k]
        size = (count, mean.shape[1] if covariance_type == "diag" else 1)
        # |A (x - m)|^2 times the rate is a normal sum of squares over a chi-square.
        noise /= np.sqrt(tail.rate[k] * np.maximum(rng.chisquare(freedom, size), _LEAST))
        draws.append(mean[k] + _unwhiten(noise, factor, k, covariance_type))
    return np.concatenate(draws), np.repeat(np.arange(len(counts)), counts)


def _log_distances(X, posterior, rate, covariance_type):
    """``log(1 + rate_k |A_k (x - m_k)|^2)``; with diagonal covariances the sum over columns."""
    if covariance_type == "diag":
        return _log_distances_by_column(X, posterior, rate)
    X, logits, center = rows_in_units(X, posterior.units), posterior.logits, posterior.center
    square = squared_distances(X, logits, center, covariance_type)
    out = np.log1p(rate * square)
    far = (square > _FAR).any(axis=1)
    if far.any():
        logits = logits._replace(mean=logits.mean * _SHRINK)
        small = squared_distances(X[far] * _SHRINK, logits, center * _SHRINK, covariance_type)
        logarithm = np.log(rate) + np.log(small) - 2.0 * np.log(_SHRINK)
        out[far] = np.where(square[far] > _FAR, logarithm, out[far])
    return out


def _log_distances_by_column(X, posterior, rate):
    mean, factor = posterior.components.distribution.mean, posterior.components.factor
    out = np.empty((X.shape[0], mean.shape[0]))
    for k in range(mean.shape[0]):
        scaled = (X - mean[k]) * (factor[k] * np.sqrt(rate[k]))
        square = scaled * scaled
        far = 2.0 * np.log(np.abs(scaled))
        out[:, k] = np.where(square > _FAR, far, np.log1p(square)).sum(axis=1)
    return out


def _unwhiten(noise, factor, k, covariance_type):
    """Rows ``A^-1 noise``."""
    if covariance_type in ("diag", "spherical"):
        return noise / factor[k]
    matrix = factor if covariance_type == "tied" else factor[k]
    return np.linalg.solve(matrix, noise.T).T
