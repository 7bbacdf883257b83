"""The conjugate update of one mixture with full covariances, compiled.

In array code the update of a few small components is all overhead. Here it goes from the sums of a
pass over the rows to the coefficients of the next (see ``kernels/dense/row_pass.py``) in one call,
by plain loops over scalars: slices and array expressions take longer to compile.
"""

from __future__ import annotations

import math

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.special import scalar_digamma

__all__ = ["update_coefficients"]

_LOG_PI = math.log(math.pi)


@kernel
def update_coefficients(
    prior_mean, prior_scale, prior_precision, prior_freedom, success, failure, sums, order, center,
    scale, column, table,
):  # fmt: skip
    """Write the coefficients of the logits under the posterior.

    Parameters
    ----------
    prior_mean : ndarray of shape (D,)
    prior_scale : ndarray of shape (D, D)
    prior_precision, prior_freedom : float
    success, failure : ndarray of shape (K,)
        Prior of the sticks; a Dirichlet has no ``failure``: shape (0,).
    sums : ndarray of shape (1 + D + D (D + 1) / 2 or more, K or more)
        Of the responsibilities times one, the entries of a row, and their products.
    order : ndarray of shape (K,)
        Component on every stick.
    center : ndarray of shape (K, D)
        Posterior means; replaced.
    scale : ndarray of shape (D, D)
        Scratch, as is ``column`` of shape (D,).
    table : ndarray of shape (ceil(K / 4), 1 + D + D (D + 1) / 2, 4)
        Gets the coefficients of the same numbers, up to a constant of all components.

    Returns
    -------
    moved : float
        The largest movement of a posterior mean, in posterior standard deviations; nan where a
        scale matrix is not positive definite.
    norm : float
        The largest trace of an expected precision.
    """
    moved, norm, rest, before = 0.0, 0.0, 0.0, 0.0
    for stick in range(order.size):
        rest += sums[0, stick]
    for stick in range(order.size):
        k = order[stick]
        count = sums[0, k]
        constant = before + scalar_digamma(success[stick] + count)
        if failure.size > 0:
            rest = max(rest - count, 0.0)
            both = scalar_digamma(success[stick] + count + failure[stick] + rest)
            constant -= both
            before += scalar_digamma(failure[stick] + rest) - both
        change = _update(
            prior_mean, prior_scale, prior_precision, prior_freedom, sums, k, center, scale
        )
        log_determinant = _invert(scale, column, prior_freedom + count)
        if not change + 0.0 * log_determinant >= 0.0:
            return np.nan, norm
        constant += 0.5 * log_determinant
        constant -= 0.5 * column.size * (1.0 / (prior_precision + count) + _LOG_PI)
        trace = _write(scale, prior_freedom + count, center, k, constant, table)
        moved, norm = max(moved, change), max(norm, trace)
    return moved, norm


@kernel(inline="always")
def _update(prior_mean, prior_scale, prior_precision, prior_freedom, sums, k, center, scale):
    """Mean and scale matrix of a component; the result says how far the mean has moved."""
    moved, count, position = 0.0, sums[0, k], 1 + prior_mean.size
    precision, freedom = prior_precision + count, prior_freedom + count
    share = 1.0 / count if count > 0.0 else 0.0
    for i in range(prior_mean.size):
        offset = sums[1 + i, k] * share
        between = prior_precision * count / precision * (offset - prior_mean[i])
        for j in range(i, prior_mean.size):
            value = sums[position, k] - offset * sums[1 + j, k]
            value += prior_scale[i, j] + between * (sums[1 + j, k] * share - prior_mean[j])
            scale[i, j] = scale[j, i] = value
            position += 1
        if not scale[i, i] > 0.0:
            return np.nan
        place = prior_mean[i] + count / precision * (offset - prior_mean[i])
        change = abs(place - center[k, i]) * math.sqrt(freedom * precision / scale[i, i])
        moved = max(moved, change)
        center[k, i] = place
    return moved


@kernel(inline="always")
def _invert(scale, column, freedom):
    """Minus the inverse of a symmetric matrix in place, by sweeps (Goodnight, 1979).

    The result is the expected log-determinant of the precision, less ``D log 2``; nan where the
    matrix is not positive definite.
    """
    log_determinant = 0.0
    for p in range(column.size):
        pivot = scale[p, p]
        if not pivot > 0.0:
            return np.nan
        log_determinant += scalar_digamma(0.5 * (freedom - p)) - math.log(pivot)
        for i in range(column.size):
            column[i] = scale[i, p]
        for i in range(column.size):
            ratio = column[i] / pivot
            for j in range(column.size):
                scale[i, j] -= ratio * column[j]
        for i in range(column.size):
            scale[i, p] = scale[p, i] = column[i] / pivot
        scale[p, p] = -1.0 / pivot
    return log_determinant


@kernel(inline="always")
def _write(scale, freedom, center, k, constant, table):
    """Coefficients of a component; the result is the trace of its expected precision."""
    group, lane, position, trace = k // 4, k % 4, 1 + scale.shape[0], 0.0
    for i in range(scale.shape[0]):
        table[group, 1 + i, lane] = 0.0
    for i in range(scale.shape[0]):
        trace -= freedom * scale[i, i]
        scale[i, i] *= 0.5
        for j in range(i, scale.shape[0]):
            value = freedom * scale[i, j]
            table[group, position, lane] = value
            table[group, 1 + i, lane] -= value * center[k, j]
            table[group, 1 + j, lane] -= value * center[k, i]
            position += 1
    for i in range(scale.shape[0]):
        constant -= 0.5 * table[group, 1 + i, lane] * center[k, i]
    table[group, 0, lane] = constant
    return trace
