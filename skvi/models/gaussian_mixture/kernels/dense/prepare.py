"""From logits to the packed coefficients and sizes the compiled pass works with, and back."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.kernels.dense.logit_code import SPARE_LINES
from skvi.models.gaussian_mixture.kernels.dense.row_pass import work_size
from skvi.models.gaussian_mixture.kernels.exact import centred_moments
from skvi.numerics.aligned import aligned_zeros
from skvi.numerics.feature_tiles import BASE_LINES, tile_rows
from skvi.numerics.frozen import frozen
from skvi.numerics.processor import VECTOR_BYTES

__all__ = [
    "PREDICTED_PER_EPSILON",
    "Layout",
    "Sums",
    "are_lower",
    "coefficients_of",
    "layout_of",
    "moments_of",
    "packed_rows",
    "pass_scratch",
    "precision_norm",
    "precisions_of",
]

# Error of a logit from products, in units of eps |z|^2 |precision|: 0.04 to 0.08 are measured.
PREDICTED_PER_EPSILON = 0.1
_PANEL = 96
_MOST_PRODUCTS = 560


class Layout(NamedTuple):
    """Features of a row and sizes of a tile.

    Attributes
    ----------
    n_dimensions : int
    n_components : int
    first : int
        Zero if ``|z|^2`` is the first feature, one if the first is the number one.
    pairs : ndarray of shape (2 * number of products,), int64
        Which two entries of a row each product has.
    panel : int
        Products formed at a time.
    rows : int
        Rows per tile.
    padded : int
        Components, rounded up to whole vectors.
    """

    n_dimensions: int
    n_components: int
    first: int
    pairs: np.ndarray
    panel: int
    rows: int
    padded: int

    @property
    def n_features(self):
        """Features of a row."""
        return BASE_LINES - self.first + self.n_dimensions + self.pairs.size // 2


class Sums(NamedTuple):
    """Totals in float64 that a pass adds to.

    Attributes
    ----------
    features : ndarray of shape (P + 8, K padded to whole vectors)
        Responsibility-weighted features.
    totals : ndarray of shape (2,)
        Entropy and log-normaliser.
    """

    features: np.ndarray
    totals: np.ndarray

    @classmethod
    def zeros(cls, layout):
        """Nothing added yet."""
        return cls(np.zeros((layout.n_features + SPARE_LINES, layout.padded)), np.zeros(2))


@lru_cache(maxsize=64)
def layout_of(structure, n_dimensions, n_components, dtype):
    """Features of a structure and tile sizes for a precision."""
    lanes = VECTOR_BYTES // np.dtype(dtype).itemsize
    if structure == "full":
        pairs = np.column_stack(_triangle(n_dimensions))
    else:
        pairs = np.repeat(np.arange(n_dimensions if structure == "diag" else 0), 2)
    panel = pairs.size // 2 if pairs.size // 2 < _MOST_PRODUCTS else _PANEL
    rows = tile_rows(BASE_LINES + n_dimensions + panel, lanes, np.dtype(dtype).itemsize)
    first = 0 if structure == "spherical" else 1
    pairs = pairs.astype(np.int64).reshape(-1)
    padded = _padded(n_components, lanes)
    return Layout(n_dimensions, n_components, first, pairs, max(panel, 1), rows, padded)


def pass_scratch(layout):
    """Work space of one pass."""
    size = work_size(layout.n_dimensions, layout.panel, layout.rows, layout.padded)
    return aligned_zeros(size)


def are_lower(factor):
    """Whether any of some triangular matrices has an entry below its diagonal."""
    # The last row nearly always tells.
    return bool(factor[:, -1, :-1].any() or np.tril(factor, -1).any())


def precisions_of(factor, structure):
    """Precision matrices, or their diagonals, of shape (K, ...) or tied (D, D)."""
    if structure in ("diag", "spherical"):
        return factor.reshape(len(factor), -1) ** 2
    return factor.swapaxes(-1, -2) @ factor


def coefficients_of(logits, center, structure, precision):
    """Coefficients of every feature in the logits, of shape (K, P)."""
    mean = logits.mean - center
    if structure in ("diag", "spherical"):
        linear = precision * mean
        squares = -0.5 * precision
    else:
        linear = (precision @ mean[..., None])[..., 0]
        squares = np.empty((len(mean), 0))
        if structure == "full":
            places, factors = _products_of(mean.shape[1])
            squares = precision.reshape(len(mean), -1).take(places, axis=1)
            squares *= factors
    constant = (logits.constant - 0.5 * (linear * mean).sum(axis=1))[:, None]
    parts = (squares, constant, linear) if structure == "spherical" else (constant, linear, squares)
    return np.concatenate(parts, axis=1)


def packed_rows(matrices):
    """Matrices (..., rows, columns) as (..., rows / 4, columns, 4): four rows side by side."""
    *batch, rows, columns = matrices.shape
    padded = np.zeros((*batch, _padded(rows, 4), columns), dtype=matrices.dtype)
    padded[..., :rows, :] = matrices
    return np.ascontiguousarray(padded.reshape(*batch, -1, 4, columns).swapaxes(-1, -2))


def precision_norm(precision, structure, squarings=3):
    """Spectral norm of the largest precision, or up to ``D^(2^-squarings / 2)`` times that.

    For matrices it is a root of the Frobenius norm of the precision squared some times: a small
    part of the time of eigenvalues.
    """
    largest = np.max(precision)  # on a diagonal: matrices are positive semidefinite
    if structure in ("diag", "spherical") or not 0.0 < largest < np.inf:
        return float(largest)
    power = precision / largest
    for _ in range(squarings):
        power = power @ power
    square = np.max(np.einsum("...ij,...ij->...", power, power))
    with np.errstate(over="ignore"):
        return float(square ** (0.5 ** (squarings + 1)) * largest)


def moments_of(features, gram, layout, center, structure):
    """Moments of the components from the weighted features; tied: and the sum of ``w z z'``."""
    table = features[: layout.n_features, : layout.n_components].T
    n_dimensions = layout.n_dimensions
    one = 1 - layout.first
    weight, first = table[:, one].copy(), table[:, one + 1 : one + 1 + n_dimensions]
    squares = table[:, one + 1 + n_dimensions :]
    if structure == "spherical":
        second = table[:, :1]
    elif structure == "full":
        second = np.empty((layout.n_components, n_dimensions, n_dimensions))
        row, column = _triangle(n_dimensions)
        second[:, row, column] = second[:, column, row] = squares
    else:
        second = gram if structure == "tied" else squares
    return centred_moments(weight, first, second, center, structure)


@lru_cache(maxsize=64)
def _triangle(n_dimensions):
    return np.triu_indices(n_dimensions)


@lru_cache(maxsize=64)
def _products_of(n_dimensions):
    """Places of the products in a precision, and their factors: most stand for two entries."""
    row, column = _triangle(n_dimensions)
    return frozen(row * n_dimensions + column), frozen(np.where(row == column, -0.5, -1.0))


def _padded(size, unit):
    return -(-size // unit) * unit
