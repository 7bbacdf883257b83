"""From a site to the posterior: work of the size of the weights, none of the size of the rows."""

from __future__ import annotations

from functools import partial

import numpy as np

from skvi.models.linear_predictor.posterior import Posterior
from skvi.models.linear_predictor.prior import matrix_of
from skvi.models.linear_predictor.scale import Scale, scale_factor
from skvi.models.linear_predictor.scales import settled_scales
from skvi.models.linear_predictor.site import times, with_diagonals
from skvi.numerics.climb import Climb
from skvi.numerics.linalg import inverse_factor

__all__ = [
    "anchored",
    "divergence_terms",
    "expected_form",
    "given_scale",
    "noise_precision",
    "parameter_slopes",
    "solve",
    "spreads_at",
]

_SWEEPS = 30
_SETTLED = 1e-8  # of log alpha
_LONGEST_STEP = 1.0  # of a hyper-parameter: most are logarithms


def solve(prior, site, likelihood, posterior=None):
    """The posterior at which a site and a prior balance.

    Parameters
    ----------
    prior : Prior
    site : Site
    likelihood : Likelihood
    posterior : Posterior or None, default=None
        The previous one.

    Returns
    -------
    Posterior

    Raises
    ------
    numpy.linalg.LinAlgError
        If the precision is not positive definite.
    """
    known = prior.parameters if posterior is None else posterior.parameters
    slopes = parameter_slopes(prior, site, likelihood, posterior, known)
    start, reach = prior.parameters, likelihood.reach
    parameters = np.clip(_step(*slopes, known), start - reach, start + reach)
    noise = noise_precision(prior, likelihood, parameters)
    scale = given_scale(prior, noise)
    if scale is not None:
        mean, root = _weights(prior, site, scale.precision * noise)
    else:
        known = None if posterior is None else posterior.scale
        mean, root, scale = _settle(prior, known, partial(_weights, prior, site))
    n_predictors = likelihood.n_predictors
    return Posterior(prior.units, n_predictors, prior.active, mean, root, scale, parameters)


def anchored(prior, site, likelihood, posterior):
    """A site whose update leaves the hyper-parameters where they are, otherwise the same.

    Steps of hyper-parameters are cut short; a blend with the site that would have gone further does
    not come back to the posterior as the other part of the blend vanishes, one with this does.

    Parameters
    ----------
    prior : Prior
    site : Site
    likelihood : Likelihood
    posterior : Posterior
        Where it led.

    Returns
    -------
    Site
    """
    slope = parameter_slopes(prior, site, likelihood, posterior, posterior.parameters)[0]
    return site._replace(parameter_linear=site.parameter_linear - slope)


def noise_precision(prior, likelihood, parameters):
    """What ``alpha`` is relative to."""
    if not prior.relative_to_noise:
        return 1.0
    return float(likelihood.named(parameters)["scale"]) ** -2.0


def given_scale(prior, noise):
    """The prior precision where it is given; None where it is learned.

    Parameters
    ----------
    prior : Prior
    noise : float
        As :func:`noise_precision` gives it.

    Returns
    -------
    Scale or None
    """
    alpha = prior.alpha if prior.n_scaled else 0.0
    if np.isnan(alpha):
        return None
    variance = 1.0 / (alpha * noise) if alpha else 0.0
    return Scale(alpha, np.log(alpha) if alpha else 0.0, 0.0, variance)


def divergence_terms(prior, posterior, noise):
    """Terms of the bound that do not depend on rows: minus the divergences from the prior.

    Parameters
    ----------
    prior : Prior
    posterior : Posterior
    noise : float
        As :func:`noise_precision` gives it.

    Returns
    -------
    dict of str to float
        Of the weights (``coef``) and of their precision (``scale``).
    """
    alpha, log_alpha = posterior.scale.precision * noise, posterior.scale.log_precision
    log_alpha = log_alpha + np.log(noise) if prior.n_scaled else 0.0
    n_active = len(posterior.mean)
    entropy = 0.5 * n_active * (1.0 + np.log(2.0 * np.pi))
    root = posterior.root
    diagonal = root if root.ndim == 1 else np.diagonal(root, axis1=-2, axis2=-1)
    entropy += np.sum(np.log(diagonal))
    square = expected_form(prior.fixed, prior, posterior)
    square += expected_form(alpha * prior.scaled, prior, posterior)
    log_prior = prior.log_constant + 0.5 * prior.n_scaled * log_alpha - 0.5 * square
    return {"coef": float(log_prior + entropy), "scale": -float(posterior.scale.divergence)}


def _weights(prior, site, alpha):
    """Mean and root of the covariance where the prior precision is ``fixed + alpha scaled``."""
    pull = times(prior.fixed, prior.mean) + alpha * times(prior.scaled, prior.mean)
    if site.precision.ndim == 1:
        precision = site.precision + prior.fixed + alpha * prior.scaled
        if not np.all(precision > 0.0):
            raise np.linalg.LinAlgError("The precision is not positive definite.")
        return (site.linear + pull) / precision, 1.0 / np.sqrt(precision)
    if site.precision.ndim == 3:
        return _of_every_predictor(site, prior.fixed + alpha * prior.scaled, pull)
    precision = site.precision + matrix_of(prior.fixed) + alpha * matrix_of(prior.scaled)
    root = inverse_factor(precision)
    return root.T @ (root @ (site.linear + pull)), root


def _of_every_predictor(site, diagonal, pull):
    """Means and roots where the weights of the predictors are independent of one another."""
    root = inverse_factor(with_diagonals(site.precision, diagonal))
    linear = (site.linear + pull).reshape(*root.shape[:2], 1)
    return (root.swapaxes(1, 2) @ (root @ linear)).ravel(), root


def spreads_at(prior, site, likelihood, posterior, mean):
    """The posterior with given means, its covariances and scale in balance with them.

    Parameters
    ----------
    prior : Prior
    site : Site
        Its precision is a diagonal, or one matrix for every predictor.
    likelihood : Likelihood
    posterior : Posterior
        The previous one.
    mean : ndarray of shape (n_weights,)

    Returns
    -------
    Posterior
    """
    parameters = _step(*parameter_slopes(prior, site, likelihood, posterior, posterior.parameters),
                       posterior.parameters)  # fmt: skip
    noise = noise_precision(prior, likelihood, parameters)

    def weights(alpha):
        diagonal = prior.fixed + alpha * prior.scaled
        if site.precision.ndim == 1:
            return mean, 1.0 / np.sqrt(site.precision + diagonal)
        return mean, inverse_factor(with_diagonals(site.precision, diagonal))

    scale = posterior.scale
    if prior.n_scaled and np.isnan(prior.alpha):
        _, root, scale = _settle(prior, scale, weights)
    else:
        root = weights(scale.precision * noise if prior.n_scaled else 0.0)[1]
    return posterior._replace(mean=mean, root=root, scale=scale, parameters=parameters)


def _settle(prior, known, weights):
    """Weights and learned precision that agree: the next balance uphill of the one known.

    ``weights(alpha)`` gives the mean and the root of the covariance.
    """
    if prior.mixture is not None:
        return settled_scales(prior, known, weights)
    search = Climb()
    log_alpha = float(prior.location if known is None else np.log(known.precision))
    for _ in range(_SWEEPS):
        mean, root = weights(np.exp(log_alpha))
        squares = _form(prior.scaled, mean - prior.mean, root)
        scale = scale_factor(prior.n_scaled, squares, prior.location)
        gap = float(np.log(scale.precision)) - log_alpha
        if abs(gap) < _SETTLED:
            break
        log_alpha = search.next(log_alpha, gap)
    return mean, root, scale


def _form(precision, distance, root):
    """Expected quadratic form of weights with some mean distance and root of covariance."""
    if root.ndim == 1:
        return float(precision @ (distance**2 + root**2))
    if root.ndim == 3:
        return float(precision @ (distance**2 + np.einsum("kij,kij->kj", root, root).ravel()))
    if precision.ndim == 1:
        return float(precision @ (distance**2 + np.einsum("ij,ij->j", root, root)))
    return float(distance @ precision @ distance + np.sum((root @ precision) * root))


def expected_form(precision, prior, posterior):
    """Expected square of the distance of the weights from their prior mean, in some metric."""
    return _form(precision, posterior.mean - prior.mean, posterior.root)


def parameter_slopes(prior, site, likelihood, posterior, parameters):
    """Slope and curvature of the bound in the hyper-parameters, first the log scale if any.

    Parameters
    ----------
    prior : Prior
    site : Site
    likelihood : Likelihood
    posterior : Posterior or None
        What the distance from the prior is taken at; None leaves that out.
    parameters : ndarray of shape (n_parameters,)

    Returns
    -------
    slope : ndarray of shape (n_parameters,)
    curvature : ndarray of shape (n_parameters, n_parameters)
        Minus the second derivative.
    """
    curvature = site.parameter_precision
    slope = site.parameter_linear - curvature @ parameters
    if prior.relative_to_noise and posterior is not None and len(parameters):
        noise = noise_precision(prior, likelihood, parameters)
        square = prior.alpha * noise * expected_form(prior.scaled, prior, posterior)
        if "scale" in likelihood.learned:
            slope, curvature = slope.copy(), curvature.copy()
            slope[0] += square - prior.n_scaled
            curvature[0, 0] += 2.0 * square
    return slope, curvature


def _step(slope, curvature, parameters):
    """Newton step of the hyper-parameters, uphill whatever the curvature, of bounded length."""
    if not len(parameters):
        return parameters
    values, vectors = np.linalg.eigh(0.5 * (curvature + curvature.T))
    size = np.maximum(np.abs(values), 1e-8 * np.max(np.abs(values)) + 1e-300)
    step = vectors @ ((vectors.T @ slope) / size)
    longest = np.max(np.abs(step))
    return parameters + step * min(1.0, _LONGEST_STEP / max(longest, 1e-300))
