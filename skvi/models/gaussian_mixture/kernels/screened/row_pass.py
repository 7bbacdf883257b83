"""The pass over rows for components that are far from most rows.

Every tile is screened in single precision (see :mod:`.screen`). For the components near a row the
logit is taken from differences ``d = x - mean_k`` in double precision, as accurate as the data at
any condition and separation, and the statistics of a component are sums over its own rows, about
its own mean. Work: half a dense pass for the screening, and what the near pairs need.
"""

from __future__ import annotations

from skvi.models.gaussian_mixture.kernels.screened.member_sums import (
    add_moments,
    row_distances,
    take_differences,
    total_count,
)
from skvi.models.gaussian_mixture.kernels.screened.screen import screen_tile
from skvi.models.gaussian_mixture.kernels.screened.softmax import keep_logits, share_rows
from skvi.numerics.jit import kernel

__all__ = ["accumulate_near"]

# Rows of weight zero keep it; finite, because it is multiplied by that weight.
_NO_LOGIT = -1e300


@kernel
def accumulate_near(
    X, weights, center, units, coefficients, pairs, constant, mean, factor, work, sums, first,
    panel, rows, lower, capacity, limit, margin_per_norm,
):  # fmt: skip
    """Add the statistics of the rows of ``X`` to ``sums``.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    weights : ndarray of shape (n,)
        Rows of weight zero are not looked at.
    center, units : ndarray of shape (D,)
        The screening works with rows ``(x - center) units``.
    coefficients : ndarray, float32
        Of the logits in the features of these, for the screening.
    pairs : ndarray of int64
        Products among the features of the screening.
    constant : ndarray of shape (K,)
        Logits at the means.
    mean : ndarray of shape (K, D)
    factor : ndarray of shape (K, D, stride) or (K, padded)
        Transposed triangles or diagonals, padded with zeros.
    work : NearWork
    sums : NearSums
    first, panel, rows : int
        Layout of the features of the screening, and its rows per tile.
    lower : int
        Whether triangles are lower ones.
    capacity : int
        Most near pairs in a group of tiles to go on with.
    limit : float
        Largest squared norm of a row that the screening is good for.
    margin_per_norm : float
        Allowance of the screening for the error of the logits of a row, per unit of its norm.

    Returns
    -------
    int
        Rows done: all, or those before the first group beyond ``limit`` or ``capacity``.
    """
    for start in range(0, X.shape[0], work.top.size):
        length = min(work.top.size, X.shape[0] - start)
        work.counts[:] = 0
        for offset in range(0, length, rows):
            good = screen_tile(
                X, weights, center, units, coefficients, pairs, work.tile, work.members,
                work.counts, start + offset, offset, first, panel, rows, limit, margin_per_norm,
            )  # fmt: skip
            if not good or total_count(work.counts) > capacity:
                return start
        work.top[:] = _NO_LOGIT
        position = 0
        for k in range(constant.size):
            count = work.counts[k]
            take_differences(X, work.members, mean, work.differences, start, k, position, count)
            row_distances(factor, work.differences, work.logits, k, position, count, lower)
            keep_logits(
                constant, work.members, work.logits, work.rows, work.top, k, position, count
            )
            position += count
        share_rows(
            work.rows, work.logits, work.shares, weights[start : start + length], work.top,
            work.total, work.cross, sums.totals, position,
        )  # fmt: skip
        position = 0
        for k in range(constant.size):
            count = work.counts[k]
            add_moments(
                work.shares, work.differences, work.weighted, sums.weight, sums.first, sums.second,
                k, position, count,
            )  # fmt: skip
            position += count
    return X.shape[0]
