"""Coordinate sweeps over weights and their scales: compiled."""

from __future__ import annotations

import math

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.special import exp

__all__ = ["add_column", "dot", "one_factor", "sweep_columns", "sweep_gram"]

_NEGLIGIBLE = -60.0


@kernel
def one_factor(product, square, sd_squared, log_weight, noise, log_q):
    """Factor of one weight given what the others leave; its moments.

    Returns the log normaliser, mean, mean square, mean square over the squares of its scales,
    probability of the spike and entropy of the node; probabilities are left in ``log_q``.
    """
    top = -np.inf
    for k in range(sd_squared.shape[0]):
        ratio = square * sd_squared[k]
        evidence = 0.5 * product * product / noise * sd_squared[k] / (1.0 + ratio)
        log_q[k] = log_weight[k] - 0.5 * math.log1p(ratio) + evidence
        top = max(top, log_q[k])
    total, mean, second, penalty, weighted = 0.0, 0.0, 0.0, 0.0, 0.0
    for k in range(sd_squared.shape[0]):
        height = log_q[k] - top
        weight = exp(height) if height > _NEGLIGIBLE else 0.0
        log_q[k] = weight
        total += weight
        if weight > 0.0:
            weighted += weight * height
            shrunk = sd_squared[k] / (1.0 + square * sd_squared[k])
            at = product * shrunk
            mean += weight * at
            second += weight * (at * at + noise * shrunk)
            if sd_squared[k] > 0.0:
                penalty += weight * (at * at + noise * shrunk) / sd_squared[k]
    for k in range(sd_squared.shape[0]):
        log_q[k] /= total
    spike = log_q[0] if sd_squared[0] == 0.0 else 0.0
    entropy = math.log(total) - weighted / total
    return top + math.log(total), mean / total, second / total, penalty / total, spike, entropy


@kernel
def sweep_columns(
    columns,
    squares,
    order,
    sd_squared,
    log_weight,
    noise,
    residual,
    mean,
    variance,
    inclusion,
    counts,
    sums,
):
    """Take all weights once, with columns and what the means leave of the target.

    ``residual``, ``mean``, ``variance``, ``inclusion``, ``counts`` (of the nodes) and ``sums`` are
    written: the latter of log normalisers less what they say of the target, of variances, of
    squares over those of the scales, and of entropies of the nodes.
    """
    probability = np.empty(sd_squared.shape[0])
    for index in range(order.shape[0]):
        j = order[index]
        column, square = columns[j], squares[j]
        product = dot(column, residual) + square * mean[j]
        factor = one_factor(product, square, sd_squared, log_weight, noise, probability)
        log_normalizer, new, second, penalty, spike, entropy = factor
        add_column(residual, column, mean[j] - new)
        mean[j], variance[j], inclusion[j] = new, max(second - new * new, 0.0), 1.0 - spike
        for k in range(counts.shape[0]):
            counts[k] += probability[k]
        sums[0] += log_normalizer - (product * new - 0.5 * square * second) / noise
        sums[1] += square * variance[j]
        sums[2] += penalty
        sums[3] += entropy


@kernel
def sweep_gram(
    matrix,
    squares,
    order,
    sd_squared,
    log_weight,
    noise,
    residual,
    mean,
    variance,
    inclusion,
    counts,
    sums,
):
    """The same with products of columns, and those of columns and what the means leave."""
    probability = np.empty(sd_squared.shape[0])
    for index in range(order.shape[0]):
        j = order[index]
        square = squares[j]
        product = residual[j] + square * mean[j]
        factor = one_factor(product, square, sd_squared, log_weight, noise, probability)
        log_normalizer, new, second, penalty, spike, entropy = factor
        if new != mean[j]:
            add_column(residual, matrix[j], mean[j] - new)
        mean[j], variance[j], inclusion[j] = new, max(second - new * new, 0.0), 1.0 - spike
        for k in range(counts.shape[0]):
            counts[k] += probability[k]
        sums[0] += log_normalizer - (product * new - 0.5 * square * second) / noise
        sums[1] += square * variance[j]
        sums[2] += penalty
        sums[3] += entropy


@kernel(reassociate=True)
def dot(first, second):
    """Product of two vectors."""
    total = 0.0
    for i in range(first.shape[0]):
        total += first[i] * second[i]
    return total


@kernel
def add_column(target, column, factor):
    """Add a multiple of a vector to another."""
    for i in range(target.shape[0]):
        target[i] += factor * column[i]
