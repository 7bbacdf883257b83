"""By-products of a fit in closed form: leave-one-out predictors and a robust covariance.

Taking one row out of the posterior takes its factor ``exp(g eta - lam eta^2 / 2)`` out of the
normal of its predictor: the cavity (Vehtari, Mononen, Tolvanen, Sivula and Winther, 2016)

    v_-i = v_i / (1 - lam_i v_i),    m_-i = m_i - v_-i g_i.

The infinitesimal jackknife of Giordano and Broderick (2023), with slopes as they are without the
row, gives the covariance ``Sigma [sum_i q_i^2 a_i a_i'] Sigma`` with ``q_i = g_i / (1 - lam_i
v_i)``: that of the posterior mean over data sets, whether or not the likelihood is the true one.
"""

from __future__ import annotations

import numpy as np

from skvi.models.linear_predictor.posterior import in_table_units

__all__ = ["cavity", "leverages", "robust_covariance"]

_MOST_LEVERAGE = 1.0 - 1e-6
_MOST_SHARE = 0.9
"""Of a row in several predictors: these are not quadratic enough for more of it to be undone."""


def cavity(mean, variance, slope, curvature):
    """Normal distribution of every row's predictor without the row.

    Parameters
    ----------
    mean, slope : ndarray of shape (n,) or (n, d)
    variance, curvature : ndarray of shape (n,) or (n, d, d)

    Returns
    -------
    mean, variance : ndarray of the shapes of ``mean`` and ``variance``
    """
    if mean.ndim == 1:
        left = 1.0 - np.minimum(curvature * variance, _MOST_LEVERAGE)
        wider = variance / left
        return mean - wider * slope, wider
    shares, image = _shares(variance, curvature)
    left = 1.0 - np.minimum(shares, _MOST_SHARE)
    wider = (image / left[:, None, :]) @ image.swapaxes(1, 2)
    return mean - np.einsum("nde,ne->nd", wider, slope), wider


def leverages(variance, curvature):
    """Share of every row in the precision of its predictor, the largest of several.

    Parameters
    ----------
    variance, curvature : ndarray of shape (n,) or (n, d, d)

    Returns
    -------
    ndarray of shape (n,)
        Below one: a row without which nothing would be left has next to one.
    """
    shares = variance * curvature
    if variance.ndim > 1:
        shares = _shares(variance, curvature)[0].max(axis=1)
    return np.minimum(shares, _MOST_LEVERAGE)


def _shares(variance, curvature):
    """Shares of rows in precisions along the directions that tell them apart, and these."""
    values, vectors = np.linalg.eigh(variance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    shares, directions = np.linalg.eigh(root.swapaxes(1, 2) @ curvature @ root)
    return shares, root @ directions


def robust_covariance(model, blocks, posterior):
    """Covariance of the posterior mean over data sets.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : Blocks
        The training rows.
    posterior : Posterior

    Returns
    -------
    ndarray of shape (n_weights, n_weights)
        In the units of the table, one predictor's weights after the other's.
    """
    meat = np.zeros((posterior.n_weights, posterior.n_weights))
    for block in blocks:
        y, offset = model.split(block.y)
        rows, mean, variance = model.moments(block.X, offset, posterior)
        moments = y, mean, variance, posterior.parameters
        _, slope, curvature = model.likelihood.expectations(*moments)
        without = cavity(mean, variance, slope, curvature)[0]
        if posterior.n_predictors == 1:
            pull = slope + curvature * (mean - without)
            meat += rows.gram(block.weights * pull**2)
        else:
            pull = slope + np.einsum("nde,ne->nd", curvature, mean - without)
            squares = pull[:, :, None] * pull[:, None, :]
            meat += rows.gram(block.weights[:, None, None] * squares)
    root = posterior.flat_root()
    whole = root.T @ (root @ meat @ root.T) @ root
    left = in_table_units(posterior, whole).reshape(len(whole), -1)
    whole = in_table_units(posterior, left.T)
    return whole.reshape(len(whole), -1)
