"""Point values of a mixture, named and shaped as in ``sklearn.mixture``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.weights import expected_weights

__all__ = ["PointValues", "published"]


class PointValues(NamedTuple):
    """Point values of the parameters.

    Attributes
    ----------
    weights : ndarray of shape (K,)
        Expected weights.
    means : ndarray of shape (K, D)
        Expected means.
    covariances, precisions, precisions_cholesky : ndarray
        (K, D, D) full, (D, D) tied, (K, D) diag, (K,) spherical. Precisions are expected ones,
        covariances their inverses (scale matrix over degrees of freedom); the Cholesky factor ``C``
        of a matrix ``C C'`` is upper triangular, as in scikit-learn.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    precisions: np.ndarray
    precisions_cholesky: np.ndarray


def published(posterior, covariance_type):
    """Point values at a posterior.

    Parameters
    ----------
    posterior : MixturePosterior
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    PointValues
    """
    weights = expected_weights(posterior.weights)
    distribution, factor = posterior.components[:2]
    if covariance_type in ("full", "tied"):
        _, _, freedom, scale = distribution
        cholesky = np.ascontiguousarray(np.swapaxes(factor, -1, -2))
        return PointValues(
            weights,
            distribution.mean,
            scale / freedom[..., None, None],
            cholesky @ factor,
            cholesky,
        )
    precisions = factor**2
    return PointValues(weights, distribution.mean, 1.0 / precisions, precisions, factor)
