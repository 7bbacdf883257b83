"""Log densities of targets with the normal predictor integrated out."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from skvi.likelihoods import Bernoulli
from skvi.numerics.logistic_normal import logistic_normal
from skvi.numerics.normal_average import log_normal_average

__all__ = ["integrated_density", "log_class_probabilities"]

_UNLIKELY = 1e-6  # the mixture of the logistic function is right to 1e-10
_DRAWS = 512


def integrated_density(likelihood, y, mean, variance, parameters):
    """``log integral p(y | eta) N(eta; mean, variance) d eta`` of every row.

    Parameters
    ----------
    likelihood : Likelihood
    y : ndarray of shape (n, n_columns)
    mean : ndarray of shape (n,) or (n, n_predictors)
    variance : ndarray of shape (n,) or (n, n_predictors, n_predictors)
    parameters : ndarray of shape (n_parameters,)

    Returns
    -------
    ndarray of shape (n,)
        Of one predictor right to 1e-7, however far out a target lies and however narrow its law; of
        several to about two digits (whitened antithetic draws), unless the likelihood knows more.
    """
    known = likelihood.log_marginal(y, mean, variance, parameters)
    if known is not None:
        return known
    if mean.ndim > 1:
        return _over_draws(likelihood, y, mean, variance, parameters)

    def log_density(eta, rows):
        return np.stack([likelihood.log_density(y[rows], part, parameters) for part in eta])

    return log_normal_average(log_density, mean, np.sqrt(variance))


def _over_draws(likelihood, y, mean, variance, parameters):
    nodes = _whitened(mean.shape[1])
    values, vectors = np.linalg.eigh(variance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :]
    eta = mean + np.einsum("nde,se->snd", root, nodes)
    logs = [likelihood.log_density(y, part, parameters) for part in eta]
    return logsumexp(logs, axis=0) - np.log(len(nodes))


def _whitened(size):
    draws = np.random.RandomState(0).standard_normal((max(_DRAWS, 4 * size) // 2, size))
    root = np.linalg.cholesky(draws.T @ draws / len(draws))
    draws = np.linalg.solve(root, draws.T).T
    return np.concatenate([draws, -draws])


def log_class_probabilities(mean, variance):
    """Log probabilities of two classes whose log odds are normal, at any distance.

    Parameters
    ----------
    mean, variance : ndarray of shape (n,)

    Returns
    -------
    ndarray of shape (n, 2)
    """
    logs = np.empty((len(mean), 2))
    softplus, probability, slope = (np.empty(len(mean)) for _ in range(3))
    for column, centre in enumerate((-mean, mean)):
        logistic_normal(centre, variance, softplus, probability, slope)
        far = probability < _UNLIKELY
        logs[:, column] = np.log(np.where(far, 1.0, probability))
        if np.any(far):
            seen = Bernoulli().columns(np.ones((int(far.sum()), 1)))
            moments = centre[far], variance[far]
            logs[far, column] = integrated_density(Bernoulli(), seen, *moments, np.empty(0))
    return logs
