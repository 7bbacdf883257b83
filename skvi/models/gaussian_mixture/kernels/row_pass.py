"""The fused pass: every row is read once, tile by tile, and nothing of size n is kept.

Per tile: centre, features, logits, softmax, sums. All scratch is allocated once per call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.kernels.features import (
    TIED,
    build_features,
    largest_norm,
    load_tile,
)
from skvi.models.gaussian_mixture.kernels.softmax import softmax_tile
from skvi.models.gaussian_mixture.kernels.sums import add_sums, pack_lanes
from skvi.models.gaussian_mixture.kernels.tile_logits import (
    difference_logits,
    quadratic_logits,
    whiten,
)
from skvi.numerics.jit import kernel

__all__ = ["Sums", "accumulate", "distances"]


class Sums(NamedTuple):
    """Totals in float64 that a pass adds to.

    Attributes
    ----------
    features : ndarray of shape (at least P + 8, K padded to whole vectors)
        Responsibility-weighted features.
    gram : ndarray of shape (D + 8, D padded to whole vectors)
        Weighted ``z z'`` over all rows; used by tied only.
    scalars : ndarray of shape (2,)
        Entropy and log-normaliser.
    """

    features: np.ndarray
    gram: np.ndarray
    scalars: np.ndarray


class Scratch(NamedTuple):
    """Work space of one tile; feature-major, a row of X is a column here."""

    z: np.ndarray
    whitened: np.ndarray
    features: np.ndarray
    logits: np.ndarray
    packed: np.ndarray
    lines: np.ndarray
    weight: np.ndarray


@kernel
def _allocate(form, layout, n_lanes_padded, n_rows_padded):
    n_dimensions = form.mean.shape[1]
    rows, kind = layout.rows, form.mean.dtype
    return Scratch(
        np.zeros((n_rows_padded, rows), dtype=kind),
        np.zeros((n_dimensions + 8, rows), dtype=kind),
        np.zeros((layout.panel + 8, rows), dtype=kind),
        np.zeros((n_lanes_padded, rows), dtype=kind),
        np.empty(max(n_lanes_padded, n_rows_padded) * rows, dtype=kind),
        np.zeros((3, rows), dtype=kind),
        np.zeros(rows, dtype=kind),
    )


@kernel
def accumulate(X, weights, unit_weights, center, form, layout, sums):
    """Add the statistics of the rows of ``X`` to ``sums``.

    Returns
    -------
    int
        Rows done: all, or those before the first tile with a row beyond ``form.stop_norm``.
    """
    n_dimensions = form.mean.shape[1]
    work = _allocate(form, layout, sums.features.shape[1], sums.gram.shape[1])
    z = work.z[:n_dimensions]
    whole = layout.panel >= layout.n_features
    for start in range(0, X.shape[0], layout.rows):
        count = min(layout.rows, X.shape[0] - start)
        load_tile(X, start, count, weights, unit_weights, center, z, work.weight)
        norm = largest_norm(z, work.lines[0])
        if norm > form.stop_norm:
            return start
        if whole:
            build_features(form.structure, z, work.features, 0, layout.n_features)
        _tile_logits(form, layout, work, norm, count)
        softmax_tile(
            work.logits, form.constant.size, count, work.weight, work.lines, sums.scalars
        )
        if form.structure == TIED:
            _finish_tied(form, layout, work, norm, count, sums)
        _add_tile(form, layout, work, z, whole, count, sums.features)
    return X.shape[0]


@kernel
def _tile_logits(form, layout, work, norm, count):
    width = 3 * layout.lanes
    if form.structure == TIED:
        whiten(form, work.z, count, width, work.whitened)
    if norm <= form.norm_limit:
        quadratic_logits(
            form.coefficients, work.features, layout.n_features, count, width, work.logits
        )
    elif form.structure == TIED:
        difference_logits(form, work.whitened, count, width, work.logits)
    else:
        difference_logits(form, work.z, count, width, work.logits)


@kernel
def _finish_tied(form, layout, work, norm, count, sums):
    """Subtract the quadratic all components share, and add the common Gram matrix."""
    n_dimensions = form.mean.shape[1]
    weight = work.weight[:count]
    if norm <= form.norm_limit:
        for i in range(n_dimensions):
            line = work.whitened[i]
            for t in range(count):
                sums.scalars[1] -= 0.5 * weight[t] * line[t] * line[t]
    for i in range(n_dimensions):
        line, source = work.whitened[i], work.z[i]
        for t in range(count):
            line[t] = weight[t] * source[t]
    n_vectors = sums.gram.shape[1] // layout.lanes
    pack_lanes(work.z, layout.lanes, count, work.packed)
    add_sums(
        work.whitened, 0, n_dimensions, work.packed, layout.lanes, n_vectors, count, sums.gram
    )


@kernel
def _add_tile(form, layout, work, z, whole, count, sums):
    n_vectors = sums.shape[1] // layout.lanes
    pack_lanes(work.logits, layout.lanes, count, work.packed)
    for first in range(0, layout.n_features, layout.panel):
        stop = min(first + layout.panel, layout.n_features)
        if not whole:
            build_features(form.structure, z, work.features, first, stop)
        add_sums(work.features, first, stop, work.packed, layout.lanes, n_vectors, count, sums)


@kernel
def distances(X, weights, center, form, layout, out):
    """Squared distances of every row from every component, by differences."""
    n_dimensions = form.mean.shape[1]
    n_components = form.constant.size
    padded = (n_components + layout.lanes - 1) // layout.lanes * layout.lanes
    work = _allocate(form, layout, padded, n_dimensions)
    for start in range(0, X.shape[0], layout.rows):
        count = min(layout.rows, X.shape[0] - start)
        load_tile(X, start, count, weights, True, center, work.z, work.weight)
        _tile_logits(form, layout, work, np.inf, count)
        for k in range(n_components):
            line = work.logits[k]
            for t in range(count):
                out[start + t, k] = -2.0 * line[t]
