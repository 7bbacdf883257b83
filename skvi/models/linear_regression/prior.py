"""From prior objects and facts about the data to the prior the model works with.

Facts are read off the summary itself, so that any way of collecting the rows (one pass, blocks,
``partial_fit``, merged models) leads to the same prior.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from skvi.priors._base import DesignFacts, GaussianForm
from skvi.priors.gamma_mixture import GammaMixture

__all__ = [
    "INTERCEPT_PRECISION",
    "Prior",
    "RegressionFacts",
    "facts_of",
    "resolve",
    "resolve_noise",
]

INTERCEPT_PRECISION = 1e-2
"""The intercept at the mean of the rows has prior ``N(mean of y, sigma^2 / INTERCEPT_PRECISION)``:
worth a hundredth of a row, and its posterior mean is the mean of ``y`` exactly."""

_DEFAULT_NOISE_SHAPE = 0.52
_SHAPE_USED_BY_INTERCEPT = 0.5
_DEFAULT_NOISE_RATE = 0.875
_RATE_STEPS = 100.0 ** -np.arange(8.0)
_SMALLER = 0.5 ** np.arange(7.0)
_RATE_PROBABILITIES = np.append(0.98, 0.02 * _SMALLER / _SMALLER.sum())


class RegressionFacts(NamedTuple):
    """What the priors may know about the data.

    Attributes
    ----------
    design : DesignFacts
    y_spread : ndarray of shape (n_targets,)
        Standard deviation of each target; its absolute mean, or one, where it is constant.
    fit_intercept : bool
    weight : float
        Number of rows, counted with their weights.
    """

    design: DesignFacts
    y_spread: np.ndarray
    fit_intercept: bool
    weight: float


class Prior(NamedTuple):
    """The resolved prior.

    Attributes
    ----------
    weights : GaussianForm
    noise : tuple of prior objects, one per target
        Each gives ``log_density_of_log_variance`` and ``conjugate_form``.
    """

    weights: GaussianForm
    noise: tuple


def facts_of(summary, n_features, fit_intercept):
    """Facts about the data from a summary of the rows ``[X, y]``.

    Parameters
    ----------
    summary : Moments or SquareRoot
    n_features : int
    fit_intercept : bool

    Returns
    -------
    RegressionFacts
    """
    weight = max(float(summary.weight), 1e-300)
    spread = _column_norms(summary) / np.sqrt(weight)
    mean = np.abs(np.asarray(summary.mean))
    total = linalg.norm(spread[:n_features]) or linalg.norm(mean[:n_features]) or 1.0
    about_origin = spread if fit_intercept else np.hypot(spread, mean)
    y_spread = np.where(spread > 0.0, spread, mean)[n_features:]
    y_spread = np.where(y_spread > 0.0, y_spread, 1.0)
    design = DesignFacts(n_features, total, about_origin[:n_features])
    return RegressionFacts(design, y_spread, fit_intercept, weight)


def resolve(weights, noise, facts):
    """The prior for given facts.

    Parameters
    ----------
    weights : Ridge, Normal or Flat
    noise : Gamma, HalfCauchy, HalfStudentT, Flat or None
        None is :func:`default_noise`, scaled with the variance of each target.
    facts : RegressionFacts

    Returns
    -------
    Prior
    """
    form = weights.gaussian_form(facts.design)
    _check_units(weights, noise, facts)
    shrunk = form.scaled_by_noise and form.precision != 0.0
    return Prior(form, resolve_noise(noise, facts, shrunk))


def resolve_noise(noise, facts, shrunk):
    """Prior of the noise of every target.

    Parameters
    ----------
    noise : Gamma, HalfCauchy, HalfStudentT, Flat or None
    facts : RegressionFacts
    shrunk : bool
        Whether the prior of the weights follows the noise.

    Returns
    -------
    tuple of prior objects
    """
    if noise is not None:
        return (noise,) * facts.y_spread.shape[0]
    # Absolute or flat weights that can fit every row leave the noise to its prior, and so does a
    # single row, which is the mean of the target: only the first piece keeps it from vanishing.
    enough = 1 if shrunk else facts.design.n_features + 1
    bounded = facts.weight > enough
    pieces = slice(None) if bounded else slice(1)
    return tuple(default_noise(spread, facts, pieces) for spread in facts.y_spread)


def _check_units(weights, noise, facts):
    x_spread = linalg.norm(facts.design.spread) or facts.design.total_spread
    for y_spread in facts.y_spread:
        weights.check_units(x_spread, y_spread)
        if noise is not None:
            noise.conjugate_form()
            noise.check_units(x_spread, y_spread)


def default_noise(spread, facts, pieces):
    """The default prior of the noise for a target with standard deviation ``spread``.

    ``Gamma(0.52, 0.875 var(y) / (1 + p))``, less a half in the shape with an intercept: its prior
    is centred at the mean of the rows, which uses up one of them. Under the default prior of the
    weights each column is expected to explain about as much as the noise, hence ``1 + p``. With
    probability 0.02 the rate is smaller by powers of a hundred, each half as likely as the one
    before, so that a strong signal is not drowned by the prior. The constants were chosen by the
    coverage of 90% intervals (``benchmarks/accuracy/coverage_regression.py``).

    Parameters
    ----------
    spread : float
    facts : RegressionFacts
    pieces : slice
        Which pieces of the mixture to take.

    Returns
    -------
    GammaMixture
    """
    shape = _DEFAULT_NOISE_SHAPE - _SHAPE_USED_BY_INTERCEPT * facts.fit_intercept
    rate = _DEFAULT_NOISE_RATE * spread * spread / (1.0 + facts.design.n_features)
    probabilities = _RATE_PROBABILITIES[pieces]
    return GammaMixture(shape, rate * _RATE_STEPS[pieces], probabilities / probabilities.sum())


def _column_norms(summary):
    if hasattr(summary, "scatter"):
        return np.sqrt(np.maximum(np.diagonal(summary.scatter), 0.0))
    return linalg.norm(summary.root, axis=0)
