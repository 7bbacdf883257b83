"""Normal-Wishart: where the components of a mixture may lie and how wide they may be.

    Lambda ~ Wishart(nu, Psi^-1),    mu | Lambda ~ N(m, (beta Lambda)^-1)

``Psi`` is the scale matrix of the inverse-Wishart law of the covariance. With diagonal covariances
each column has a precision ``Gamma(nu / 2, Psi_jj / 2)``; a spherical component has one precision
``Gamma(nu D / 2, tr(Psi) / 2)``.

Defaults come from the data, so that the bound shifts by the log-Jacobian alone when a column is
rescaled: ``m`` is the mean of the rows and the expected covariance of a component is the
covariance of the rows, divided by ``K^(2/D)``: K balls that fill the volume of one (it is shrunk
a little towards its diagonal, which keeps it positive definite for few rows and many columns).
"""

from __future__ import annotations

import numpy as np

from skvi.families.normal_gamma import NormalGamma
from skvi.families.normal_wishart import NormalWishart as NormalWishartDistribution
from skvi.priors._base import (
    LENGTH,
    SQUARE,
    PriorBase,
    PriorError,
    check_finite,
    check_positive,
    symmetrised,
)

__all__ = ["NormalWishart", "pooled_covariance"]

_LEAST_SHRINKAGE = 1e-3
_CONSTANT = 1e-14
_FALLBACK = 1e-3
_MEAN_PRECISION = 0.1
_FARTHEST = 1e6
_MEAN_PRECISIONS = (1e-10, 1e10)
_FREEDOMS = (1e-3, 1e8)
_SCALES = (1e-60, 1e60)  # relative to the variance of the rows


class NormalWishart(PriorBase):
    """Prior of the means and covariances of Gaussian components.

    Parameters
    ----------
    mean : float or ndarray of shape (n_features,), default=None
        Prior mean of every component. None: the mean of the rows.
    mean_precision : float, default=None
        Prior precision of a mean relative to the precision of its component: the number of rows
        the prior mean is worth. None: 0.1.
    degrees_of_freedom : float, default=None
        Above ``n_features - 1`` (full, tied) or above 0 (diagonal, spherical): the number of rows
        the prior covariance is worth. None: ``n_features + 2``, or 3: the smallest whole number for
        which the expected covariance exists.
    scale_matrix : float or ndarray of shape (n_features,) or (n_features, n_features), default=None
        Scale of the inverse-Wishart law of a covariance (``covariance_prior`` of
        :class:`sklearn.mixture.BayesianGaussianMixture`); a number or a vector stands for a
        diagonal matrix. None: see the top of this file.
    """

    def __init__(self, mean=None, mean_precision=None, degrees_of_freedom=None, scale_matrix=None):
        self.mean = mean
        self.mean_precision = mean_precision
        self.degrees_of_freedom = degrees_of_freedom
        self.scale_matrix = scale_matrix

    def component_distribution(self, facts, covariance_type, n_components):
        """The prior of one component, with defaults filled in from the data.

        Parameters
        ----------
        facts : Moments
            Weight, mean and scatter (full, or its diagonal) of all rows.
        covariance_type : {"full", "tied", "diag", "spherical"}
        n_components : int

        Returns
        -------
        skvi.families.NormalWishart or skvi.families.NormalGamma

        Raises
        ------
        ValueError
            If an argument is out of range or has the wrong shape.
        """
        matrix = covariance_type in ("full", "tied")
        n_features = facts.mean.shape[-1]
        mean = self._location(facts, n_features, covariance_type)
        precision = _MEAN_PRECISION
        if self.mean_precision is not None:
            precision = check_positive(self, "mean_precision", _MEAN_PRECISIONS, optional=True)
        freedom = self._freedom(n_features, matrix)
        scale = self._scale(facts, n_components, freedom, matrix)
        if matrix:
            return NormalWishartDistribution(mean, np.float64(precision), freedom, scale)
        shape, rate = np.full(n_features, 0.5 * freedom), 0.5 * scale
        if covariance_type == "spherical":
            shape, rate = shape.sum(keepdims=True), rate.sum(keepdims=True)
        return NormalGamma(mean, np.array([precision]), shape, rate)

    def _location(self, facts, n_features, covariance_type):
        if self.mean is None:
            return facts.mean
        mean = check_finite(self, "mean", LENGTH[1])
        if mean.shape not in ((), (n_features,)):
            raise PriorError(
                self,
                f"mean must be a number or an array of shape ({n_features},), "
                f"got shape {mean.shape}.",
            )
        spread = _spread(facts)
        if covariance_type == "spherical":
            spread = spread.max()
        if np.any(np.abs(mean - facts.mean) > _FARTHEST * spread):
            raise PriorError(
                self,
                f"mean must be within {_FARTHEST:g} standard deviations of the mean of the rows "
                f"(beyond, a covariance holds no digit of the rows), got {self.mean!r}.",
            )
        return np.broadcast_to(mean, (n_features,)).copy()

    def _freedom(self, n_features, matrix):
        if self.degrees_of_freedom is None:
            return np.float64(n_features + 2 if matrix else 3)
        freedom = check_positive(self, "degrees_of_freedom", _FREEDOMS, optional=True)
        if matrix and not freedom > n_features - 1:
            raise PriorError(
                self,
                f"degrees_of_freedom must be above n_features - 1 = {n_features - 1}, "
                f"got {self.degrees_of_freedom!r}.",
            )
        return np.float64(freedom)

    def _scale(self, facts, n_components, freedom, matrix):
        n_features = facts.mean.shape[-1]
        if self.scale_matrix is not None:
            return self._given_scale(facts, n_features, matrix)
        # The expected covariance is Psi / surplus; it does not exist where surplus <= 0.
        surplus = max(freedom - (n_features + 1 if matrix else 2), 1.0)
        covariance = pooled_covariance(facts)
        if covariance.ndim == 2 and not matrix:
            covariance = covariance.diagonal()
        return covariance * (surplus * n_components ** (-2.0 / n_features))

    def _given_scale(self, facts, n_features, matrix):
        scale = check_finite(self, "scale_matrix", SQUARE[1])
        if scale.shape not in ((), (n_features,), (n_features, n_features)):
            raise PriorError(
                self,
                f"scale_matrix must be a number or an array of shape ({n_features},) or "
                f"({n_features}, {n_features}), got shape {scale.shape}.",
            )
        if scale.ndim < 2:
            scale = np.diag(np.broadcast_to(scale, (n_features,)))
        scale = symmetrised(scale)
        if scale is None or not _is_positive_definite(scale):
            raise PriorError(
                self,
                "scale_matrix must be symmetric and positive definite, with a diagonal of "
                f"{SQUARE[0]:g} at least, got {self.scale_matrix!r}.",
            )
        ratio = np.sqrt(scale.diagonal()) / _spread(facts)
        low, high = _SCALES
        if not np.all((ratio >= np.sqrt(low)) & (ratio <= np.sqrt(high))):
            raise PriorError(
                self,
                f"scale_matrix must have a diagonal of {low:g} to {high:g} times the variances of "
                f"the rows, got {self.scale_matrix!r}; choose other units or another prior.",
            )
        return scale if matrix else scale.diagonal().copy()


def pooled_covariance(facts):
    """Covariance of the rows (or its diagonal), positive definite for any rows.

    Off-diagonal entries are shrunk by the share ``(D + 1) / (n + D + 1)``, or by a thousandth if
    that is more. A constant column gets a standard deviation of a thousandth of its value, or of
    one.

    Parameters
    ----------
    facts : Moments
        Weight, mean and scatter (full, or its diagonal) of all rows.

    Returns
    -------
    ndarray of shape (D, D) or (D,)
    """
    n_features = facts.mean.shape[-1]
    covariance = facts.scatter / facts.weight
    full = covariance.ndim == 2
    variance = covariance.diagonal() if full else covariance
    size = np.abs(facts.mean)
    constant = np.sqrt(variance) <= _CONSTANT * size
    fallback = (_FALLBACK * np.where(size > 0.0, size, 1.0)) ** 2
    variance = np.where(constant, fallback, variance)
    if not full:
        return variance
    shrinkage = max((n_features + 1) / (facts.weight + n_features + 1), _LEAST_SHRINKAGE)
    pooled = np.where(constant[:, None] | constant, 0.0, (1.0 - shrinkage) * covariance)
    np.fill_diagonal(pooled, variance)
    return pooled


def _spread(facts):
    """Standard deviation of every column, positive."""
    variance = pooled_covariance(facts)
    return np.sqrt(variance.diagonal() if variance.ndim == 2 else variance)


def _is_positive_definite(matrix):
    diagonal = matrix.diagonal()
    if not np.all(diagonal >= SQUARE[0]):
        return False
    scale = np.sqrt(diagonal)
    try:
        np.linalg.cholesky(matrix / scale[:, None] / scale)
    except np.linalg.LinAlgError:
        return False
    return True
