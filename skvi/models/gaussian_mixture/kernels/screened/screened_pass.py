"""Screened passes: when they serve, what they need prepared, and their statistics."""

from __future__ import annotations

import math
import threading
from typing import NamedTuple

import numba
import numpy as np

from skvi.models.gaussian_mixture.kernels.dense.prepare import (
    PREDICTED_PER_EPSILON,
    are_lower,
    coefficients_of,
    layout_of,
    packed_rows,
    precision_norm,
    precisions_of,
)
from skvi.models.gaussian_mixture.kernels.screened.arrays import NearSums, NearWork
from skvi.models.gaussian_mixture.kernels.screened.member_products import row_stride
from skvi.models.gaussian_mixture.kernels.screened.near_statistics import NearStatistics
from skvi.models.gaussian_mixture.kernels.screened.row_pass import accumulate_near
from skvi.models.gaussian_mixture.kernels.screened.screen import screen_work_size
from skvi.models.gaussian_mixture.kernels.structures import Logits
from skvi.numerics.aligned import aligned_zeros
from skvi.numerics.frozen import frozen

__all__ = ["NearPass", "Screen", "fewest_rows", "screen_of"]

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
    logits : Logits
    layout : Layout
        Of the features in single precision.
    arrays : tuple of ndarray
        What :func:`accumulate_near` takes between weights and work, read-only: centre, units (what
        rows are multiplied by for the screening, powers of two), coefficients, pairs, constants,
        means and padded factors.
    error : float
        Predicted error of a logit of the screening, per unit of the squared norm of the row.
    lower : int
        Whether triangles are lower ones.
    rows : int
        Rows gathered at a time, some tiles.
    capacity : int
        Near pairs among these up to which the pass goes on.
    """

    logits: Logits
    layout: object
    arrays: tuple
    error: float
    lower: int
    rows: int
    capacity: int


def fewest_rows(n_dimensions, n_components, structure):
    """How many rows are worth the preparation; infinitely many where no number is."""
    if structure not in _CAPACITY or n_components < _FEWEST_COMPONENTS or numba.config.DISABLE_JIT:
        return math.inf
    layout = layout_of(structure, n_dimensions, n_components, np.float32)
    large = n_components * layout.n_features >= _FEWEST_FEATURES
    return _FEWEST_TILES * layout.rows if large else math.inf


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
        lower = int(are_lower(logits.factor))
        sizes = np.diagonal(logits.factor, axis1=1, axis2=2)
    units = np.exp2(np.rint(np.log2(sizes.max(axis=0))))
    if structure == "spherical":
        units = np.full(n_dimensions, units.max())
    scaled = _in_units(logits, units, structure)
    with np.errstate(over="ignore", invalid="ignore"):
        precision = precisions_of(scaled.factor, structure)
        table = coefficients_of(scaled, center * units, structure, precision).astype(np.float32)
        norm = precision_norm(precision, structure, squarings=0)
    if not (np.isfinite(table).all() and 1.0 / _SAFE_NORM < norm < _SAFE_NORM):
        return None
    error = PREDICTED_PER_EPSILON * float(np.finfo(np.float32).eps) * norm
    tiles = _GROUP_BYTES // (8 * row_stride(n_dimensions) * layout.rows)
    rows = min(max(tiles, 1), _MOST_TILES) * layout.rows
    capacity = int(_CAPACITY[structure] * n_components * rows)
    coefficients = packed_rows(table).reshape(-1)
    arrays = center, units, coefficients, layout.pairs, logits.constant, logits.mean, factor
    arrays = tuple(frozen(array) for array in arrays)
    return Screen(logits, layout, arrays, error, lower, rows, capacity)


class _Kept(threading.local):
    """Memory of the last pass in this thread: fresh pages cost more than the pass over a block."""

    sizes = arrays = None


_KEPT = _Kept()


def _kept(layout, rows, capacity, shape):
    """Scratch, sums and all numbers of these: those of the last pass if sizes are the same."""
    sizes = layout.panel, layout.rows, rows, capacity, shape
    if sizes == _KEPT.sizes:
        return _KEPT.arrays
    n_components, n_dimensions, _ = shape
    size = screen_work_size(n_dimensions, layout.panel, layout.rows, layout.padded)
    work = NearWork.zeros(size, rows, n_components, n_dimensions, capacity)
    numbers = aligned_zeros(NearSums.size(*shape))
    arrays = work, NearSums.within(numbers, *shape), numbers
    if sum(array.nbytes for array in (*work, numbers)) <= _MOST_KEPT_BYTES:
        _KEPT.sizes, _KEPT.arrays = sizes, arrays
    return arrays


class NearPass:
    """Sums of screened passes over rows; one at a time in a thread.

    Parameters
    ----------
    screen : Screen
    structure : {"full", "diag", "spherical"}
    """

    def __init__(self, screen, structure):
        self.screen, self.structure = screen, structure
        shape = *screen.logits.mean.shape, structure == "full"
        kept = _kept(screen.layout, screen.rows, screen.capacity, shape)
        self.work, self.sums, self.numbers = kept
        self.numbers.fill(0.0)

    def add(self, X, weights):
        """Add the leading rows that the pass is good for; gives their number."""
        screen = self.screen
        return accumulate_near(
            X, weights, *screen.arrays, self.work, self.sums, screen.layout.first,
            screen.layout.panel, screen.layout.rows, screen.lower, screen.capacity,
            _LARGEST_ERROR / screen.error, _ALLOWED_PER_PREDICTED * screen.error,
        )  # fmt: skip

    def statistics(self):
        """Statistics of the rows added."""
        return NearStatistics(self.numbers.copy(), self.screen.logits, self.structure)


def _padded_factor(logits, structure):
    n_components, n_dimensions = logits.mean.shape
    if structure == "full":
        factor = aligned_zeros((n_components, n_dimensions, row_stride(n_dimensions)))
        factor[:, :, :n_dimensions] = logits.factor.swapaxes(1, 2)
    else:
        factor = aligned_zeros((n_components, -(-n_dimensions // 4) * 4))
        factor[:, :n_dimensions] = logits.factor.reshape(n_components, -1)
    return factor


def _in_units(logits, units, structure):
    factor = logits.factor / (units[0] if structure == "spherical" else units)
    return Logits(logits.constant, logits.mean * units, factor)
