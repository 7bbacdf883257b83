"""Problems with given hyper-parameters, log densities written from their definitions, estimators.

Nothing here but :func:`estimators` knows of ``skvi``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, log_expit, log_ndtr, log_softmax

__all__ = ["DESIGNS", "PROBLEMS", "Problem", "contrasts", "estimator", "rows"]

DESIGNS = {"50 x 10": (50, 10), "100 x 8": (100, 8), "200 x 10": (200, 10)}


class Problem(NamedTuple):
    """A likelihood: how to draw targets, and their log densities.

    That of Tweedie lacks what depends on ``y`` alone.

    ``log_density`` takes targets of shape (n, 1) and predictors of shape (n, n_draws), or
    (n, n_draws, n_predictors).
    """

    draw: Callable
    log_density: Callable
    n_predictors: int = 1
    intercept: float = 0.0


def contrasts(n_classes):
    """Orthonormal columns orthogonal to the vector of ones."""
    whole = np.column_stack([np.ones(n_classes), np.eye(n_classes)[:, 1:]])
    return np.linalg.qr(whole)[0][:, 1:]


def rows(name, design):
    """Rows with columns that correlate by 0.5, the first of ones; targets from the likelihood.

    There is no column of ones where the likelihood has cut-points.
    """
    n, p = DESIGNS[design]
    rng = np.random.RandomState(100 + sorted(PROBLEMS).index(name))
    X = np.sqrt(0.5) * (rng.standard_normal((n, p)) + rng.standard_normal((n, 1)))
    weights = 0.4 * rng.standard_normal((p, PROBLEMS[name].n_predictors))
    if name != "ordinal":
        X[:, 0] = 1.0
        weights[0] = PROBLEMS[name].intercept
    eta = X @ weights
    return X, PROBLEMS[name].draw(eta if eta.shape[1] > 1 else eta[:, 0], rng)


def _softmax_draw(eta, rng):
    probabilities = np.exp(log_softmax(eta @ contrasts(3).T, axis=1))
    return (rng.uniform(size=(len(eta), 1)) > np.cumsum(probabilities, axis=1)).sum(axis=1)


def _softmax(y, eta):
    logs = log_softmax(eta @ contrasts(3).T, axis=-1)
    return np.take_along_axis(logs, y[..., None].astype(int), axis=-1)[..., 0]


def _ordinal(y, eta, cuts):
    ends = np.concatenate([[-np.inf], cuts, [np.inf]])
    code = y.astype(int)
    upper, lower = ends[code + 1] - eta, ends[code] - eta
    with np.errstate(invalid="ignore"):
        width = np.where(np.isfinite(upper - lower), upper - lower, 700.0)
    return log_expit(upper) + log_expit(-lower) + np.log(-np.expm1(-width))


def _tweedie_draw(eta, rng):
    rate = np.exp(0.5 * eta) / 0.5  # power 1.5, dispersion 1: gamma jumps of shape one
    return np.array([rng.exponential(0.5 * np.exp(0.5 * e), rng.poisson(r)).sum()
                     for e, r in zip(eta, rate, strict=True)])  # fmt: skip


def _weibull_draw(eta, rng):
    time, until = np.exp(eta) * rng.weibull(1.5, len(eta)), 2.0 * rng.exponential(size=len(eta))
    return np.column_stack([np.minimum(time, until), time <= until])


def _weibull(y, eta):
    scaled = 1.5 * (np.log(y[..., 0]) - eta)
    return y[..., 1] * (np.log(1.5 / y[..., 0]) + scaled) - np.exp(scaled)


def _negative_binomial(y, eta, r=3.0):
    constant = gammaln(y + r) - gammaln(r) - gammaln(y + 1.0) + r * np.log(r)
    return constant + y * eta - (y + r) * np.logaddexp(np.log(r), eta)


def _student_t(y, eta, df=4.0, scale=0.7):
    constant = gammaln(0.5 * (df + 1.0)) - gammaln(0.5 * df) - 0.5 * np.log(df * np.pi)
    square = ((y - eta) / scale) ** 2
    return constant - np.log(scale) - 0.5 * (df + 1.0) * np.log1p(square / df)


def _check(y, eta, q=0.7, scale=0.4):
    residual = (y - eta) / scale
    return np.log(q * (1.0 - q) / scale) - residual * (q - (residual < 0.0))


PROBLEMS = {
    "bernoulli": Problem(
        lambda eta, rng: (rng.logistic(size=len(eta)) < eta) + 0.0,
        lambda y, eta: log_expit((2.0 * y - 1.0) * eta),
    ),
    "probit": Problem(
        lambda eta, rng: (rng.standard_normal(len(eta)) < eta) + 0.0,
        lambda y, eta: log_ndtr((2.0 * y - 1.0) * eta),
    ),
    "softmax": Problem(_softmax_draw, _softmax, 2),
    "ordinal": Problem(
        lambda eta, rng: np.digitize(eta + rng.logistic(size=len(eta)), [-1.0, 0.0, 1.5]) + 0.0,
        _ordinal,
    ),
    "poisson": Problem(
        lambda eta, rng: rng.poisson(np.exp(eta)) + 0.0,
        lambda y, eta: y * eta - np.exp(eta) - gammaln(y + 1.0),
    ),
    "negative_binomial": Problem(
        lambda eta, rng: rng.poisson(np.exp(eta) * rng.gamma(3.0, 1.0 / 3.0, len(eta))) + 0.0,
        _negative_binomial,
        intercept=1.0,
    ),
    "gamma": Problem(
        lambda eta, rng: np.exp(eta) * rng.gamma(2.0, 0.5, len(eta)),
        lambda y, eta: np.log(4.0 * y) - 2.0 * (eta + y * np.exp(-eta)),
    ),
    "tweedie": Problem(
        _tweedie_draw, lambda y, eta: -2.0 * (y * np.exp(-0.5 * eta) + np.exp(0.5 * eta))
    ),
    "student_t": Problem(
        lambda eta, rng: eta + 0.7 * rng.standard_t(4.0, len(eta)),
        _student_t,
        intercept=2.0,
    ),
    "quantile": Problem(
        lambda eta, rng: (
            eta + rng.exponential(0.4 / 0.7, len(eta)) - rng.exponential(0.4 / 0.3, len(eta))
        ),
        _check,
        intercept=2.0,
    ),
    "weibull": Problem(_weibull_draw, _weibull),
    "exponential": Problem(
        lambda eta, rng: np.exp(eta) * rng.exponential(size=len(eta)),
        lambda y, eta: -eta - y * np.exp(-eta),
    ),
}  # fmt: skip


def estimator(name):
    """The estimator of a problem at its default settings, under ``N(0, 1)`` weights."""
    import skvi
    from skvi import likelihoods
    from skvi.priors import Normal

    prior = Normal(0.0, 1.0)
    if name in ("bernoulli", "softmax"):
        return skvi.VariationalLogisticRegression(prior=prior, fit_intercept=False)
    if name == "ordinal":
        return skvi.VariationalOrdinalRegression(prior=prior)
    given = {
        "probit": likelihoods.Probit(),
        "poisson": likelihoods.Poisson(),
        "negative_binomial": likelihoods.NegativeBinomial(3.0),
        "gamma": likelihoods.Gamma(2.0),
        "tweedie": likelihoods.Tweedie(1.5, 1.0),
        "student_t": likelihoods.StudentT(4.0, 0.7),
        "quantile": likelihoods.AsymmetricLaplace(0.7, 0.4),
        "weibull": likelihoods.Weibull(1.5),
        "exponential": likelihoods.Exponential(),
    }
    return skvi.VariationalGLMRegressor(likelihood=given[name], prior=prior, fit_intercept=False)
