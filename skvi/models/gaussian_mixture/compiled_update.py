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
def update_coefficients(  # noqa: C901 - in parts it would take half as long again to compile
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
    n_components, n_features = center.shape
    moved, norm, rest, before = 0.0, 0.0, 0.0, 0.0
    for stick in range(n_components):
        rest += sums[0, stick]
    for stick in range(n_components):
        k = order[stick]
        group, lane, count = k // 4, k % 4, sums[0, k]
        precision, freedom = prior_precision + count, prior_freedom + count
        share = 1.0 / count if count > 0.0 else 0.0
        # Twice the constant: the expected logarithms of the weight and of the determinant.
        constant = 2.0 * (before + scalar_digamma(success[stick] + count))
        if failure.size > 0:
            rest = max(rest - count, 0.0)
            both = scalar_digamma(success[stick] + count + failure[stick] + rest)
            constant -= 2.0 * both
            before += scalar_digamma(failure[stick] + rest) - both
        constant -= n_features * (1.0 / precision + _LOG_PI)
        # The mean, and the Cholesky factor of the scale matrix, column by column.
        position = 1 + n_features
        for j in range(n_features):
            offset = sums[1 + j, k] * share
            between = prior_precision * count / precision * (offset - prior_mean[j])
            for i in range(j, n_features):
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
                    constant += scalar_digamma(0.5 * (freedom - i)) - math.log(value)
                    lower[i, i] = math.sqrt(value)
                else:
                    return np.nan, norm
        # The inverse of the factor, times the root of the degrees of freedom.
        trace = 0.0
        for j in range(n_features):
            for i in range(j, n_features):
                value = math.sqrt(freedom) if i == j else 0.0
                for m in range(j, i):
                    value -= lower[i, m] * factor[m, j]
                factor[i, j] = value / lower[i, i]
                trace += factor[i, j] * factor[i, j]
            table[group, 1 + j, lane] = 0.0
        # The expected precision, and its product with the mean.
        position = 1 + n_features
        for i in range(n_features):
            for j in range(i, n_features):
                value = 0.0
                for m in range(j, n_features):
                    value += factor[m, i] * factor[m, j]
                if i == j:
                    value *= 0.5
                table[group, position, lane] = -value
                table[group, 1 + i, lane] += value * center[k, j]
                table[group, 1 + j, lane] += value * center[k, i]
                position += 1
        for j in range(n_features):
            constant -= table[group, 1 + j, lane] * center[k, j]
        table[group, 0, lane] = 0.5 * constant
        norm = max(norm, trace)
    return moved, norm
