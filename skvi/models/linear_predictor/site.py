"""The summary of a linear predictor's rows: a quadratic in the weights that touches their bound.

At the posterior it was made at, ``constant + E[linear' w - w' precision w / 2]`` and its slopes in
the moments of the weights are those of the expected log likelihood; hyper-parameters of the
likelihood enter in the same form. Sites of disjoint rows add, and a site that is kept while the
posterior moves on stands for its rows: that is how yesterday's rows enter today's bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Site", "expected_value", "times", "with_diagonals"]


class Site(NamedTuple):
    """Natural parameters of a Gaussian factor; plain totals.

    Attributes
    ----------
    constant : ndarray of shape ()
    linear : ndarray of shape (n_weights,)
    precision : ndarray of shape (n_weights, n_weights) or (n_weights,)
        A matrix, a diagonal, or one matrix for every predictor.
    parameter_linear : ndarray of shape (n_parameters,)
    parameter_precision : ndarray of shape (n_parameters, n_parameters)
    """

    constant: np.ndarray
    linear: np.ndarray
    precision: np.ndarray
    parameter_linear: np.ndarray
    parameter_precision: np.ndarray


def times(precision, vector):
    """A precision as sites have it, times a vector.

    Parameters
    ----------
    precision : ndarray of shape (n,), (n, n) or (n_predictors, m, m)
    vector : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n,)
    """
    if precision.ndim == 3:
        return np.einsum("kij,kj->ki", precision, vector.reshape(len(precision), -1)).ravel()
    return precision * vector if precision.ndim == 1 else precision @ vector


def with_diagonals(blocks, diagonal):
    """Matrices with more on their diagonals.

    Parameters
    ----------
    blocks : ndarray of shape (n_predictors, m, m)
    diagonal : ndarray of shape (n_predictors * m,)

    Returns
    -------
    ndarray of shape (n_predictors, m, m)
    """
    result, each = blocks.copy(), np.arange(blocks.shape[1])
    result[:, each, each] += diagonal.reshape(len(blocks), -1)
    return result


def expected_value(site, mean, root, parameters):
    """Expectation of the quadratic under the weights, at some hyper-parameters.

    Parameters
    ----------
    site : Site
    mean : ndarray of shape (n_weights,)
    root : ndarray of shape (n_weights, n_weights), (n_weights,) or (n_predictors, n, n)
        Root of their covariance, or their standard deviations, or roots of the covariances of the
        weights of every predictor.
    parameters : ndarray of shape (n_parameters,)

    Returns
    -------
    float
    """
    if root.ndim == 1:
        square = site.precision @ (root**2 + mean**2)
    elif root.ndim == 3:
        own = mean.reshape(len(root), -1)
        square = np.sum(site.precision * (root.swapaxes(1, 2) @ root))
        square += np.einsum("ki,kij,kj->", own, site.precision, own)
    else:
        square = np.sum(site.precision * (root.T @ root)) + mean @ site.precision @ mean
    theta = parameters @ (site.parameter_linear - 0.5 * (site.parameter_precision @ parameters))
    return float(site.constant + site.linear @ mean - 0.5 * square + theta)
