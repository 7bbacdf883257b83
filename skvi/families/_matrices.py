"""Small batched matrix helpers shared by the Gaussian and Wishart families."""

from __future__ import annotations

import numpy as np

from skvi.families._stirling import ratio_excess

__all__ = ["diagonal", "log_determinant", "outer", "precision", "triangular_excess", "whiten"]


def diagonal(matrix):
    """Diagonals over the last two axes."""
    return np.diagonal(matrix, axis1=-2, axis2=-1)


def outer(vector):
    """Outer products of vectors with themselves."""
    return vector[..., :, None] * vector[..., None, :]


def log_determinant(matrix):
    """Log-determinants of symmetric positive definite matrices."""
    return 2.0 * np.log(diagonal(np.linalg.cholesky(matrix))).sum(axis=-1)


def precision(matrix):
    """Inverses of symmetric positive definite matrices, exactly symmetric."""
    inverse_factor = np.linalg.inv(np.linalg.cholesky(matrix))
    return np.swapaxes(inverse_factor, -1, -2) @ inverse_factor


def whiten(matrix, vector):
    """``L^-1 vector`` where ``matrix = L L'``; batch axes of the two broadcast."""
    inverse_factor = np.linalg.inv(np.linalg.cholesky(matrix))
    return np.einsum("...ij,...j->...i", inverse_factor, vector)


def triangular_excess(matrix, reference, ratio=1.0):
    """``tr(R) - D - log|R|`` for ``R = ratio * reference^-1 matrix``, as a sum of positive terms.

    ``L0^-1 L`` is triangular: its diagonal carries the determinant, and the rest only adds to the
    trace.
    """
    factor = np.linalg.solve(np.linalg.cholesky(reference), np.linalg.cholesky(matrix))
    below = np.tril(factor, -1)
    ratio = np.asarray(ratio)
    diagonal_part = ratio_excess(ratio[..., None] * diagonal(factor) ** 2, 1.0).sum(axis=-1)
    return diagonal_part + ratio * (below * below).sum(axis=(-2, -1))
