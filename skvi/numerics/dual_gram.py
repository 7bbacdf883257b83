"""Products of centred, weighted rows ``R = sqrt(W) (X - 1 mean')`` when columns outnumber rows.

Dense rows are centred in panels of columns, so the only copy of ``X`` ever made is one panel.
Sparse rows are never centred: the mean enters by rank-one corrections, which lose digits only
where a feature's mean is many times its standard deviation.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.linalg.blas import dsyrk, ssyrk

__all__ = ["centred_kernel", "centred_product", "centred_transpose_product"]

# Columns of a panel: in float32 few enough for the sums over them to stay accurate, and enough
# panels for their errors to average out.
_PANEL = {np.float32: 256, np.float64: 512}
_FEWEST_FLOAT32_COLUMNS = 2048
# Sums of squares of float32 numbers outside of this range lose digits.
_SAFE_SQUARES = (1e-30, 1e30)


def centred_kernel(X, weights, mean):
    """The kernel matrix ``R R'`` of centred, weighted rows.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        float32 or float64. Many float32 columns are multiplied in float32, panel by panel, and
        added in float64.
    weights : ndarray of shape (n_rows,)
        Never negative.
    mean : ndarray of shape (n_features,)
        The centre.

    Returns
    -------
    ndarray of shape (n_rows, n_rows)
        float64, symmetric.
    """
    roots = np.sqrt(weights)
    if sparse.issparse(X):
        return _sparse_kernel(X, mean) * np.outer(roots, roots)
    if X.dtype == np.float32 and X.shape[1] >= _FEWEST_FLOAT32_COLUMNS:
        with np.errstate(over="ignore", invalid="ignore"):
            matrix = _dense_kernel(X, roots, mean, np.float32)
        low, high = _SAFE_SQUARES
        if low < np.diag(matrix).max(initial=0.0) < high:
            return matrix
    return _dense_kernel(X, roots, mean, np.float64)


def centred_transpose_product(X, weights, mean, U):
    """The product ``R' U`` with the centred, weighted rows.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        float32 or float64.
    weights : ndarray of shape (n_rows,)
        Never negative.
    mean : ndarray of shape (n_features,)
        The centre.
    U : ndarray of shape (n_rows, k)
        float64.

    Returns
    -------
    ndarray of shape (n_features, k)
        float64.
    """
    roots = np.sqrt(weights)
    if sparse.issparse(X):
        weighted = U * roots[:, None]
        return X.T @ weighted - np.outer(mean, weighted.sum(axis=0))
    product = np.empty((X.shape[1], U.shape[1]))
    for columns, panel in _panels(X, roots, mean, np.float64):
        np.matmul(panel.T, U, out=product[columns])
    return product


def centred_product(X, mean, V):
    """The product ``(X - 1 mean') V`` of centred rows.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        float32 or float64.
    mean : ndarray of shape (n_features,)
        The centre.
    V : ndarray of shape (n_features, k)
        float64.

    Returns
    -------
    ndarray of shape (n_rows, k)
        float64.
    """
    if sparse.issparse(X):
        return X @ V - mean @ V
    product = np.zeros((X.shape[0], V.shape[1]))
    for columns, panel in _panels(X, np.ones(X.shape[0]), mean, np.float64):
        product += panel @ V[columns]
    return product


def _panels(X, roots, mean, dtype):
    """Yield slices of columns and the centred, weighted rows in them; one buffer serves all."""
    n_rows, n_features = X.shape
    width = min(_PANEL[dtype], n_features)
    buffer = np.empty(n_rows * width, dtype)
    factors = roots.astype(dtype)[:, None]
    for start in range(0, n_features, width):
        columns = slice(start, min(start + width, n_features))
        panel = buffer[: n_rows * (columns.stop - start)].reshape(n_rows, -1)
        np.subtract(X[:, columns], mean[columns], out=panel, casting="same_kind")
        panel *= factors
        yield columns, panel


def _dense_kernel(X, roots, mean, dtype):
    lower = np.zeros((len(roots), len(roots)), order="F")
    for _, panel in _panels(X, roots, mean, dtype):
        if dtype == np.float64:
            lower = dsyrk(1.0, panel.T, trans=1, lower=1, beta=1.0, c=lower, overwrite_c=1)
        else:
            lower += ssyrk(1.0, panel.T, trans=1, lower=1)
    rounded = roots.astype(dtype)
    correction = np.divide(roots, rounded, out=np.ones_like(roots), where=rounded > 0.0)
    return (lower + np.tril(lower, -1).T) * np.outer(correction, correction)


def _sparse_kernel(X, mean):
    X = X.astype(np.float64)
    along = X @ mean
    return (X @ X.T).toarray() - along[:, None] - along + mean @ mean
