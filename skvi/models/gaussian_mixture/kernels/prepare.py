"""From logits to the packed forms and sizes the compiled pass works with, and back to moments."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.kernels.exact import centred_moments
from skvi.models.gaussian_mixture.kernels.features import (
    DIAGONAL,
    FULL,
    SPHERICAL,
    TIED,
    feature_count,
)
from skvi.models.gaussian_mixture.kernels.row_pass import Sums
from skvi.numerics.tiles import LANE_BYTES

__all__ = ["Form", "Layout", "empty_sums", "form_of", "layout_of", "moments_of", "precision_norm"]

CODES = {"full": FULL, "tied": TIED, "diag": DIAGONAL, "spherical": SPHERICAL}
_FEATURE_BYTES = 200_000
_PANEL = 96
_MOST_DIMENSIONS_QUADRATIC = 31


class Form(NamedTuple):
    """Logits prepared for tiles, in the precision of the tiles.

    Attributes
    ----------
    structure : int
    coefficients : ndarray of shape (ceil(K / 4) * P * 4,)
        Of the quadratic form, four components side by side.
    constant : ndarray of shape (K,)
    mean : ndarray of shape (K, D)
        Means less the centre; tied: times the factor.
    scale : ndarray of shape (K, D)
        Square roots of the precisions; ones where the factor is a triangle.
    triangle : ndarray
        Factors of full and tied, packed four rows side by side.
    lower : bool
        The triangles are lower ones.
    norm_limit : float
        Largest squared norm of a centred row at which the quadratic form is accurate enough.
    stop_norm : float
        Largest squared norm this precision should meet at all.
    largest : number
        What an overflowing distance counts as.
    """

    structure: int
    coefficients: np.ndarray
    constant: np.ndarray
    mean: np.ndarray
    scale: np.ndarray
    triangle: np.ndarray
    lower: bool
    norm_limit: float
    stop_norm: float
    largest: np.floating


class Layout(NamedTuple):
    """Sizes of a tile.

    Attributes
    ----------
    rows : int
        Rows of X per tile.
    lanes : int
        Numbers per vector.
    n_features : int
        Features P of a row.
    panel : int
        Features held at a time.
    """

    rows: int
    lanes: int
    n_features: int
    panel: int


def layout_of(structure, n_features, dtype):
    """Tile sizes: features within the second-level cache, an odd number of cache lines a row."""
    lanes = LANE_BYTES // np.dtype(dtype).itemsize
    count = feature_count(CODES[structure], n_features)
    panels = structure == "full" and n_features > _MOST_DIMENSIONS_QUADRATIC
    panel = _PANEL if panels else count
    unit = 6 * lanes
    odd = _FEATURE_BYTES // (panel * unit * np.dtype(dtype).itemsize)
    rows = unit * (1 if odd < 3 else 3 if odd < 5 else 5)
    return Layout(rows, lanes, count, panel)


def empty_sums(layout, n_components, n_features, structure):
    """Zeros for a pass to add to."""
    pooled = n_features if structure == "tied" else 0
    return Sums(
        np.zeros((layout.n_features + 8, _padded(n_components, layout.lanes))),
        np.zeros((pooled + 8, _padded(n_features, layout.lanes))),
        np.zeros(2),
    )


def form_of(logits, center, structure, dtype, limits):
    """Pack logits for tiles; ``limits`` are the squared norms for the form and the precision."""
    mean = logits.mean - center
    code = CODES[structure]
    triangle, lower = np.zeros(1), False
    scale = np.ones(mean.shape)
    centres = mean
    if structure in ("full", "tied"):
        factor = logits.factor if structure == "full" else logits.factor[None]
        lower = bool(np.any(np.tril(factor, -1)))
        triangle = _packed(factor)
        centres = mean if structure == "full" else mean @ logits.factor.T
    else:
        scale = scale * logits.factor.reshape(len(mean), -1)
    arrays = (
        _packed(_coefficients(logits, mean, structure)[:, :, None].transpose(2, 0, 1)),
        logits.constant,
        centres,
        scale,
        triangle,
    )
    arrays = (np.ascontiguousarray(array, dtype=dtype) for array in arrays)
    largest = np.dtype(dtype).type(np.finfo(dtype).max / 1e8)
    return Form(code, *arrays, lower, *map(float, limits), largest)


def precision_norm(factor, structure):
    """Upper bound, within a few percent, of the spectral norm of the largest precision."""
    if structure in ("diag", "spherical"):
        return float(np.max(factor * factor))
    unit = np.max(np.abs(factor))
    if not 0.0 < unit < np.inf:
        return float(unit)
    power = (factor / unit).swapaxes(-1, -2) @ (factor / unit)
    exponent, logarithm = 1.0, 2.0 * np.log(unit)
    for _ in range(5):
        size = np.max(np.abs(power), axis=(-2, -1), keepdims=True)
        size = np.where(size > 0.0, size, 1.0)
        logarithm = logarithm + np.log(size) * exponent
        power = (power / size) @ (power / size)
        exponent *= 0.5
    size = np.linalg.norm(power, axis=(-2, -1), keepdims=True)
    logarithm = logarithm + np.log(np.where(size > 0.0, size, 1.0)) * exponent
    with np.errstate(over="ignore"):
        return float(np.exp(np.max(logarithm)))


def moments_of(sums, n_components, center, structure):
    """Moments of the components from the weighted features."""
    table = sums.features[:, :n_components].T
    n_features = center.size
    weight, first = table[:, 0].copy(), table[:, 1 : n_features + 1]
    second = _second(table[:, n_features + 1 :], n_features, structure)
    if structure == "tied":
        second = sums.gram[:n_features, :n_features].copy()
    return centred_moments(weight, first, second, center, structure)


def _second(squares, n_features, structure):
    if structure != "full":
        return squares[:, : {"diag": n_features, "spherical": 1, "tied": 0}[structure]]
    second = np.empty((squares.shape[0], n_features, n_features))
    row, column = np.triu_indices(n_features)
    second[:, row, column] = second[:, column, row] = squares[:, : row.size]
    return second


def _coefficients(logits, mean, structure):
    factor = logits.factor
    if structure in ("diag", "spherical"):
        precision = factor.reshape(len(mean), -1) ** 2
        linear = precision * mean
        squares = -0.5 * precision
    else:
        precision = factor.swapaxes(-1, -2) @ factor
        linear = np.einsum("...ij,...j->...i", precision, mean)
        squares = np.empty((len(mean), 0))
        if structure == "full":
            row, column = np.triu_indices(mean.shape[1])
            squares = np.where(row == column, -0.5, -1.0) * precision[:, row, column]
    constant = logits.constant - 0.5 * np.sum(linear * mean, axis=1)
    return np.hstack([constant[:, None], linear, squares])


def _packed(matrices):
    """Stack of (rows, columns) with four rows side by side, column after column."""
    count, rows, columns = matrices.shape
    padded = np.zeros((count, _padded(rows, 4), columns))
    padded[:, :rows] = matrices
    return padded.reshape(count, -1, 4, columns).swapaxes(-1, -2).reshape(-1)


def _padded(size, unit):
    return -(-size // unit) * unit
