"""From the factors of a regression to what is shown of them."""

from __future__ import annotations

import numpy as np

from skvi.models.linear_regression.evidence import target_of
from skvi.models.linear_regression.model import structured_posterior
from skvi.models.linear_regression.prior import Prior
from skvi.models.linear_regression.spectrum import spectrum_of
from skvi.models.shrinkage.coordinate import node_factors
from skvi.models.shrinkage.ensemble import of_draws, of_members
from skvi.models.shrinkage.gaussian import GaussianFactors
from skvi.models.shrinkage.refresh import refreshed
from skvi.priors._base import GaussianForm

__all__ = ["ensemble_of", "gaussian_points", "prior_precisions", "refresh", "regression_posterior"]


def refresh(model, state, n_draws, rng):
    """Draws from the posterior, by chains that begin at those of the factors.

    Parameters
    ----------
    model : ShrinkageRegressionModel
    state : State
    n_draws : int
    rng : RandomState

    Returns
    -------
    Refreshed
    """
    posterior = state.posterior
    start = _of_gaussian if model.family == "gaussian" else _of_members
    problem = posterior.problem
    problem = problem._replace(quadratic=problem.quadratic.canonical())
    return refreshed(problem, lambda rng: start(posterior, rng), n_draws, rng)


def _of_gaussian(posterior, rng):
    # weights as if they were independent: a draw need not be more than near
    best = posterior.best
    noise_variance = 1.0 / best.noise.draws(rng, 1)[0]
    sd = np.sqrt(noise_variance * best.conditional.variance)
    return best.conditional.mean + sd * rng.standard_normal(len(sd)), noise_variance


def _of_members(posterior, rng):
    bounds = np.array([member.bound for member in posterior.members])
    weight = np.exp(bounds - bounds.max())
    member = posterior.members[rng.choice(len(weight), p=weight / weight.sum())]
    included = rng.random_sample(len(member.mean)) < member.inclusion
    noise = rng.standard_normal(len(member.mean)) * np.sqrt(member.variance)
    return np.where(included, member.mean + noise, 0.0), member.noise_variance


def ensemble_of(model, state):
    """Members and marginals; None where the posterior is one of a linear regression.

    Parameters
    ----------
    model : ShrinkageRegressionModel
    state : State

    Returns
    -------
    Ensemble or None
    """
    problem, mean = state.posterior.problem, np.asarray(state.summary.mean)
    origin = mean[: model.n_features], mean[model.n_features], model.fit_intercept
    if model.refreshed is not None:
        return of_draws(problem, model.refreshed, *origin)
    if model.family == "coordinate":
        return of_members(problem, state.posterior.members, *origin)
    return None


def regression_posterior(model, state):
    """The posterior of the gaussian family: that of a linear regression with given precisions.

    Parameters
    ----------
    model : ShrinkageRegressionModel
    state : State

    Returns
    -------
    Posterior
        Of :mod:`skvi.models.linear_regression`.
    """
    unit, precision = state.prior.mixture.unit, state.posterior.best.precision
    form = GaussianForm(np.zeros(len(unit)), unit / np.sqrt(precision), 1.0, True)
    spectrum = spectrum_of(state.summary, form, model.fit_intercept, model.float32_rows)
    target = target_of(spectrum, Prior(form, state.prior.noise), 0, model.fit_intercept)
    return structured_posterior(spectrum, form, [target], model.fit_intercept)


def gaussian_points(model, state):
    """Means of the coefficients, the intercept and the noise precision in the gaussian family.

    Parameters
    ----------
    model : ShrinkageRegressionModel
    state : State

    Returns
    -------
    coef : ndarray of shape (n_features,)
    intercept : float
    noise_precision : float
    """
    best, problem = state.posterior.best, state.posterior.problem
    y_scale = np.exp(problem.log_scale)
    coef = y_scale * problem.mixture.unit * best.conditional.mean
    mean = np.asarray(state.summary.mean)
    intercept = mean[model.n_features] - mean[: model.n_features] @ coef
    return coef, float(intercept) if model.fit_intercept else 0.0, best.noise.precision / y_scale**2


def prior_precisions(state):
    """Expected prior precision of every coefficient, in units of the data.

    Zero scales are left out: it is that of coefficients which are not zero.

    Parameters
    ----------
    state : State

    Returns
    -------
    ndarray of shape (n_features,)
    """
    posterior, mixture = state.posterior, state.prior.mixture
    scale = np.exp(2.0 * posterior.problem.log_scale) * mixture.unit**2
    best = posterior.best
    if isinstance(best, GaussianFactors):
        return best.following * best.noise.precision / scale
    probability = node_factors(posterior.problem, best)[0]
    start = int(mixture.has_spike)
    probability = probability[:, start:] / probability[:, start:].sum(axis=1, keepdims=True)
    return probability @ mixture.sd[start:] ** -2.0 / best.noise_variance / scale
