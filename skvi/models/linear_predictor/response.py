"""Linear response: covariances of the weights that a Gaussian at the bound's top makes too small.

How far the posterior mean moves where the log density is tilted a little is the covariance itself;
for the Gaussian of the highest bound that derivative is closer to the truth than its own covariance
(Giordano, Broderick and Jordan, 2018). Here it is the resummed first correction in the number of
rows: skewness, tails and the learned hyper-parameters all enter. With ``z`` weights in
units of the Gaussian, ``b_i`` the rows so measured, ``lam_i`` their curvatures and
``K_ij = (b_i' b_j)^2``, the inverse covariance of ``z`` is

    I - M_z' W M_z / 2 - U H^-1 U',    W = (1 + K D)^-1 K,    D = d lam / d v,
    U = d (sum_i slope_i b_i) / d theta + M_z' W M_theta / 2,    H = H_0 - M_theta' W M_theta / 2

where the rows of ``M_z`` are ``d lam_i / d z`` and those of ``M_theta`` are ``d lam_i / d theta``.
A prior precision that is learned, or relative to the noise, is one more row with curvature but no
slope, and one more hyper-parameter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag

from skvi.models.linear_predictor.prior import matrix_of
from skvi.models.linear_predictor.propagation import propagated, propagation_cost
from skvi.models.linear_predictor.scale import precision_variance
from skvi.models.linear_predictor.sensitivity import row_sensitivity
from skvi.models.linear_predictor.solve import (
    expected_form,
    noise_precision,
    parameter_slopes,
)
from skvi.numerics.linalg import inverse_factor

__all__ = ["responded"]

_MOST_PRODUCTS = 2e9
_ROWS_PER_WEIGHT = 40
"""Up to which standard deviations may be more than about one per cent too small."""
_LEAST_SHARE = 0.5
"""Of a precision, that is left: where more would go, the posterior is nothing like a Gaussian. With
counts that are all zero its upper tail would predict thousands."""


def responded(model, blocks, state):
    """The state with the covariance of linear response beside that of the Gaussian.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : Blocks
        The training rows.
    state : State
        At the top of the bound.

    Returns
    -------
    State
        As it was where the work would be out of proportion to that of the fit (with so many rows
        there is little to correct), or where the posterior is nothing like a Gaussian.
    """
    posterior = state.posterior
    n_pairs = posterior.n_predictors * (posterior.n_predictors + 1) // 2
    n_weights = len(posterior.mean)
    if state.prior.mixture is not None:  # what is wrong of scales is larger, and is refreshed
        return state
    if posterior.root.ndim != 2 or not 0 < blocks.n_rows <= _ROWS_PER_WEIGHT * n_weights:
        return state
    if propagation_cost(blocks.n_rows * n_pairs, n_weights) > _MOST_PRODUCTS:
        return state
    rows = [_row_terms(model, block, posterior) for block in blocks]
    terms = _Terms(*(np.concatenate(parts) for parts in zip(*rows, strict=True)))
    try:
        precision = _precision(model, state, terms)
    except np.linalg.LinAlgError:
        return state
    if not np.linalg.eigvalsh(precision)[0] > _LEAST_SHARE:
        return state
    response = inverse_factor(precision) @ posterior.root
    return state._replace(posterior=posterior._replace(response=response))


class _Terms(NamedTuple):
    """What rows contribute, weights in units of the Gaussian.

    Attributes
    ----------
    image : ndarray of shape (n, n_weights, n_predictors)
        The rows ``b_i``.
    in_mean : ndarray of shape (n, n_pairs, n_weights)
    in_variance, in_parameters, slope_in_parameters : ndarray
        As :class:`Sensitivity` has them.
    """

    image: np.ndarray
    in_mean: np.ndarray
    in_variance: np.ndarray
    in_parameters: np.ndarray
    slope_in_parameters: np.ndarray


def _row_terms(model, block, posterior):
    y, offset = model.split(block.y)
    rows, mean, variance = model.moments(block.X, offset, posterior)
    moments = y, mean, variance, posterior.parameters
    sensitivity = row_sensitivity(model.likelihood, *moments, block.weights)
    root, n_predictors = posterior.flat_root(), posterior.n_predictors
    image = rows.predictors(root.ravel(), len(root) * n_predictors)
    image = image.reshape(len(y), len(root), n_predictors)
    in_mean = sensitivity.in_mean @ image.swapaxes(1, 2)
    return _Terms(image, in_mean, *sensitivity[1:])


def _precision(model, state, terms):
    """Inverse covariance of the weights in units of the Gaussian."""
    n_weights = terms.image.shape[1]
    direct = np.einsum("nrd,ndp->rp", terms.image, terms.slope_in_parameters)
    own = state.posterior, state.posterior.parameters
    stiffness = parameter_slopes(state.prior, state.summary, model.likelihood, *own)[1]
    moved = np.concatenate([terms.in_mean, terms.in_parameters], axis=2)
    moved, form = moved.reshape(-1, moved.shape[2]), None
    scale = _scale_terms(model, state)
    if scale is not None:
        form, pull, shares, curvature = scale
        n_more = len(shares) - direct.shape[1]
        direct = np.pad(direct, ((0, 0), (0, n_more))) - np.outer(pull, shares)
        stiffness = block_diag(stiffness, *([[curvature]] * n_more))
        moved = np.pad(moved, ((0, 1), (0, n_more)))
        moved[-1, n_weights:] = shares
    echo = propagated(terms.image, terms.in_variance, moved, form)
    precision = np.eye(n_weights) - 0.5 * echo[:n_weights, :n_weights]
    if direct.shape[1]:
        pull = direct + 0.5 * echo[:n_weights, n_weights:]
        root = inverse_factor(stiffness - 0.5 * echo[n_weights:, n_weights:]) @ pull.T
        precision -= root.T @ root
    return precision


def _scale_terms(model, state):
    """What the scaled part of the prior precision contributes where it may change.

    Returns
    -------
    tuple or None
        Its form and its pull in units of the Gaussian; by how much its logarithm grows with every
        hyper-parameter, the last being that logarithm itself where it is learned; and the
        stiffness of that one.
    """
    prior, posterior, likelihood = state.prior, state.posterior, model.likelihood
    n_parameters = len(posterior.parameters)
    learned = prior.n_scaled > 0 and np.isnan(prior.alpha)
    if not learned and not (prior.relative_to_noise and "scale" in likelihood.learned):
        return None
    noise = noise_precision(prior, likelihood, posterior.parameters)
    alpha = posterior.scale.precision * noise
    half = posterior.root @ matrix_of(alpha * prior.scaled)
    form, pull = half @ posterior.root.T, half @ (posterior.mean - prior.mean)
    if not learned:
        return form, pull, np.append(-2.0, np.zeros(n_parameters - 1)), 0.0
    squares = expected_form(prior.scaled, prior, posterior)
    curvature = 1.0 / precision_variance(prior.n_scaled, squares, prior.location)
    return form, pull, np.append(np.zeros(n_parameters), 1.0), curvature
