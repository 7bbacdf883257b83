"""The summary of a linear predictor's rows: a quadratic in the weights that touches their bound.

At the posterior it was made at, ``constant + E[linear' w - w' precision w / 2]`` and its slopes in
the moments of the weights are those of the expected log likelihood; hyper-parameters of the
likelihood enter in the same form. Sites of disjoint rows add, and a site that is kept while the
posterior moves on stands for its rows: that is how yesterday's rows enter today's bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Site", "expected_value"]


class Site(NamedTuple):
    """Natural parameters of a Gaussian factor; plain totals.

    Attributes
    ----------
    constant : ndarray of shape ()
    linear : ndarray of shape (n_weights,)
    precision : ndarray of shape (n_weights, n_weights) or (n_weights,)
        A matrix, or a diagonal.
    parameter_linear : ndarray of shape (n_parameters,)
    parameter_precision : ndarray of shape (n_parameters, n_parameters)
    """

    constant: np.ndarray
    linear: np.ndarray
    precision: np.ndarray
    parameter_linear: np.ndarray
    parameter_precision: np.ndarray


def expected_value(site, mean, root, parameters):
    """Expectation of the quadratic under the weights, at some hyper-parameters.

    Parameters
    ----------
    site : Site
    mean : ndarray of shape (n_weights,)
    root : ndarray of shape (n_weights, n_weights) or (n_weights,)
        Root of their covariance, or their standard deviations.
    parameters : ndarray of shape (n_parameters,)

    Returns
    -------
    float
    """
    if root.ndim == 1:
        square = site.precision @ (root**2 + mean**2)
    else:
        square = np.sum(site.precision * (root.T @ root)) + mean @ site.precision @ mean
    theta = parameters @ (site.parameter_linear - 0.5 * (site.parameter_precision @ parameters))
    return float(site.constant + site.linear @ mean - 0.5 * square + theta)
