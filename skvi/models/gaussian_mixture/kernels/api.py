"""One pass over a block of rows: responsibilities and what they add up to.

Four ways. Where most components are far from most rows, the near ones alone (``screened``).
Otherwise by predicted error: compiled tiles whose logits are a product of quadratic features
(error near ``0.1 eps |z|^2 |precision|``, judged tile by tile); the same with logits from
differences; and array code that also gathers every component about its own centre, for
components so many standard deviations from the common centre that sums about it would lose the
scatter.
"""

from __future__ import annotations

import math

import numpy as np

from skvi.models.gaussian_mixture.kernels import exact
from skvi.models.gaussian_mixture.kernels.dense.prepare import (
    Sums,
    are_lower,
    moments_of,
    packed_rows,
    pass_scratch,
)
from skvi.models.gaussian_mixture.kernels.dense.row_pass import accumulate
from skvi.models.gaussian_mixture.kernels.plan import plan_of
from skvi.models.gaussian_mixture.kernels.screened.screened_pass import NearPass
from skvi.models.gaussian_mixture.kernels.structures import BlockStatistics
from skvi.numerics.aligned import aligned_zeros
from skvi.numerics.feature_tiles import tile_rows
from skvi.numerics.frozen import frozen
from skvi.numerics.processor import VECTOR_BYTES
from skvi.numerics.row_distances import distances, distances_work_size
from skvi.numerics.tile_gram import TILE_ROWS, add_rows, lower_to_full, padded_width

__all__ = ["expectation_statistics", "log_responsibilities", "prepare", "squared_distances"]

_LARGEST_SEPARATION = 1e5
_CHUNK_ROWS = 2048
# Multiply-adds below which array code is faster than loading a compiled kernel.
_FEW_MULTIPLICATIONS = 1 << 24


def expectation_statistics(X, weights, logits, center, structure):
    """Responsibilities of a block of rows, summed into statistics.

    Parameters
    ----------
    X : ndarray of shape (n, D)
        Rows, float32 or float64, C-contiguous. float32 ones are copied in double precision: errors
        of logits in single precision would add up to a bound that falls over many rows, and a
        second version of each kernel takes more time to compile than the copies.
    weights : ndarray of shape (n,)
        Weight of every row; rows of weight zero are not looked at.
    logits : Logits
        Log-weight plus log-density of the components.
    center : ndarray of shape (D,)
        A point near the rows (their mean), about which sums are taken.
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    BlockStatistics or NearStatistics
    """
    plan = plan_of(logits, center, structure)
    if plan.separation > _LARGEST_SEPARATION:
        return exact.statistics(X, weights, logits, structure)
    X, weights = frozen(X.astype(np.float64, copy=False)), frozen(weights)
    parts, done, chunk = [], 0, _CHUNK_ROWS
    near = _near_pass(plan, X)
    if near is not None:
        done = near.add(X, weights)
    if done == 0:
        return _dense_statistics(X, weights, plan)
    while done < X.shape[0]:
        rest = slice(done, done + chunk)
        parts.append(_dense_statistics(X[rest], weights[rest], plan))
        done, chunk = min(done + chunk, X.shape[0]), 2 * chunk
        done += near.add(X[done:], weights[done:])
    statistics = near.statistics()
    for part in parts:
        statistics = statistics.merged(part)
    return statistics


def prepare(logits, center, structure):
    """Work out what passes over blocks need of these logits, before threads ask for it.

    Parameters
    ----------
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}
    """
    plan = plan_of(logits, center, structure)
    if plan.separation > _LARGEST_SEPARATION:
        return
    if plan.fewest_rows == math.inf or plan.screen() is None:
        plan.form()


def log_responsibilities(X, logits, center, structure):
    """Logarithms of the responsibilities and the log-normaliser of every row.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    log_resp : ndarray of shape (n, K)
    log_normalizer : ndarray of shape (n,)
    """
    values = squared_distances(X, logits, center, structure)
    values *= -0.5
    values += logits.constant
    return exact.softmax(values)


def squared_distances(X, logits, center, structure):
    """``|A_k (x_i - mean_k)|^2`` of every row from every component.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    ndarray of shape (n, K)
        An overflowing distance is a huge finite number.
    """
    n_rows, n_components = X.shape[0], len(logits.mean)
    size = logits.factor[0].size if structure == "full" else X.shape[1]
    few = n_rows * n_components * size < _FEW_MULTIPLICATIONS
    if few or plan_of(logits, center, structure).separation > _LARGEST_SEPARATION:
        return exact.squared_distances(X, logits, structure)
    return _Distances(logits, center, structure)(X)


def _near_pass(plan, X):
    """A screened pass, if there is enough to do and it is good for these logits."""
    if X.shape[0] < plan.fewest_rows:
        return None
    screen = plan.screen()
    return None if screen is None else NearPass(screen, plan.structure)


def _dense_statistics(X, weights, plan):
    """Statistics of rows that most components may matter to."""
    dense = _Pass(plan)
    dense.add_all(X, weights)
    features = dense.sums.features[:, : len(plan.logits.mean)]
    moments = moments_of(features, dense.gram, dense.form.layout, plan.center, plan.structure)
    entropy, log_normalizer = (float(value) for value in dense.sums.totals)
    return BlockStatistics(moments, entropy, log_normalizer)


class _Distances:
    """Compiled squared distances of any rows from some components."""

    def __init__(self, logits, center, structure):
        self.center, self.mean, factor = center, logits.mean - center, logits.factor
        self.whitening, self.lower = None, 0
        if structure == "full":
            self.lower = int(are_lower(factor))
            self.factor = packed_rows(factor)
        elif structure == "tied":
            self.whitening = factor.T
            self.mean = self.mean @ factor.T
            self.factor = np.ones(self.mean.shape)
        else:
            factor = factor.reshape(len(self.mean), -1)
            self.factor = np.broadcast_to(factor, self.mean.shape)
        n_dimensions = self.mean.shape[1]
        self.rows = tile_rows(2 * n_dimensions, VECTOR_BYTES // 8, 8)
        self.work = aligned_zeros(distances_work_size(n_dimensions, self.rows))

    def __call__(self, X):
        center = self.center
        if self.whitening is not None:
            X, center = (X - center) @ self.whitening, np.zeros(center.size)
        out = np.empty((X.shape[0], len(self.mean)))
        X = X.astype(np.float64, copy=False)
        distances(
            frozen(X), frozen(center), frozen(self.mean), frozen(self.factor), self.work, out,
            self.rows, self.lower,
        )  # fmt: skip
        return np.fmin(out, exact.LARGEST_DISTANCE, out=out)


class _Pass:
    """Sums over rows in double precision."""

    def __init__(self, plan):
        self.logits, self.center, self.structure = plan.logits, plan.center, plan.structure
        self.form = plan.form()
        self.sums = Sums.zeros(self.form.layout)
        self.work = pass_scratch(self.form.layout)
        self.gram = np.zeros((self.center.size,) * 2 if self.structure == "tied" else 0)

    def add(self, X, weights):
        """Add the leading rows that the quadratic form is good for; gives their number."""
        done = self._run(X, weights, self.form.coefficients, self.form.limit)
        if self.structure == "tied":
            gram = _gram(X[:done], weights[:done], self.center)
            self.gram += gram
            # Coefficients leave out the quadratic that all components share.
            factor = self.logits.factor
            self.sums.totals[1] -= 0.5 * float(np.sum((factor @ gram) * factor))
        return done

    def add_all(self, X, weights):
        """Add all rows; logits of tiles that the quadratic form is not good for by differences."""
        done, measure = 0, None
        while done < X.shape[0]:
            done += self.add(X[done:], weights[done:])
            if done < X.shape[0]:
                measure = measure or _Distances(self.logits, self.center, self.structure)
                rest = slice(done, done + _CHUNK_ROWS)
                self._add_measured(X[rest], weights[rest], measure)
                done += len(X[rest])

    def _add_measured(self, X, weights, measure):
        values = measure(np.where(weights[:, None] != 0.0, X, self.center))
        values *= -0.5
        values += self.logits.constant
        self._run(X, weights, values, np.inf)
        if self.structure == "tied":
            self.gram += _gram(X, weights, self.center)

    def _run(self, X, weights, logits, limit):
        layout = self.form.layout
        return accumulate(
            X, weights, frozen(self.center), frozen(logits), layout.pairs, self.work, *self.sums,
            layout.first, layout.panel, layout.rows, layout.n_components, limit,
        )  # fmt: skip


def _gram(X, weights, center):
    """Sum of ``w z z'`` over the rows."""
    if X.shape[0] == 0:
        return np.zeros((center.size, center.size))
    if not np.all(weights):
        X, weights = X[weights != 0.0], weights[weights != 0.0]
    padded = padded_width(center.size + 1, np.float64)
    lower, gram = np.zeros((padded, padded)), np.empty((center.size, center.size))
    tile = aligned_zeros((TILE_ROWS, padded))
    add_rows(frozen(X), frozen(np.empty((len(X), 0))), frozen(weights), center, tile, lower)
    lower_to_full(lower, gram)
    return gram
