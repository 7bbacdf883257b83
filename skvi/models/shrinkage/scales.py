"""Factors of the scales of weights, given expected squares of these: compiled.

With ``c_g`` half the expected sum of squares of the ``n_g`` weights of a group, in their unit,

    q(k_g) ~ exp(E log_weight_k) sd_k^-n_g exp(-c_g / sd_k^2),

whatever the rest of the model is. ``settled_precisions`` is the way in which such factors and a
normal factor of one weight come to agree where the rest stays as it is.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.special import exp

__all__ = ["LocalFactors", "local_factors", "settled_precisions"]

_NEGLIGIBLE = -60.0
_LARGEST_LOG = 80.0
_CLOSE, _LEVEL = 1e-4, 1e-7  # of the logarithm of a precision


class LocalFactors(NamedTuple):
    """Factors of the scales of all groups.

    Attributes
    ----------
    precision : ndarray of shape (n_groups,)
        Means of ``sd^-2``.
    log_sd : ndarray of shape (n_groups,)
        Means of ``log sd``.
    counts : ndarray of shape (n_nodes,)
        Expected number of groups at every node.
    entropy : float
        Of all factors.
    """

    precision: np.ndarray
    log_sd: np.ndarray
    counts: np.ndarray
    entropy: float


def local_factors(mixture, half_squares, log_weight):
    """Factors of the scales.

    Parameters
    ----------
    mixture : ScaleMixture
        Without a spike.
    half_squares : ndarray of shape (n_weights,)
        Half the expected square of every weight, in its unit (and that of the noise).
    log_weight : ndarray of shape (n_nodes,)
        Mean log probabilities of the nodes.

    Returns
    -------
    LocalFactors
    """
    squares = mixture.gathered(half_squares)
    log_sd = np.log(mixture.sd)
    return LocalFactors(
        *_local_factors(squares, mixture.sizes, log_sd, mixture.sd**-2.0, log_weight)
    )


@kernel
def _local_factors(squares, sizes, log_sd, inverse_square, log_weight):
    n_groups, n_nodes = squares.shape[0], log_sd.shape[0]
    precision, mean_log_sd = np.empty(n_groups), np.empty(n_groups)
    counts, log_q = np.zeros(n_nodes), np.empty(n_nodes)
    entropy = 0.0
    for g in range(n_groups):
        top = -np.inf
        for k in range(n_nodes):
            log_q[k] = log_weight[k] - sizes[g] * log_sd[k] - squares[g] * inverse_square[k]
            top = max(top, log_q[k])
        total, first, second, third = 0.0, 0.0, 0.0, 0.0
        for k in range(n_nodes):
            height = log_q[k] - top
            weight = exp(height) if height > _NEGLIGIBLE else 0.0
            log_q[k] = weight
            total += weight
            first += weight * inverse_square[k]
            second += weight * log_sd[k]
            third += weight * height if weight > 0.0 else 0.0
        for k in range(n_nodes):
            counts[k] += log_q[k] / total
        precision[g] = first / total
        mean_log_sd[g] = second / total
        entropy += math.log(total) - third / total
    return precision, mean_log_sd, counts, entropy


def settled_precisions(mixture, precision, data_precision, pull, noise_precision, log_weight):
    """Precisions at which each scale and its weights agree, the other weights staying as they are.

    Each is the end of the ascent that begins at ``precision``, found by a search for the root of
    one increasing step less another. Weights that share a scale are taken for independent.

    Parameters
    ----------
    mixture : ScaleMixture
    precision : ndarray of shape (n_weights,)
        Where to start.
    data_precision, pull : ndarray of shape (n_weights,)
        What the rows say of a weight where all others are integrated out: with prior precision
        ``t`` its variance is ``v = 1 / (data_precision + t)`` and its mean ``v pull``.
    noise_precision : float
    log_weight : ndarray of shape (n_nodes,)

    Returns
    -------
    ndarray of shape (n_weights,)
    """
    order, sizes = np.arange(len(precision)), np.ones(len(precision), dtype=np.intp)
    if mixture.groups is not None:
        order = np.argsort(mixture.groups, kind="stable")
        sizes = np.bincount(mixture.groups)
    stops = np.cumsum(sizes)
    squares = noise_precision * pull**2
    settled = _settled(
        np.log(precision[order]),
        data_precision[order],
        squares[order],
        stops,
        log_weight,
        np.log(mixture.sd),
        mixture.sd**-2.0,
    )
    return np.exp(mixture.spread(settled))


@kernel
def _expected_log_precision(half_square, size, log_weight, log_sd, inverse_square):
    top = -np.inf
    for k in range(log_sd.shape[0]):
        top = max(top, log_weight[k] - size * log_sd[k] - half_square * inverse_square[k])
    total, first = 0.0, 0.0
    for k in range(log_sd.shape[0]):
        height = log_weight[k] - size * log_sd[k] - half_square * inverse_square[k] - top
        if height > _NEGLIGIBLE:
            weight = exp(height)
            total += weight
            first += weight * inverse_square[k]
    return math.log(first / total)


@kernel
def _gap(log_precision, data_precision, square, log_weight, log_sd, inverse_square):
    half_square, precision = 0.0, math.exp(log_precision)
    for j in range(square.shape[0]):
        variance = 1.0 / (data_precision[j] + precision)
        half_square += 0.5 * (variance + square[j] * variance * variance)
    size = square.shape[0]
    following = _expected_log_precision(half_square, size, log_weight, log_sd, inverse_square)
    return following - log_precision


@kernel
def _settled(start, data_precision, square, stops, log_weight, log_sd, inverse_square):
    result, low = np.empty(stops.shape[0]), 0
    for g in range(stops.shape[0]):
        s, q, at = data_precision[low : stops[g]], square[low : stops[g]], start[low]
        low = stops[g]
        gap = _gap(at, s, q, log_weight, log_sd, inverse_square)
        direction, step = (1.0 if gap > 0.0 else -1.0), max(abs(gap), 0.05)
        far, far_gap = at, gap
        if abs(gap) < _LEVEL:
            result[g] = at
            continue
        while far_gap * direction > 0.0 and abs(far) < _LARGEST_LOG:
            at, gap = far, far_gap
            far = at + direction * step
            far_gap = _gap(far, s, q, log_weight, log_sd, inverse_square)
            step = 2.0 * step
        for turn in range(60):
            if abs(far - at) < _CLOSE or far_gap * gap >= 0.0:
                break
            share = 0.5 if turn % 2 else min(max(gap / (gap - far_gap), 0.02), 0.98)
            middle = at + (far - at) * share
            middle_gap = _gap(middle, s, q, log_weight, log_sd, inverse_square)
            if middle_gap * direction > 0.0:
                at, gap = middle, middle_gap
            else:
                far, far_gap = middle, middle_gap
        result[g] = far if abs(far_gap) < abs(gap) else at
    return result
