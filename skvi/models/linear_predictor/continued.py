"""Warm starts: from the posterior of an earlier fit.

Weights are those of standardised columns and targets, and are taken as they are: rows that are
measured in other units have other weights, but their standardised ones are nearly the same.
"""

from __future__ import annotations

import numpy as np

from skvi.inference.natural_gradient import exact_state
from skvi.models.linear_predictor.prior import matrix_of
from skvi.models.linear_predictor.scale import Scale
from skvi.models.linear_predictor.scales import MixtureScale
from skvi.models.linear_predictor.site import times, with_diagonals
from skvi.models.linear_predictor.solve import anchored, given_scale, noise_precision

__all__ = ["continued"]


def continued(model, blocks, prior, posterior):
    """State at the posterior of an earlier fit, in units of its own rows.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : Blocks
    prior : Prior
    posterior : Posterior or None

    Returns
    -------
    State or None
        Its summary is the site that leads to the posterior. None where that is of other weights,
        or nothing like one of these rows.
    """
    if posterior is None or posterior.units.basis is not None:
        return None
    if not np.array_equal(posterior.active, prior.active):
        return None
    if posterior.root.shape != model.root_shape(len(prior.active)):
        return None
    if isinstance(posterior.scale, MixtureScale) != (prior.mixture is not None):
        return None
    noise = noise_precision(prior, model.likelihood, posterior.parameters)
    scale = given_scale(prior, noise) or posterior.scale
    if not np.all(scale.precision > 0.0) and prior.n_scaled:
        scale = Scale(np.exp(prior.location), prior.location, 0.0)
    posterior = posterior._replace(units=prior.units, response=None, scale=scale)
    state = exact_state(model, blocks, prior, posterior)
    if not np.isfinite(state.bound):
        return None
    site = _site_of(prior, state.summary, scale.precision * noise, posterior)
    return state._replace(summary=anchored(prior, site, model.likelihood, posterior))


def _site_of(prior, site, alpha, posterior):
    """The site that leads to a posterior where the prior precision is ``fixed + alpha scaled``."""
    root = posterior.root
    if root.ndim == 1:
        precision = root**-2.0
    else:
        factor = np.linalg.inv(root)
        precision = factor @ factor.swapaxes(-1, -2)
    linear = times(precision, posterior.mean)
    linear = linear - times(prior.fixed, prior.mean) - alpha * times(prior.scaled, prior.mean)
    if root.ndim == 2:
        precision = precision - matrix_of(prior.fixed) - alpha * matrix_of(prior.scaled)
    elif root.ndim == 1:
        precision = precision - prior.fixed - alpha * prior.scaled
    else:
        precision = with_diagonals(precision, -prior.fixed - alpha * prior.scaled)
    return site._replace(linear=linear, precision=precision)
