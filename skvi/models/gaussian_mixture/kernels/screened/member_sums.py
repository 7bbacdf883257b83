"""Distances and sums over the few rows of one component.

Rows are differences ``d`` from the mean of the component. They stand one after the other, component
by component, each padded with zeros.
"""

from __future__ import annotations

import numpy as np
from numba import types

from skvi.models.gaussian_mixture.kernels.screened.member_products import (
    write_products,
    write_triangle_distances,
)
from skvi.models.gaussian_mixture.kernels.screened.member_rows import (
    write_diagonal_distances,
    write_differences,
    write_squares,
    write_weighted,
)
from skvi.numerics.instructions import written_by

__all__ = ["add_moments", "row_distances", "take_differences", "total_count"]


@written_by(write_differences, "differences")
def take_differences(X, members, mean, differences, start, k, position, count):
    """Differences of the rows ``X[start + members[k, :count]]`` from ``mean[k]``.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    members : ndarray of shape (K, any), uint32
    mean : ndarray of shape (K, D)
    differences : ndarray of shape (pairs, stride)
        Gets them, from ``position`` on; entries beyond D are left alone.
    start, k, position, count : int
    """
    rows = X[start + members[k, :count].astype(np.intp)]
    differences[position : position + count, : mean.shape[1]] = rows - mean[k]


def _write_distances(arrays):
    write = write_triangle_distances if len(arrays.factor_shape) == 3 else write_diagonal_distances
    with arrays.code.builder.if_then((arrays.count > 0).raw):
        write(arrays)


@written_by(_write_distances, "out")
def row_distances(factor, differences, out, k, position, count, lower):
    """``|A_k d|^2`` of consecutive rows.

    Parameters
    ----------
    factor : ndarray of shape (K, D, stride) or (K, padded)
        Transposed triangles ``A_k``, or diagonals, padded with zeros.
    differences : ndarray of shape (pairs + spare, stride)
    out : ndarray of shape (pairs + spare,)
        Gets the distances, from ``position`` on; a few that follow are spoilt.
    k, position, count : int
    lower : int
        Whether the ``A_k`` are lower triangles.
    """
    rows = differences[position : position + count, : factor.shape[1]]
    scaled = rows @ factor[k] if factor.ndim == 3 else rows * factor[k]
    out[position : position + count] = np.sum(scaled * scaled, axis=1)


def _write_moments(arrays):
    with arrays.code.builder.if_then((arrays.count > 0).raw):
        if len(arrays.second_shape) == 3:
            write_weighted(arrays)
            write_products(arrays)
        else:
            write_squares(arrays)


@written_by(_write_moments, "second")
def add_moments(shares, differences, weighted, weight, first, second, k, position, count):
    """Add the weighted moments of consecutive rows to those of component ``k``.

    Parameters
    ----------
    shares : ndarray of shape (pairs,)
    differences : ndarray of shape (pairs, stride)
    weighted : ndarray of shape (count + 1, stride)
        Scratch.
    weight : ndarray of shape (K,)
    first : ndarray of shape (K, padded)
    second : ndarray of shape (K, padded + spare, padded) or (K, padded)
        Upper triangles (entries below the diagonal are spoilt), or diagonals.
    k, position, count : int
    """
    here, padded = slice(position, position + count), first.shape[1]
    rows = differences[here, :padded]
    scaled = shares[here, None] * rows
    weight[k] += shares[here].sum()
    first[k] += scaled.sum(axis=0)
    if second.ndim == 3:
        second[k, :padded] += scaled.T @ rows
    else:
        second[k] += np.sum(scaled * rows, axis=0)


def _write_total(arrays):
    code = arrays.code
    (total,) = code.variables(1, code.index(0))
    with code.loop(0, arrays.counts_shape[0]) as k:
        code.put(code.get(total) + code.scalar_at(arrays.counts, k), total)
    return code.get(total).raw


@written_by(_write_total, "counts", types.intp)
def total_count(counts):
    """Sum of the counts of all components.

    Parameters
    ----------
    counts : ndarray of shape (K,), int64
    """
    return int(counts.sum())
