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
    dependent : float
        Norm of the largest column that depends on others; zero where none does.
    """

    left: np.ndarray
    singular: np.ndarray
    right: np.ndarray
    dependent: float


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
    left, triangle, order, dependent = _triangle(matrix)
    if not len(triangle):
        return GradedSVD(left, np.zeros(0), np.zeros((matrix.shape[1], 0)), dependent)
    # Errors in proportion to columns of the transpose; no rotations kept, no range cut off, no
    # transposing, no denormals perturbed.
    singular, vectors, rotation, work, _, info = dgejsv(
        triangle.T, joba=0, jobu=0, jobv=0, jobr=0, jobt=1, jobp=1
    )
    if info:
        raise np.linalg.LinAlgError(f"the singular value decomposition failed (gejsv: {info}).")
    right = np.empty_like(vectors)
    right[order] = _orthogonalised(vectors)
    return GradedSVD(left @ rotation, singular * (work[0] / work[1]), right, dependent)


def _orthogonalised(vectors):
    """Vectors in falling order of rows and columns, orthogonal entry by entry.

    Rotations stop at angles of rounding, but the first entries of the last vectors are smaller.
    """
    orthogonal, triangle = np.linalg.qr(vectors)
    return orthogonal * np.sign(np.diagonal(triangle))


def _triangle(matrix):
    """Factors ``left @ triangle == matrix[:, order]`` with rows of full rank, in falling order.

    Also the norm of the largest column that is none of those on which the others depend.
    """
    left, triangle, order = linalg.qr(matrix, mode="economic", pivoting=True, check_finite=False)
    size = _column_norms(matrix)[order]
    pivots = np.abs(np.diagonal(triangle))
    # What is left of a column is compared with that column, however small it is beside others.
    rounding = max(matrix.shape) * _EPS * size
    places = np.flatnonzero(pivots > rounding[: len(pivots)])
    if len(places) < len(pivots):
        left = np.linalg.qr(matrix[:, order[places]])[0]
        triangle = left.T @ matrix[:, order]
        # A column that depends on those before holds nothing but rounding of later ones.
        triangle[places[:, None] > np.arange(len(order))] = 0.0
        depends = np.delete(np.arange(len(order)), places)
        faint = np.abs(triangle[:, depends]) <= rounding[depends]
        triangle[:, depends] = np.where(faint, 0.0, triangle[:, depends])
    return left, triangle, order, float(np.delete(size, places).max(initial=0.0))


def _column_norms(matrix):
    """Norms of columns whose squares may be no numbers."""
    largest = np.abs(matrix).max(axis=0, initial=0.0)
    return largest * np.linalg.norm(matrix / np.where(largest > 0.0, largest, 1.0), axis=0)
