"""Pairs of classes: what can be integrated exactly of a softmax is taken from its nodes.

The log of a sum of exponentials, less the logit of the class of the row, is near a sum over the
other classes of ``w log(1 + exp(x))`` with ``x`` the difference of two logits, exactly so far from
all others where ``w`` is one. Nodes then stand for what is left only (a control variate).
"""

from __future__ import annotations

from skvi.numerics.jit import kernel
from skvi.numerics.special import exp
from skvi.numerics.special.bits import select
from skvi.numerics.special.elementary import log_normal

__all__ = ["add_pairs", "pair_gaps", "shares_at"]


@kernel
def shares_at(logits, share):
    """Softmax of the logits of one row.

    Parameters
    ----------
    logits : ndarray of shape (n_classes,)
    share : ndarray of shape (n_classes,)
        Overwritten.
    """
    top, total = logits[0], 0.0
    for k in range(len(logits)):
        top = max(top, logits[k])
    for k in range(len(logits)):
        share[k] = exp(logits[k] - top)
        total += share[k]
    for k in range(len(logits)):
        share[k] /= total


@kernel
def pair_gaps(logits, code, weights, exact, at_mean, gaps, pulls, value):
    """What means over the nodes lack of the exact means of one row.

    Parameters
    ----------
    logits : ndarray of shape (n_classes, n_nodes)
    code : int
        Class of the row.
    weights : ndarray of shape (n_nodes,)
    exact : ndarray of shape (3, n_classes)
        Means of ``log(1 + exp(x))`` and of its derivatives.
    at_mean : ndarray of shape (n_classes,)
        Probabilities at the mean, which give the weights of the pairs.
    gaps : ndarray of shape (3, n_classes)
        Overwritten: the last row is the exact second derivative.
    pulls : ndarray of shape (n_classes, n_nodes)
        Overwritten by the slopes of the weighted sum of pairs at the nodes.
    value : ndarray of shape (n_nodes,)
        Overwritten.
    """
    own, mine = logits[code], pulls[code]
    for r in range(own.shape[0]):
        mine[r] = 0.0
    for part in range(3):
        gaps[part, code] = 0.0
    for k in range(logits.shape[0]):
        if k != code:
            other, first, weight = logits[k], pulls[k], (at_mean[code] + at_mean[k]) ** 2
            for r in range(other.shape[0]):
                difference = other[r] - own[r]
                decay = exp(select(difference < 0.0, difference, -difference))
                upper = 1.0 / (1.0 + decay)
                value[r] = select(difference < 0.0, 0.0, difference) + log_normal(1.0 + decay)
                first[r] = select(difference < 0.0, decay * upper, upper)
            gaps[0, k] = exact[0, k] - _mean(value, weights)
            gaps[1, k] = exact[1, k] - _mean(first, weights)
            gaps[2, k] = exact[2, k]
            for r in range(other.shape[0]):
                first[r] *= weight
                mine[r] -= first[r]


@kernel(reassociate=True)
def _mean(values, weights):
    result = 0.0
    for r in range(weights.shape[0]):
        result += values[r] * weights[r]
    return result


@kernel
def add_pairs(code, at_mean, gaps, slope, second):
    """Add to slopes and curvatures, in terms of the logits, what the nodes lack.

    The weight of a pair is such that, at the mean, its curvature is that of the softmax. It moves
    with the mean, which the slope knows.

    Parameters
    ----------
    code, at_mean, gaps
        As in :func:`pair_gaps`.
    slope : ndarray of shape (n_classes,)
    second : ndarray of shape (n_classes, n_classes)
        Minus the second derivative.

    Returns
    -------
    float
        What the value lacks, with the opposite sign.
    """
    own, value, turn = at_mean[code], 0.0, 0.0
    for k in range(len(at_mean)):
        if k != code:
            root = own + at_mean[k]
            pull, bend = root**2 * gaps[1, k], root**2 * gaps[2, k]
            change = 2.0 * root * gaps[0, k]  # by which the weight moves with its root
            value += root**2 * gaps[0, k]
            turn += change * root
            slope[k] -= pull + change * at_mean[k]
            slope[code] += pull - change * own
            second[k, k] += bend
            second[code, code] += bend
            second[k, code] -= bend
            second[code, k] -= bend
    for k in range(len(at_mean)):
        slope[k] += turn * at_mean[k]
    return value
