"""Screened passes: when they serve, what they need prepared, and their statistics."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import NamedTuple

import numba
import numpy as np

from skvi.models.gaussian_mixture.kernels.dense.prepare import (
    PREDICTED_PER_EPSILON,
    coefficients_of,
    layout_of,
    packed_rows,
    precision_norm,
)
from skvi.models.gaussian_mixture.kernels.exact import centred_moments
from skvi.models.gaussian_mixture.kernels.screened.arrays import NearSums, NearWork
from skvi.models.gaussian_mixture.kernels.screened.member_products import row_stride
from skvi.models.gaussian_mixture.kernels.screened.row_pass import accumulate_near
from skvi.models.gaussian_mixture.kernels.screened.screen import screen_work_size
from skvi.models.gaussian_mixture.kernels.structures import BlockStatistics, Logits
from skvi.numerics.frozen import frozen

__all__ = ["NearPass", "Screen", "screen_of", "worth_screening"]

# The allowance for the error of a logit: two logits, and four times the prediction.
_ALLOWED_PER_PREDICTED = 8.0
_LARGEST_ERROR = 4.0
_SAFE_NORM = 1e30
# Share of the components near a row up to which the screened pass is the faster one.
_CAPACITY = {"full": 0.22, "diag": 0.14, "spherical": 0.14}
_FEWEST_COMPONENTS = 8
_FEWEST_FEATURES = 512
_FEWEST_TILES = 2
_MOST_TILES = 2
_GROUP_BYTES = 1 << 18
_MOST_KEPT_BYTES = 1 << 23


class Screen(NamedTuple):
    """What a screened pass knows about some logits.

    Attributes
    ----------
    layout : Layout
        Of the features in single precision.
    coefficients : ndarray, float32
    units : ndarray of shape (D,)
        What rows are multiplied by for the screening, powers of two.
    error : float
        Predicted error of a logit of the screening, per unit of the squared norm of the row.
    factor : ndarray of shape (K, D, stride) or (K, padded)
        Transposed triangles or diagonals, padded with zeros.
    lower : int
        Whether triangles are lower ones.
    rows : int
        Rows gathered at a time, some tiles.
    capacity : int
        Near pairs among these up to which the pass goes on.
    """

    layout: object
    coefficients: np.ndarray
    units: np.ndarray
    error: float
    factor: np.ndarray
    lower: int
    rows: int
    capacity: int


def worth_screening(n_rows, n_dimensions, n_components, structure):
    """Whether so many rows and components are worth the preparation."""
    if structure not in _CAPACITY or n_components < _FEWEST_COMPONENTS:
        return False
    layout = layout_of(structure, n_dimensions, n_components, np.float32)
    large = n_components * layout.n_features >= _FEWEST_FEATURES
    return large and n_rows >= _FEWEST_TILES * layout.rows and not numba.config.DISABLE_JIT


def screen_of(logits, center, structure):
    """What :class:`NearPass` needs of some logits.

    Parameters
    ----------
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "diag", "spherical"}

    Returns
    -------
    Screen or None
        None if single precision cannot hold the logits.
    """
    n_components, n_dimensions = logits.mean.shape
    layout = layout_of(structure, n_dimensions, n_components, np.float32)
    factor, lower = _padded_factor(logits, structure), 0
    sizes = factor[:, :n_dimensions]
    if structure == "full":
        lower = int(np.any(np.tril(logits.factor, -1)))
        sizes = np.diagonal(logits.factor, axis1=1, axis2=2)
    units = np.exp2(np.rint(np.log2(sizes.max(axis=0))))
    if structure == "spherical":
        units = np.full(n_dimensions, units.max())
    scaled = _in_units(logits, units, structure)
    with np.errstate(over="ignore", invalid="ignore"):
        table = coefficients_of(scaled, center * units, structure).astype(np.float32)
        norm = precision_norm(scaled.factor, structure)
    if not (np.isfinite(table).all() and 1.0 / _SAFE_NORM < norm < _SAFE_NORM):
        return None
    error = PREDICTED_PER_EPSILON * float(np.finfo(np.float32).eps) * norm
    tiles = _GROUP_BYTES // (8 * row_stride(n_dimensions) * layout.rows)
    rows = min(max(tiles, 1), _MOST_TILES) * layout.rows
    capacity = int(_CAPACITY[structure] * n_components * rows)
    coefficients = packed_rows(table).reshape(-1)
    return Screen(layout, coefficients, units, error, factor, lower, rows, capacity)


class _Kept(threading.local):
    """Memory of the last pass in this thread: fresh pages cost more than the pass over a block."""

    def __init__(self):
        self.arrays = {}


_KEPT = _Kept()


def _kept(make, *sizes):
    """The arrays that ``make`` gave for these sizes last time, or new ones."""
    kept, arrays = _KEPT.arrays.get(make, (None, None))
    if kept != sizes:
        arrays = make(*sizes)
        if sum(array.nbytes for array in arrays) <= _MOST_KEPT_BYTES:
            _KEPT.arrays[make] = sizes, arrays
    return arrays


class NearPass:
    """Sums of screened passes over rows; one at a time in a thread.

    Parameters
    ----------
    logits : Logits
    center : ndarray of shape (D,)
    screen : Screen
    structure : {"full", "diag", "spherical"}
    """

    def __init__(self, logits, center, screen, structure):
        self.logits, self.screen, self.structure = logits, screen, structure
        self.arrays = center, screen.units, screen.coefficients, screen.layout.pairs
        self.arrays += logits.constant, logits.mean, screen.factor
        self.arrays = tuple(frozen(array) for array in self.arrays)
        (n_components, n_dimensions), layout = logits.mean.shape, screen.layout
        size = screen_work_size(n_dimensions, layout.panel, layout.rows, layout.padded)
        self.work = _kept(
            NearWork.zeros, size, screen.rows, n_components, n_dimensions, screen.capacity
        )
        self.sums = _kept(NearSums.zeros, n_components, n_dimensions, structure == "full")
        for total in self.sums:
            total.fill(0.0)

    def add(self, X, weights):
        """Add the leading rows that the pass is good for; gives their number."""
        screen = self.screen
        return accumulate_near(
            X, weights, *self.arrays, self.work, self.sums, screen.layout.first,
            screen.layout.panel, screen.layout.rows, screen.lower, screen.capacity,
            _LARGEST_ERROR / screen.error, _ALLOWED_PER_PREDICTED * screen.error,
        )  # fmt: skip

    def statistics(self):
        """Statistics of the rows added."""
        n_dimensions = self.logits.mean.shape[1]
        second = self.sums.second[:, :n_dimensions]
        if self.structure == "full":
            upper = second[:, :, :n_dimensions]
            second = np.where(_upper_triangle(n_dimensions), upper, upper.swapaxes(1, 2))
        elif self.structure == "spherical":
            second = second.sum(axis=1, keepdims=True)
        first = self.sums.first[:, :n_dimensions]
        moments = centred_moments(
            self.sums.weight.copy(), first, second, self.logits.mean, self.structure
        )
        entropy, log_normalizer = (float(total) for total in self.sums.totals)
        return BlockStatistics(moments, entropy, log_normalizer)


@lru_cache(maxsize=16)
def _upper_triangle(n_dimensions):
    return np.triu(np.ones((n_dimensions, n_dimensions), dtype=bool))


def _padded_factor(logits, structure):
    n_components, n_dimensions = logits.mean.shape
    if structure == "full":
        factor = np.zeros((n_components, n_dimensions, row_stride(n_dimensions)))
        factor[:, :, :n_dimensions] = logits.factor.swapaxes(1, 2)
    else:
        factor = np.zeros((n_components, -(-n_dimensions // 4) * 4))
        factor[:, :n_dimensions] = logits.factor.reshape(n_components, -1)
    return factor


def _in_units(logits, units, structure):
    factor = logits.factor / (units[0] if structure == "spherical" else units)
    return Logits(logits.constant, logits.mean * units, factor)
