"""Cholesky factors and their inverses, of parameter-sized matrices.

All functions are batched: leading axes count matrices.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.linalg.lapack import dpotrf, dtrtri

__all__ = [
    "cholesky_with_jitter",
    "inverse_factor",
    "triangular_inverse",
]

# More matrices than this, no larger than that: numpy's batches beat a loop over LAPACK's routines.
_FEW, _TINY = 4, 7
_LADDER = (0.0, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6)


def cholesky_with_jitter(matrix):
    """Lower Cholesky factor of a symmetric matrix, with jitter on the diagonal where it is needed.

    A matrix that factors as it is is left alone. One that does not is scaled to unit diagonal and
    the smallest of 1e-10, 1e-9, ..., 1e-6 that makes it positive definite is added there.

    Parameters
    ----------
    matrix : ndarray of shape (..., d, d)
        Symmetric matrices; only the lower triangle is read.

    Returns
    -------
    factor : ndarray of shape (..., d, d)
        Lower triangular, ``factor @ factor.T == matrix + jitter * diag(matrix)``.
    jitter : ndarray of shape (...)
        Jitter relative to the diagonal, 0 where none was needed.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix holds values that are not finite, has a diagonal entry that is not positive,
        or is not positive definite with a relative jitter of 1e-6.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    try:
        factor = np.linalg.cholesky(matrix)
        if np.isfinite(factor).all():
            return factor, np.zeros(matrix.shape[:-2])
    except np.linalg.LinAlgError:
        pass
    return _climb(matrix)


def _climb(matrix):
    """Walk up the ladder for each matrix of the batch on its own."""
    size = matrix.shape[-1]
    batch = matrix.reshape(-1, size, size)
    factor, jitter = np.empty_like(batch), np.zeros(len(batch))
    for index, single in enumerate(batch):
        factor[index], jitter[index] = _climb_one(single)
    return factor.reshape(matrix.shape), jitter.reshape(matrix.shape[:-2])


def _climb_one(matrix):
    diagonal = matrix.diagonal()
    if not np.isfinite(matrix).all():
        raise np.linalg.LinAlgError("The matrix holds values that are not finite.")
    if not (diagonal > 0.0).all():
        raise np.linalg.LinAlgError(
            f"The matrix is not positive definite: its smallest diagonal entry is {diagonal.min()}."
        )
    scale = np.sqrt(diagonal)
    correlation = matrix / scale[:, None] / scale
    for jitter in _LADDER:
        try:
            factor = np.linalg.cholesky(correlation + jitter * np.eye(len(scale)))
        except np.linalg.LinAlgError:
            continue
        return scale[:, None] * factor, jitter
    raise np.linalg.LinAlgError(
        f"The matrix is not positive definite, even with a relative jitter of {_LADDER[-1]}."
    )


def triangular_inverse(factor):
    """Inverse of lower triangular matrices.

    Parameters
    ----------
    factor : ndarray of shape (..., d, d)
        Lower triangular with a non-zero diagonal.

    Returns
    -------
    ndarray of shape (..., d, d)
        Lower triangular.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a diagonal entry is zero.
    """
    factor = np.asarray(factor, dtype=np.float64)
    if _are_many_tiny(factor):
        return np.where(_lower_mask(factor.shape[-1]), np.linalg.inv(factor), 0.0)
    inverse = factor.copy()
    if not _all_done(_invert, inverse):
        raise np.linalg.LinAlgError("The triangular matrix is singular.")
    return inverse


def inverse_factor(matrix):
    """Inverse of the lower Cholesky factor: ``A`` with ``A' A`` the inverse of the matrix.

    Parameters
    ----------
    matrix : ndarray of shape (..., d, d)
        Symmetric, with jitter where it is needed: see :func:`cholesky_with_jitter`.

    Returns
    -------
    ndarray of shape (..., d, d)
        Lower triangular.

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix is not positive definite with a relative jitter of 1e-6.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    if not _are_many_tiny(matrix):
        inverse = matrix.copy()
        if _all_done(_factor_and_invert, inverse) and _is_sound(inverse):
            return inverse
    return triangular_inverse(cholesky_with_jitter(matrix)[0])


def _are_many_tiny(matrices):
    size = matrices.shape[-1]
    return size <= _TINY and matrices.size > _FEW * size * size


def _all_done(function, matrices):
    """Whether a function that works in place succeeds on every matrix, given as its transpose."""
    # The transpose of a C-ordered lower triangle is a Fortran-ordered upper one.
    size = matrices.shape[-1]
    return all(map(function, matrices.reshape(-1, size, size).swapaxes(1, 2)))


def _invert(upper):
    return dtrtri(upper, overwrite_c=1)[1] == 0


def _factor_and_invert(upper):
    return dpotrf(upper, overwrite_a=1)[1] == 0 and _invert(upper)


def _is_sound(inverse):
    """Whether an inverse factor is that of a positive definite matrix of finite numbers."""
    diagonal = inverse.diagonal(axis1=-2, axis2=-1)
    return math.isfinite(inverse.sum()) and bool((diagonal > 0.0).all())


@lru_cache(maxsize=_TINY + 1)
def _lower_mask(size):
    return np.tri(size, dtype=bool)
