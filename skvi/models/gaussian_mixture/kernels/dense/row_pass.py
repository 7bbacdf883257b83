"""The fused pass: every row is read once, tile by tile, and nothing of size n is kept.

Per tile: rows, products of their entries, logits, softmax, sums. Logits are a product of
coefficients and features (``|z|^2``, one, ``z``, products ``z_i z_j``), with an error near
``0.1 eps |z|^2 |precision|``, or are given. Where the products do not fit the second-level cache
they are formed panel by panel, twice.
"""

from __future__ import annotations

import numpy as np
from numba import types

from skvi.models.gaussian_mixture.kernels.dense.logit_code import SPARE_LINES
from skvi.models.gaussian_mixture.kernels.dense.pass_code import PassCode
from skvi.numerics.feature_tiles import BASE_LINES
from skvi.numerics.instructions import written_by
from skvi.numerics.jit import kernel
from skvi.numerics.processor import VECTOR_BYTES

__all__ = ["accumulate", "work_size"]


def work_size(n_dimensions, panel, rows, n_components_padded):
    """Numbers of scratch that :func:`accumulate` needs."""
    lines = BASE_LINES + n_dimensions + panel + SPARE_LINES + 2 * n_components_padded + 2
    return lines * rows


@written_by(
    lambda arrays: PassCode(arrays, given=len(arrays.coefficients_shape) == 2).emit(),
    "work",
    types.intp,
    VECTOR_BYTES,
)
def _pass(
    X, weights, center, coefficients, pairs, work, sums, totals, first, panel, rows, n_components,
    limit,
):  # fmt: skip
    """What the compiled pass does, by arrays; all rows or none."""
    z = np.where(weights[:, None] != 0.0, X - center, 0.0)
    given = coefficients.ndim == 2
    if not given and not np.all(np.sum(z * z, axis=1) <= limit):
        return 0
    squares = np.sum(z * z, axis=1, keepdims=True), np.ones((len(z), 1))
    features = np.hstack([*squares[first:], z, z[:, pairs[::2]] * z[:, pairs[1::2]]])
    if given:
        logits = coefficients
    else:
        table = coefficients.reshape(-1, features.shape[1], 4).swapaxes(1, 2)
        logits = features @ table.reshape(-1, features.shape[1])[:n_components].T
    shifted = logits - logits.max(axis=1, keepdims=True)
    share = np.exp(shifted)
    total = share.sum(axis=1, keepdims=True)
    share /= total
    log_total = np.log(total[:, 0])
    totals[0] += weights @ (log_total - np.sum(share * shifted, axis=1))
    totals[1] += weights @ (log_total + logits.max(axis=1))
    sums[: features.shape[1], :n_components] += (features * weights[:, None]).T @ share
    return len(X)


@kernel
def accumulate(
    X, weights, center, logits, pairs, work, sums, totals, first, panel, rows, n_components, limit
):
    """Add the statistics of the rows of ``X`` to ``sums`` and ``totals``.

    Parameters
    ----------
    X : ndarray of shape (n, D), float32 or float64
    weights : ndarray of shape (n,)
    center : ndarray of shape (D,)
    logits : ndarray
        Of shape (ceil(K / 4) * P * 4,): coefficients, four components side by side. Of shape
        (n, K): the logits themselves.
    pairs : ndarray of shape (2 * number of products,), int64
        Which two entries of a row each product has.
    work : ndarray
        Scratch of :func:`work_size`, zero at first.
    sums : ndarray of shape (P + 8, K padded to whole vectors)
        Responsibility-weighted features.
    totals : ndarray of shape (2,)
        Entropy and log-normaliser.
    first : int
        Zero if ``|z|^2`` is a feature, otherwise one.
    panel, rows, n_components : int
        Products at a time, rows per tile (whole multiples of six vectors), K.
    limit : float
        Largest squared norm of a row to go on with; not looked at if logits are given.

    Returns
    -------
    int
        Rows done: all, or those before the first tile with a row beyond ``limit``.
    """
    return _pass(
        X,
        weights,
        center,
        logits,
        pairs,
        work,
        sums,
        totals,
        first,
        panel,
        rows,
        n_components,
        limit,
    )
