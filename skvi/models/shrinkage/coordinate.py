"""Family "coordinate": every weight jointly with its scale, independent of the other weights.

    q(w_1, k_1) ... q(w_p, k_p) q(m)

Given all others the factor of a weight is exact: a mixture of normals over the nodes of its scale.
The noise variance, and learned shares of the nodes, are those with the largest bound, so that with
orthogonal columns the bound is the log evidence at these (Kim, Wang, Carbonetto and Stephens,
2024). A sweep takes every column twice, once for its product with the residuals and once to bring
these up to date, while it is in the cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.sweeps import sweep_columns, sweep_gram

__all__ = ["CoordinateFactors", "coordinate_sweep", "first_factors", "node_factors"]

_LEAST_NOISE = 1e-12  # of the mean square of the target


class CoordinateFactors(NamedTuple):
    """Factors after a sweep.

    Attributes
    ----------
    mean, variance : ndarray of shape (n_weights,)
        Of the weights in their unit; in units of the target, the noise not divided out.
    inclusion : ndarray of shape (n_weights,)
        Probabilities of not being in the spike.
    residual : ndarray of shape (n_rows,) or (n_weights,)
        Of the target at the means; with ``Gram`` its products with the columns.
    noise_variance : float
        At which the factors were made.
    following : float
        Noise variance of the next sweep.
    common : ndarray of shape (n_common,)
    log_weight, following_weight : ndarray of shape (n_nodes,)
        Mean log probabilities of the nodes at which the factors were made, and those after.
    order : ndarray of shape (n_weights,)
        In which weights are taken.
    terms : dict of str to float
    """

    mean: np.ndarray
    variance: np.ndarray
    inclusion: np.ndarray
    residual: np.ndarray
    noise_variance: float
    following: float
    common: np.ndarray
    log_weight: np.ndarray
    following_weight: np.ndarray
    order: np.ndarray
    terms: dict

    @property
    def bound(self):
        """Sum of the terms."""
        return sum(self.terms.values())


def first_factors(problem, order, mean=None, noise_variance=None):
    """Where to start: weights at some means, without variances.

    Parameters
    ----------
    problem : Problem
        Its quadratic has columns as rows of an array where it is a ``Root``.
    order : ndarray of shape (n_weights,)
    mean : ndarray of shape (n_weights,) or None, default=None
        None: zero.
    noise_variance : float or None, default=None
        None: the mean square of the residuals.

    Returns
    -------
    CoordinateFactors
    """
    quadratic, mixture = problem.quadratic, problem.mixture
    mean = np.zeros(len(mixture.unit)) if mean is None else mean
    if noise_variance is None:
        noise_variance = quadratic.residual(mean) / problem.weight
    noise_variance = max(noise_variance, _least_noise(problem))
    log_weight = mixture.expected_log_weight(np.exp(mixture.log_common))
    return CoordinateFactors(
        mean,
        np.zeros(len(mean)),
        np.ones(len(mean)),
        quadratic.left(mean),
        noise_variance,
        noise_variance,
        np.exp(mixture.log_common),
        log_weight,
        log_weight,
        order,
        {},
    )


def coordinate_sweep(problem, factors, learn_noise=True):
    """Factors after one more sweep.

    Parameters
    ----------
    problem : Problem
    factors : CoordinateFactors
    learn_noise : bool, default=True
        Whether the noise variance moves.

    Returns
    -------
    CoordinateFactors
    """
    quadratic, mixture = problem.quadratic, problem.mixture
    mean, residual = factors.mean.copy(), factors.residual.copy()
    variance, inclusion = np.empty(len(mean)), np.empty(len(mean))
    counts, sums = np.zeros(len(mixture.sd)), np.zeros(4)
    noise, log_weight = factors.following, factors.following_weight
    sweep = sweep_columns if quadratic.by_rows else sweep_gram
    sweep(
        quadratic.columns,
        quadratic.squares,
        factors.order,
        mixture.sd**2,
        log_weight,
        noise,
        residual,
        mean,
        variance,
        inclusion,
        counts,
        sums,
    )
    gain, spread, penalty, entropy = sums
    left = quadratic.left_squares(residual, mean)
    common, following_weight, value = mixture.common_factor(counts)
    used = counts[int(mixture.has_spike) :].sum()
    following = noise
    if learn_noise:
        following = (left + spread + penalty) / (problem.weight + used)
        following = max(following, _least_noise(problem))
    n = problem.weight
    likelihood = problem.constant - 0.5 * n * np.log(noise) - 0.5 * (left + spread) / noise
    known = counts > 0.0
    coef = gain - counts[known] @ log_weight[known] - entropy
    terms = {"expected_log_likelihood": likelihood, "coef": coef, "scale": entropy + value}
    return CoordinateFactors(
        mean,
        variance,
        inclusion,
        residual,
        noise,
        following,
        common,
        log_weight,
        following_weight,
        factors.order,
        {name: float(term) for name, term in terms.items()},
    )


def node_factors(problem, factors):
    """Probabilities of the nodes of every weight, and its mean and standard deviation at each.

    Parameters
    ----------
    problem : Problem
    factors : CoordinateFactors

    Returns
    -------
    probability, mean, sd : ndarray of shape (n_weights, n_nodes)
    """
    quadratic, variance = problem.quadratic, problem.mixture.sd**2
    squares, noise = quadratic.squares[:, None], factors.noise_variance
    left = quadratic.columns @ factors.residual if quadratic.by_rows else factors.residual
    product = (left + quadratic.squares * factors.mean)[:, None]
    shrunk = variance / (1.0 + squares * variance)
    log_q = factors.log_weight - 0.5 * np.log1p(squares * variance)
    log_q = log_q + 0.5 * product**2 / noise * shrunk
    probability = np.exp(log_q - log_q.max(axis=1, keepdims=True))
    probability /= probability.sum(axis=1, keepdims=True)
    return probability, product * shrunk, np.sqrt(noise * shrunk)


def _least_noise(problem):
    total = problem.quadratic.total / problem.weight
    return max(_LEAST_NOISE * total, 1e-300)
