"""The same posterior on fewer nodes, for predictions of many rows.

A noise prior that is a mixture of gammas gives every node of the precision several variances close
to each other. Those of one precision are a discrete distribution; its Gauss rule of three points
(Golub and Welsch, 1969) keeps five of its moments, and with them a predictive distribution to
rounding.
"""

from __future__ import annotations

import numpy as np

from skvi.models.linear_regression.posterior import pad

__all__ = ["condensed"]

_POINTS = 3
_REMAINDER = 1e-16  # largest mean square of a rule's next orthogonal polynomial
_NO_SPREAD = 1e-8  # in units of the largest deviation


def condensed(posterior):
    """The posterior with the variances at each precision replaced by a Gauss rule.

    Parameters
    ----------
    posterior : Posterior
        Expanded.

    Returns
    -------
    Posterior
        The same object where there is nothing to gain. Variances that lie far apart stay.
    """
    if not np.array_equal(posterior.noise_variance, posterior.coefficient_variance):
        return posterior
    parts = [
        _condensed_target(*fields)
        for fields in zip(
            posterior.weight,
            posterior.precision,
            posterior.noise_variance,
            posterior.degrees_of_freedom,
            strict=True,
        )
    ]
    if any(part is None for part in parts):
        return posterior
    weight, precision, variance, freedom = zip(*parts, strict=True)
    variance = pad(variance)
    return posterior._replace(
        weight=pad(weight, 0.0),
        precision=pad(precision),
        noise_variance=variance,
        coefficient_variance=variance,
        degrees_of_freedom=pad(freedom),
    )


def _condensed_target(weight, precision, variance, freedom):
    used = weight > 0.0
    weight, precision, variance = weight[used], precision[used], variance[used]
    distinct, node, count = np.unique(precision, return_inverse=True, return_counts=True)
    if count.max() <= _POINTS or np.any(freedom != freedom[0]):
        return None
    place = np.empty(node.size, dtype=np.int64)
    order = np.argsort(node, kind="stable")
    place[order] = np.arange(node.size) - np.repeat(np.cumsum(count) - count, count)
    weights = np.zeros((distinct.size, count.max()))
    weights[node, place] = weight
    total = weights.sum(axis=1, keepdims=True)
    values = np.zeros_like(weights)
    values[node, place] = variance
    centre = np.sum(weights * values, axis=1, keepdims=True) / total
    values = np.where(weights > 0.0, values, centre)
    points, shares, remainder = _gauss_rules(weights / total, values / centre - 1.0)
    close = total[:, 0] * remainder <= _REMAINDER
    apart = ~close[node]
    fewer = (
        np.append((total * shares)[close], weight[apart]),
        np.append(np.repeat(distinct[close], _POINTS), precision[apart]),
        np.append((centre * (1.0 + points))[close], variance[apart]),
    )
    return (*fewer, np.full(fewer[0].size, freedom[0]))


def _gauss_rules(weights, values):
    """Points and weights of the Gauss rules of discrete distributions, one per row.

    The error of a rule is its remainder, the mean square of the next monic orthogonal polynomial,
    times a sixth derivative over ``6!``.
    """
    spread = np.max(np.abs(values), axis=1, keepdims=True)
    x = values / np.where(spread > 0.0, spread, 1.0)
    jacobi = np.zeros((len(x), _POINTS, _POINTS))
    before, now, norm = np.zeros_like(x), np.sqrt(weights), np.zeros((len(x), 1))
    remainder = np.ones(len(x))
    for k in range(_POINTS):
        middle = np.sum(x * now * now, axis=1, keepdims=True)
        jacobi[:, k, k] = middle[:, 0]
        residual = (x - middle) * now - norm * before
        norm = np.sqrt(np.sum(residual * residual, axis=1, keepdims=True))
        norm = np.where(norm > _NO_SPREAD, norm, 0.0)
        remainder *= (spread * norm)[:, 0] ** 2
        before, now = now, residual / np.where(norm > 0.0, norm, np.inf)
        if k + 1 < _POINTS:
            jacobi[:, k, k + 1] = jacobi[:, k + 1, k] = norm[:, 0]
    points, vectors = np.linalg.eigh(jacobi)
    return spread * points, vectors[:, 0, :] ** 2, remainder
