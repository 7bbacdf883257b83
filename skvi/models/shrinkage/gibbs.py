"""Gibbs steps weight by weight, each with its scale: for weights that can be exactly zero."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.coordinate import _add, _dot, _factor
from skvi.models.shrinkage.noise import noise_factor
from skvi.numerics.jit import kernel

__all__ = ["single_sites"]


class single_sites(NamedTuple):
    """Steps that draw every weight with its node given all others, then what is common to them.

    Parameters
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
        left = self.problem.quadratic.left(weights)
        return weights, noise_variance, None, None, None, log_weight, left

    def advance(self, state):
        """State after a sweep in a random order."""
        problem, mixture, rng = self.problem, self.problem.mixture, self.rng
        quadratic = problem.quadratic
        weights, left = state[0].copy(), state[6].copy()
        p = len(weights)
        mean, variance, inclusion = np.empty(p), np.empty(p), np.empty(p)
        counts, sums = np.zeros(len(mixture.sd)), np.zeros(1)
        sweep = _draw_columns if quadratic.by_rows else _draw_gram
        randomness = rng.permutation(p), rng.random_sample(p), rng.standard_normal(p)
        known = quadratic.columns, quadratic.squares, mixture.sd**2, state[5], state[1]
        sweep(*known, *randomness, left, weights, mean, variance, inclusion, counts, sums)
        squares = quadratic.left_squares(left, weights) + sums[0]
        used = counts[int(mixture.has_spike) :].sum()
        parts = problem.noise, problem.log_scale, problem.weight + used, max(squares, 1e-300)
        noise_variance = 1.0 / noise_factor(*parts).draws(rng, 1)[0]
        log_weight = state[5]
        if not mixture.learned:
            log_joint = mixture.log_common + mixture.log_weight @ counts
            uniform = np.maximum(rng.random_sample(len(log_joint)), 1e-300)
            log_weight = mixture.log_weight[np.argmax(log_joint - np.log(-np.log(uniform)))]
        return weights, noise_variance, mean, variance, inclusion, log_weight, left

    def shown(self, state):
        """What is kept of a state."""
        return state[:5]


@kernel
def _draw(product, square, sd_squared, log_weight, noise, uniform, normal, probability):
    """Draw of a weight and its node: the weight, its mean and variance, and what it adds."""
    factor = _factor(product, square, sd_squared, log_weight, noise, probability)
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
        product = _dot(columns[j], left) + squares[j] * weights[j]
        drawn = _draw(
            product, squares[j], sd_squared, log_weight, noise, uniform[j], normal[j], probability
        )
        if drawn[0] != weights[j]:
            _add(left, columns[j], weights[j] - drawn[0])
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
            _add(left, matrix[j], weights[j] - drawn[0])
        weights[j], mean[j], variance[j], inclusion[j] = drawn[0], drawn[1], drawn[2], drawn[3]
        sums[0] += drawn[4]
        counts[drawn[5]] += 1.0
