"""The conjugate update of one mixture with full covariances, compiled.

In array code the update of a few small components is all overhead. Here it goes from the sums of a
pass over the rows to the coefficients of the next (see ``kernels/row_pass.py``) in one call, of
plain loops over scalars: slices, array expressions and more functions take longer to compile.
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
    lower, factor, table,
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
    lower, factor : ndarray of shape (D, D)
        Scratch.
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
        log_weight = before + scalar_digamma(success[stick] + count)
        if failure.size > 0:
            rest = max(rest - count, 0.0)
            both = scalar_digamma(success[stick] + count + failure[stick] + rest)
            log_weight -= both
            before += scalar_digamma(failure[stick] + rest) - both
        change, log_determinant = _update(
            prior_mean, prior_scale, prior_precision, prior_freedom, sums, k, center, lower
        )
        if not change >= 0.0:
            return np.nan, norm
        constant = log_weight + 0.5 * log_determinant
        constant -= 0.5 * prior_mean.size * (1.0 / (prior_precision + count) + _LOG_PI)
        trace = _write(lower, prior_freedom + count, center, k, factor, constant, table)
        moved, norm = max(moved, change), max(norm, trace)
    return moved, norm


@kernel
def _update(prior_mean, prior_scale, prior_precision, prior_freedom, sums, k, center, lower):
    """Posterior mean of a component, and the Cholesky factor of its scale matrix.

    Returns
    -------
    moved : float
        Nan where the scale matrix is not positive definite.
    log_determinant : float
        The expected one of the precision, less ``D log 2``.
    """
    count, position = sums[0, k], 1 + prior_mean.size
    precision, freedom = prior_precision + count, prior_freedom + count
    share = 1.0 / count if count > 0.0 else 0.0
    moved, log_determinant = 0.0, 0.0
    for j in range(prior_mean.size):
        offset = sums[1 + j, k] * share
        between = prior_precision * count / precision * (offset - prior_mean[j])
        for i in range(j, prior_mean.size):
            shift = sums[1 + i, k] * share - prior_mean[i]
            value = prior_scale[i, j] + between * shift
            value += sums[position, k] - sums[1 + i, k] * offset
            position += 1
            if i == j:
                place = prior_mean[j] + count / precision * shift
                change = abs(place - center[k, j]) * math.sqrt(freedom * precision / value)
                moved = max(moved, change)
                center[k, j] = place
            for m in range(j):
                value -= lower[i, m] * lower[j, m]
            if i > j:
                lower[i, j] = value / lower[j, j]
            elif value > 0.0:
                log_determinant += scalar_digamma(0.5 * (freedom - i)) - math.log(value)
                lower[i, i] = math.sqrt(value)
            else:
                return np.nan, np.nan
    return moved, log_determinant


@kernel
def _write(lower, freedom, center, k, factor, constant, table):
    """Coefficients of a component; the result is the trace of its expected precision."""
    group, lane, n_features, trace = k // 4, k % 4, lower.shape[0], 0.0
    # The inverse of the Cholesky factor times the root of the degrees of freedom.
    for j in range(n_features):
        for i in range(j, n_features):
            value = math.sqrt(freedom) if i == j else 0.0
            for m in range(j, i):
                value -= lower[i, m] * factor[m, j]
            factor[i, j] = value / lower[i, i]
            trace += factor[i, j] * factor[i, j]
        table[group, 1 + j, lane] = 0.0
    position = 1 + n_features
    for i in range(n_features):
        for j in range(i, n_features):
            value = 0.0
            for m in range(j, n_features):
                value += factor[m, i] * factor[m, j]
            value *= 0.5 if i == j else 1.0
            table[group, position, lane] = -value
            table[group, 1 + i, lane] += value * center[k, j]
            table[group, 1 + j, lane] += value * center[k, i]
            position += 1
    for j in range(n_features):
        constant -= 0.5 * table[group, 1 + j, lane] * center[k, j]
    table[group, 0, lane] = constant
    return trace
