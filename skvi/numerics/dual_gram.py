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

_PANEL = 512


def centred_kernel(X, weights, mean):
    """The kernel matrix ``R R'`` of centred, weighted rows.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        float32 or float64. float32 panels are multiplied in float32 and added in float64.
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
    lower = np.zeros((len(roots), len(roots)), order="F")
    for _, panel in _panels(X, roots, mean, X.dtype):
        if X.dtype == np.float64:
            lower = dsyrk(1.0, panel.T, trans=1, lower=1, beta=1.0, c=lower, overwrite_c=1)
        else:
            lower += ssyrk(1.0, panel.T, trans=1, lower=1)
    return lower + np.tril(lower, -1).T


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
    buffer = np.empty(n_rows * min(_PANEL, n_features), dtype)
    factors = roots.astype(dtype)[:, None]
    for start in range(0, n_features, _PANEL):
        columns = slice(start, min(start + _PANEL, n_features))
        panel = buffer[: n_rows * (columns.stop - start)].reshape(n_rows, -1)
        np.subtract(X[:, columns], mean[columns], out=panel, casting="same_kind")
        panel *= factors
        yield columns, panel


def _sparse_kernel(X, mean):
    X = X.astype(np.float64)
    along = X @ mean
    return (X @ X.T).toarray() - along[:, None] - along + mean @ mean
