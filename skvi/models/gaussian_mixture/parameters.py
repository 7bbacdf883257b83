"""Point values of a mixture, named and shaped as in ``sklearn.mixture``."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.weights import concentration, expected_weights

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
    weight_concentration : ndarray of shape (K,), or two of them
        Of the Dirichlet; or of the Beta distributions of the sticks that the components stand on.
    mean_precision : ndarray of shape (K,)
        ``beta``: relative to the precision of the component.
    degrees_of_freedom : ndarray of shape (K,), or () tied
        ``nu``: of the precision.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    precisions: np.ndarray
    precisions_cholesky: np.ndarray
    weight_concentration: np.ndarray | tuple
    mean_precision: np.ndarray
    degrees_of_freedom: np.ndarray


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
    distribution, factor = posterior.components[:2]
    read = _of_matrices if covariance_type in ("full", "tied") else _of_columns
    covariances, precisions, cholesky, strength, freedom = read(distribution, factor)
    return PointValues(
        expected_weights(posterior.weights),
        distribution.mean,
        covariances,
        precisions,
        cholesky,
        concentration(posterior.weights),
        strength,
        freedom,
    )


def _of_matrices(distribution, factor):
    _, strength, freedom, scale = distribution
    cholesky = np.ascontiguousarray(np.swapaxes(factor, -1, -2))
    return scale / freedom[..., None, None], cholesky @ factor, cholesky, strength, freedom


def _of_columns(distribution, factor):
    mean, strength, shape, _ = distribution
    # a spherical precision has one shape for all columns: nu D / 2
    freedom = 2.0 * shape[:, 0] * shape.shape[-1] / mean.shape[-1]
    precisions = factor**2
    return 1.0 / precisions, precisions, factor, strength[:, 0], freedom
