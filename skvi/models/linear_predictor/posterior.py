"""The Gaussian posterior of standardised weights, and what is read off it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag

from skvi.models.linear_predictor.design import Units
from skvi.models.linear_predictor.scale import Scale

__all__ = ["Posterior", "in_table_units", "weight_covariance", "weight_variances"]


class Posterior(NamedTuple):
    """``q(w) = N(mean, root' root)`` of flat weights, zero and certain where they are not active.

    Attributes
    ----------
    units : Units
    n_predictors : int
    active : ndarray of shape (n_active,)
    mean : ndarray of shape (n_active,)
    root : ndarray of shape (n_active, n_active) or (n_active,)
        Inverse of the lower Cholesky factor of the precision; standard deviations where weights
        are independent; one such factor for every predictor where these are.
    scale : Scale
        Factor of the prior precision; its divergence is zero where that is given.
    parameters : ndarray of shape (n_parameters,)
        Hyper-parameters of the likelihood.
    response : ndarray of shape (n_active, n_active) or None, default=None
        Root of the covariance of linear response: what is shown, and what predictions take, in
        place of that of ``q``.
    """

    units: Units
    n_predictors: int
    active: np.ndarray
    mean: np.ndarray
    root: np.ndarray
    scale: Scale
    parameters: np.ndarray
    response: np.ndarray | None = None

    @property
    def n_weights(self):
        """Number of flat weights, active or not."""
        return self.n_predictors * self.units.n_columns

    @property
    def is_whole(self):
        """Whether every weight is active."""
        return len(self.active) == self.n_weights

    def flat_mean(self):
        """Means of all flat weights."""
        if self.is_whole:
            return self.mean
        mean = np.zeros(self.n_weights)
        mean[self.active] = self.mean
        return mean

    def flat_root(self):
        """Root of the covariance of all flat weights, of linear response where there is one."""
        own = self.root if self.response is None else self.response
        if own.ndim == 3:
            return block_diag(*own)
        if self.is_whole:
            return own
        root = np.zeros((len(self.active), self.n_weights))
        root[:, self.active] = own
        return root

    def sds(self):
        """Standard deviations of the active weights."""
        if self.root.ndim == 1:
            return self.root
        return np.sqrt(np.einsum("...ij,...ij->...j", self.root, self.root)).ravel()


def in_table_units(posterior, flat):
    """Weights of the columns as they are, from those of standardised columns.

    Parameters
    ----------
    posterior : Posterior
    flat : ndarray of shape (..., n_weights)

    Returns
    -------
    ndarray of shape (..., n_predictors, n_columns)
        The intercept, where there is one, behind the features.
    """
    units = posterior.units
    values = flat.reshape(*flat.shape[:-1], posterior.n_predictors, -1).copy()
    n_features, centre = len(units.centre), units.centre
    values[..., :n_features] /= units.scale
    if units.basis is not None:
        wide = values[..., :n_features] @ units.basis.vectors.T
        values = np.concatenate([wide, values[..., n_features:]], axis=-1)
        n_features, centre = len(units.basis.centre), units.basis.centre
    if units.intercept:
        values[..., n_features] -= values[..., :n_features] @ centre
    return values


def weight_variances(posterior, mix):
    """Variances of mixtures of the predictors' weights, in the units of the table.

    Parameters
    ----------
    posterior : Posterior
    mix : ndarray of shape (n_shown, n_predictors)

    Returns
    -------
    ndarray of shape (n_shown, n_columns)
    """
    if posterior.root.ndim == 1 and posterior.response is None:
        return mix**2 @ _independent_variances(posterior)
    image = mix @ in_table_units(posterior, posterior.flat_root())
    variances = np.einsum("rkj,rkj->kj", image, image)
    basis = posterior.units.basis
    if basis is not None:
        size, left = np.sum(mix**2, axis=1)[:, None] * posterior.scale.variance, basis.left_out()
        variances[:, : len(left)] += size * left
        if posterior.units.intercept:
            origin = np.zeros((1, len(left)))
            variances[:, -1] += size[:, 0] * basis.outside(origin, basis.coordinates(origin))
    return variances


def weight_covariance(posterior):
    """Covariance of all weights in the units of the table.

    Returns
    -------
    ndarray of shape (n_weights, n_weights)
        One predictor's after the other's, the intercept behind the features.
    """
    root = posterior.flat_root()
    image = in_table_units(posterior, np.diag(root) if root.ndim == 1 else root)
    image = image.reshape(len(image), -1)
    covariance = image.T @ image
    basis = posterior.units.basis
    if basis is not None:
        covariance += np.kron(np.eye(posterior.n_predictors), _left_out(posterior, basis))
    return covariance


def _independent_variances(posterior):
    """Variances of independent weights in the units of the table."""
    units = posterior.units
    variances = np.zeros(posterior.n_weights)
    variances[posterior.active] = posterior.root**2
    variances = variances.reshape(posterior.n_predictors, -1)
    n_features = len(units.scale)
    variances[:, :n_features] /= units.scale**2
    if units.intercept:
        variances[:, -1] += variances[:, :n_features] @ units.centre**2
    return variances


def _left_out(posterior, basis):
    """Covariance of the weights, and of the intercept, that the basis leaves out."""
    left = np.diag(basis.spread**2) - basis.vectors @ basis.vectors.T
    if posterior.units.intercept:
        left = np.pad(left, ((0, 1), (0, 1)))
        left[-1] = -(basis.centre @ left[:-1])
        left[:, -1] = left[-1]
        left[-1, -1] = -(left[-1, :-1] @ basis.centre)
    return posterior.scale.variance * left
