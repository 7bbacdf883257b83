"""Gibbs steps weight by weight, each with its scale: for weights that can be exactly zero."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.blocked_steps import chosen
from skvi.models.shrinkage.noise import noise_factor
from skvi.models.shrinkage.sweeps import add_column, dot, one_factor
from skvi.numerics.jit import kernel

__all__ = ["SingleSites"]


class SiteState(NamedTuple):
    """Where a chain is.

    Attributes
    ----------
    weights : ndarray of shape (n_weights,)
    noise_variance : float
    mean, variance, inclusion : ndarray of shape (n_weights,)
        Of every weight given all others.
    log_weight : ndarray of shape (n_nodes,)
        Log probabilities of the nodes in the next step.
    left : ndarray of shape (n_rows,) or (n_weights,)
        What the weights leave of the target, or its products with the columns.
    """

    weights: np.ndarray
    noise_variance: float
    mean: np.ndarray
    variance: np.ndarray
    inclusion: np.ndarray
    log_weight: np.ndarray
    left: np.ndarray


class SingleSites(NamedTuple):
    """Steps that draw every weight with its node given all others, then what is common to them.

    Attributes
    ----------
    problem : Problem
    rng : RandomState
    """

    problem: object
    rng: object

    def begin(self, weights, noise_variance):
        """State at some weights, under the mean probabilities of the nodes."""
        mixture = self.problem.mixture
        log_weight = mixture.expected_log_weight(np.exp(mixture.log_common))
        left, zero = self.problem.quadratic.left(weights), np.zeros(len(weights))
        return SiteState(weights, noise_variance, weights, zero, zero, log_weight, left)

    def advance(self, state):
        """State after a sweep in a random order."""
        problem, rng = self.problem, self.rng
        quadratic, mixture = problem.quadratic, problem.mixture
        weights, left = state.weights.copy(), state.left.copy()
        p = len(weights)
        mean, variance, inclusion = np.empty(p), np.empty(p), np.empty(p)
        counts, penalty = np.zeros(len(mixture.sd)), np.zeros(1)
        sweep = _draw_columns if quadratic.by_rows else _draw_gram
        randomness = rng.permutation(p), rng.random_sample(p), rng.standard_normal(p)
        known = quadratic.columns, quadratic.squares, mixture.sd**2, state.log_weight
        results = left, weights, mean, variance, inclusion, counts, penalty
        sweep(*known, state.noise_variance, *randomness, *results)
        squares = max(quadratic.left_squares(left, weights) + penalty[0], 1e-300)
        used = counts[int(mixture.has_spike) :].sum()
        noise = noise_factor(problem.noise, problem.log_scale, problem.weight + used, squares)
        noise_variance = float(1.0 / noise.draws(rng, 1)[0])
        log_weight = state.log_weight
        if not mixture.learned:
            log_joint = mixture.log_common + mixture.log_weight @ counts
            log_weight = mixture.log_weight[chosen(log_joint[None], rng)[0]]
        return SiteState(weights, noise_variance, mean, variance, inclusion, log_weight, left)


@kernel
def _draw(product, square, sd_squared, log_weight, noise, uniform, normal, probability):
    """Draw of a weight and its node: the weight, its mean and variance, and what it adds."""
    factor = one_factor(product, square, sd_squared, log_weight, noise, probability)
    node, below = 0, probability[0]
    while below < uniform and node < probability.shape[0] - 1:
        node += 1
        below += probability[node]
    shrunk = sd_squared[node] / (1.0 + square * sd_squared[node])
    weight = product * shrunk + math.sqrt(noise * shrunk) * normal
    penalty = weight * weight / sd_squared[node] if sd_squared[node] > 0.0 else 0.0
    variance = max(factor[2] - factor[1] * factor[1], 0.0)
    return weight, factor[1], variance, 1.0 - factor[4], penalty, node


@kernel
def _draw_columns(
    columns,
    squares,
    sd_squared,
    log_weight,
    noise,
    order,
    uniform,
    normal,
    left,
    weights,
    mean,
    variance,
    inclusion,
    counts,
    sums,
):
    probability = np.empty(sd_squared.shape[0])
    for j in order:
        product = dot(columns[j], left) + squares[j] * weights[j]
        drawn = _draw(
            product, squares[j], sd_squared, log_weight, noise, uniform[j], normal[j], probability
        )
        if drawn[0] != weights[j]:
            add_column(left, columns[j], weights[j] - drawn[0])
        weights[j], mean[j], variance[j], inclusion[j] = drawn[0], drawn[1], drawn[2], drawn[3]
        sums[0] += drawn[4]
        counts[drawn[5]] += 1.0


@kernel
def _draw_gram(
    matrix,
    squares,
    sd_squared,
    log_weight,
    noise,
    order,
    uniform,
    normal,
    left,
    weights,
    mean,
    variance,
    inclusion,
    counts,
    sums,
):
    probability = np.empty(sd_squared.shape[0])
    for j in order:
        product = left[j] + squares[j] * weights[j]
        drawn = _draw(
            product, squares[j], sd_squared, log_weight, noise, uniform[j], normal[j], probability
        )
        if drawn[0] != weights[j]:
            add_column(left, matrix[j], weights[j] - drawn[0])
        weights[j], mean[j], variance[j], inclusion[j] = drawn[0], drawn[1], drawn[2], drawn[3]
        sums[0] += drawn[4]
        counts[drawn[5]] += 1.0
