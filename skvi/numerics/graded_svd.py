"""Singular values and vectors of matrices whose columns are of very different sizes.

The usual decomposition is exact for a matrix that differs by rounding of its *largest* entries:
nothing is left of columns (or of groups of rows) sixteen powers of ten below. This one is exact for
a matrix each of whose columns differs by rounding of its own, and so finds every singular value,
and every entry of the right vectors, to the digits that the columns hold once brought to the same
size. A pivoted triangle has rows in decreasing order; one-sided Jacobi rotations of its transpose
keep that (Drmac and Veselic 2008, SIAM J. Matrix Anal. Appl. 29, 1322-1362; LAPACK's ``gejsv``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg
from scipy.linalg.lapack import dgejsv

__all__ = ["GradedSVD", "graded_svd"]

_EPS = np.finfo(np.float64).eps


class GradedSVD(NamedTuple):
    """A matrix as ``left * singular @ right.T``, with the rank as it shows in every column.

    Attributes
    ----------
    left : ndarray of shape (n_rows, rank)
    singular : ndarray of shape (rank,)
        Descending.
    right : ndarray of shape (n_columns, rank)
    sizes, pivots : ndarray of shape (n_columns,)
        What a pivoted triangle has left of the columns beside those before (pivots), zero where
        that is rounding, and the sizes of what it is a difference of: rounding of these is its
        error.
    """

    left: np.ndarray
    singular: np.ndarray
    right: np.ndarray
    sizes: np.ndarray
    pivots: np.ndarray


def graded_svd(matrix):
    """Decompose a matrix.

    Parameters
    ----------
    matrix : ndarray of shape (n_rows, n_columns)
        Finite.

    Returns
    -------
    GradedSVD

    Raises
    ------
    numpy.linalg.LinAlgError
        If the rotations do not converge.
    """
    norms = _column_norms(matrix)
    left, triangle, order, places = _triangle(matrix, norms)
    if not len(triangle):
        nothing = np.zeros((matrix.shape[1], 0))
        return GradedSVD(left, np.zeros(0), nothing, norms, np.zeros(len(norms)))
    # Errors in proportion to columns of the transpose; no rotations kept, no range cut off, no
    # transposing, no denormals perturbed.
    singular, vectors, rotation, work, _, info = dgejsv(
        triangle.T, joba=0, jobu=0, jobv=0, jobr=0, jobt=1, jobp=1
    )
    if info:
        raise np.linalg.LinAlgError(f"the singular value decomposition failed (gejsv: {info}).")
    right = np.empty_like(vectors)
    right[order] = _orthogonalised(vectors)
    sizes, pivots = np.zeros((2, len(order)))
    sizes[order], pivots[order] = _differences(triangle, norms[order], places)
    return GradedSVD(left @ rotation, singular * (work[0] / work[1]), right, sizes, pivots)


def _orthogonalised(vectors):
    """Vectors in falling order of rows and columns, orthogonal entry by entry.

    Rotations stop at angles of rounding, but the first entries of the last vectors are smaller.
    """
    orthogonal, triangle = np.linalg.qr(vectors)
    return orthogonal * np.sign(np.diagonal(triangle))


def _triangle(matrix, norms):
    """Factors ``left @ triangle == matrix[:, order]`` with rows of full rank, in falling order.

    Also the places of the columns in that order on which the others depend.
    """
    left, triangle, order = linalg.qr(matrix, mode="economic", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diagonal(triangle))
    # What is left of a column is compared with that column, however small it is beside others.
    rounding = max(matrix.shape) * _EPS * norms[order]
    places = np.flatnonzero(diagonal > rounding[: len(diagonal)])
    if len(places) < len(diagonal):
        left = np.linalg.qr(matrix[:, order[places]])[0]
        triangle = left.T @ matrix[:, order]
        # A column that depends on those before holds nothing but rounding of later ones.
        triangle[places[:, None] > np.arange(len(order))] = 0.0
        depends = np.delete(np.arange(len(order)), places)
        faint = np.abs(triangle[:, depends]) <= rounding[depends]
        triangle[:, depends] = np.where(faint, 0.0, triangle[:, depends])
    return left, triangle, order, places


def _differences(triangle, norms, places):
    """Sizes of the parts of what is left of every column, and what is left."""
    basic = triangle[:, places]
    inverse = linalg.solve_triangular(basic, np.eye(len(places)), check_finite=False)
    pivots = np.zeros(len(norms))
    pivots[places] = np.abs(np.diagonal(basic))
    parts = np.abs(inverse @ triangle)
    parts[:, places] = np.abs(inverse) * pivots[places]
    sizes = norms[places] @ parts
    others = pivots == 0.0
    sizes[others] += norms[others]
    return sizes, pivots


def _column_norms(matrix):
    """Norms of columns whose squares may be no numbers."""
    largest = np.abs(matrix).max(axis=0, initial=0.0)
    return largest * np.linalg.norm(matrix / np.where(largest > 0.0, largest, 1.0), axis=0)
