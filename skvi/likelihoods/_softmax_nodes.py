"""Expectations of the softmax function over antithetic nodes, row by row.

Nodes are lanes: every inner loop runs over them, or over the columns of a small matrix. Contrasts
are applied by running sums, in as many steps as there are classes.
"""

from __future__ import annotations

import math

import numpy as np

from skvi.likelihoods._softmax_pairs import add_pairs, pair_gaps, shares_at
from skvi.numerics.jit import kernel
from skvi.numerics.special import exp, log

__all__ = ["softmax_expectations", "softmax_probabilities"]

_SMALLEST_PIVOT = 1e-14  # of the diagonal: below, a pivot is rounding


@kernel
def softmax_expectations(y, mean, variance, directions, weights, pairs, value, slope, curvature):
    """Expected log softmax, its slope and its curvature in contrast coordinates.

    Where pairs are given, the curvature is minus twice the slope of the value in the variance, to
    rounding; else, and of singular variances, minus the mean second derivative.

    Parameters
    ----------
    y : ndarray of shape (n, 1)
        Class codes.
    mean : ndarray of shape (n, d)
    variance : ndarray of shape (n, d, d)
    directions : ndarray of shape (d, n_directions)
    weights : ndarray of shape (n_directions,)
        Of each of two opposite nodes: they sum to one half.
    pairs : ndarray of shape (3, n, d + 1), or (3, 0, 0)
        Exact means of ``log(1 + exp(x))`` and of its two derivatives, with ``x`` the logit of every
        class less that of the class of the row; none: nodes do all.
    value : ndarray of shape (n,)
        Overwritten.
    slope : ndarray of shape (n, d)
        Overwritten.
    curvature : ndarray of shape (n, d, d)
        Overwritten.
    """
    n, d = mean.shape
    n_nodes = 2 * directions.shape[1]
    root, moved, share = np.zeros((d, d)), np.empty((d + 1, n_nodes)), np.empty(d + 1)
    centre, top, total = np.empty(d + 1), np.empty(n_nodes), np.empty(n_nodes)
    second, half = np.empty((d + 1, d + 1)), np.empty((d, d + 1))
    both, paired = np.concatenate((weights, weights)), pairs.shape[1] > 0
    at_mean, gaps, pulls = np.empty(d + 1), np.empty((3, d + 1)), np.empty((d + 1, n_nodes))
    for i in range(n):
        code = int(y[i, 0])
        regular = _root(variance[i], root)
        by_slopes = paired and regular
        _logits(mean[i], root, directions, centre, moved)
        if paired:
            shares_at(centre, at_mean)
            pair_gaps(moved, code, both, pairs[:, i], at_mean, gaps, pulls, total)
        _to_probabilities(moved, top, total)
        value[i] = centre[code] - _mean_log_sum(top, total, both)
        _moments(moved, both, top, share, second, not by_slopes)
        _to_derivatives(code, share, second)
        if by_slopes:
            _curvature_by_slopes(moved, pulls, directions, weights, root, half, curvature[i])
            second[:] = 0.0
        else:
            curvature[i] = 0.0
        if paired:
            value[i] -= add_pairs(code, at_mean, gaps, share, second)
        _contrast(share, slope[i])
        _contrast_rows(second, half)
        for j in range(d):
            _contrast(half[j], top)
            for k in range(d):
                curvature[i, j, k] += top[k]


@kernel
def softmax_probabilities(mean, variance, directions, weights, probabilities):
    """Expected class probabilities.

    Parameters
    ----------
    mean, variance, directions, weights
        As in :func:`softmax_expectations`.
    probabilities : ndarray of shape (n, d + 1)
        Overwritten.
    """
    n, d = mean.shape
    n_nodes = 2 * directions.shape[1]
    root, moved, centre = np.zeros((d, d)), np.empty((d + 1, n_nodes)), np.empty(d + 1)
    top, total = np.empty(n_nodes), np.empty(n_nodes)
    both = np.concatenate((weights, weights))
    for i in range(n):
        _root(variance[i], root)
        _logits(mean[i], root, directions, centre, moved)
        _to_probabilities(moved, top, total)
        for k in range(d + 1):
            probabilities[i, k] = _product(moved[k], both)


@kernel
def _root(matrix, root):
    """Lower Cholesky factor; the column of a pivot of nothing but rounding is zero.

    Returns whether there was none.
    """
    regular = True
    for j in range(matrix.shape[0]):
        pivot = matrix[j, j]
        for k in range(j):
            pivot -= root[j, k] * root[j, k]
        length = math.sqrt(max(pivot, 0.0))
        inverse = 1.0 / length if pivot > _SMALLEST_PIVOT * matrix[j, j] else 0.0
        root[j, j] = length if inverse > 0.0 else 0.0
        regular = regular and inverse > 0.0
        for i in range(j + 1, matrix.shape[0]):
            rest = matrix[i, j]
            for k in range(j):
                rest -= root[i, k] * root[j, k]
            root[i, j] = rest * inverse
    return regular


@kernel
def _logits(mean, root, directions, centre, moved):
    """Class logits at the mean, and at every node."""
    d, n = directions.shape
    below, centre_below = moved[0], 0.0
    for r in range(n):
        below[r] = 0.0
    for j in range(d - 1, -1, -1):
        inverse = 1.0 / math.sqrt((j + 1.0) * (j + 2.0))
        centre[j + 1] = (j + 1.0) * inverse * mean[j] - centre_below
        centre_below += inverse * mean[j]
        spread = moved[j + 1]
        _combine(root[j], directions, j + 1, spread)
        for r in range(n):
            step = inverse * spread[r]
            spread[r] = (j + 1.0) * step - below[r]
            below[r] += step
    centre[0] = -centre_below
    for r in range(n):
        below[r] = -below[r]
    for k in range(d + 1):
        row = moved[k]
        for r in range(n):
            row[n + r] = centre[k] - row[r]
            row[r] += centre[k]


@kernel
def _combine(factors, directions, n_factors, result):
    """Combination of the first few directions, in the first half of ``result``."""
    for r in range(directions.shape[1]):
        result[r] = 0.0
    for k in range(n_factors):
        factor, direction = factors[k], directions[k]
        for r in range(directions.shape[1]):
            result[r] += factor * direction[r]


@kernel
def _to_probabilities(logits, top, total):
    """Softmax over the classes, in place; also the largest logits, and the sums above them."""
    n_classes, n = logits.shape
    for r in range(n):
        top[r], total[r] = logits[0, r], 0.0
    for k in range(1, n_classes):
        row = logits[k]
        for r in range(n):
            top[r] = max(top[r], row[r])
    for k in range(n_classes):
        row = logits[k]
        for r in range(n):
            row[r] = exp(row[r] - top[r])
            total[r] += row[r]
    for k in range(n_classes):
        row = logits[k]
        for r in range(n):
            row[r] /= total[r]


@kernel
def _mean_log_sum(top, total, weights):
    for r in range(top.shape[0]):
        total[r] = top[r] + log(total[r])
    return _product(total, weights)


@kernel(reassociate=True)
def _product(row, other):
    result = 0.0
    for r in range(row.shape[0]):
        result += row[r] * other[r]
    return result


@kernel(reassociate=True)
def _moments(probability, weights, weighted, share, second, products):
    """Means over nodes of probabilities, and of the lower triangle of their products if wanted."""
    n_classes, n = probability.shape
    for k in range(n_classes):
        one, mean = probability[k], 0.0
        for r in range(n):
            weighted[r] = weights[r] * one[r]
            mean += weighted[r]
        share[k] = mean
        for j in range(k + 1 if products else 0):
            other, product = probability[j], 0.0
            for r in range(n):
                product += weighted[r] * other[r]
            second[k, j] = product


@kernel
def _to_derivatives(code, share, second):
    """From moments of probabilities to slope, and minus second derivatives, of log softmax."""
    for k in range(len(share)):
        for j in range(k):
            second[k, j] = -second[k, j]
            second[j, k] = second[k, j]
        second[k, k] = share[k] - second[k, k]
        share[k] = -share[k]
    share[code] += 1.0


@kernel
def _curvature_by_slopes(probability, pulls, directions, weights, root, half, curvature):
    """Minus twice the derivative of the mean over nodes in the variance.

    Of a mean of ``f(root z)``, the derivative in the root is the lower triangle of the mean of the
    slope of ``f`` times ``z``, and is that of ``-curvature @ root``.
    """
    d, n = directions.shape
    moments = np.empty((d + 1, d))
    for k in range(d + 1):
        row, other = probability[k], pulls[k]
        for r in range(n):
            row[r] = weights[r] * (row[r] - other[r] - row[n + r] + other[n + r])
        for j in range(d):
            moments[k, j] = _product(row[:n], directions[j])
    pulled = half[:, :d]
    _contrast_rows(moments, pulled)
    for i in range(d):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, d):
                total += root[k, i] * pulled[k, j]
            curvature[i, j] = total
            curvature[j, i] = total
    _divide_by_root(curvature, root)
    _divide_by_root(curvature.T, root)


@kernel
def _divide_by_root(matrix, root):
    """Solve ``root.T @ result = matrix`` in place."""
    d = len(root)
    for column in range(d):
        for i in range(d - 1, -1, -1):
            rest = matrix[i, column]
            for k in range(i + 1, d):
                rest -= root[k, i] * matrix[k, column]
            matrix[i, column] = rest / root[i, i]


@kernel
def _contrast(values, result):
    """Contrasts of a vector."""
    before = 0.0
    for j in range(result.shape[0]):
        before += values[j]
        inverse = 1.0 / math.sqrt((j + 1.0) * (j + 2.0))
        result[j] = inverse * ((j + 1.0) * values[j + 1] - before)


@kernel
def _contrast_rows(matrix, result):
    """Contrasts of the columns of a matrix; the first row is overwritten by sums."""
    before = matrix[0]
    for j in range(result.shape[0]):
        inverse = 1.0 / math.sqrt((j + 1.0) * (j + 2.0))
        row, target = matrix[j + 1], result[j]
        for k in range(row.shape[0]):
            target[k] = inverse * ((j + 1.0) * row[k] - before[k])
            before[k] += row[k]
