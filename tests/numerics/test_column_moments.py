"""Moments of columns against extended precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.summary import add, scale, total
from skvi.numerics.column_moments import column_moments


def rows(n_rows=300, n_columns=5, offset=0.0, dtype=np.float64):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n_rows, n_columns)) * np.logspace(-2, 2, n_columns) + offset
    return X.astype(dtype), rng.uniform(0.5, 2.0, n_rows)


def explicit(X, weights):
    X, weights = X.astype(np.longdouble), weights.astype(np.longdouble)
    mean = weights @ X / weights.sum()
    parts = weights.sum(), mean, weights @ (X - mean) ** 2
    return [np.asarray(part, dtype=np.float64) for part in parts]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("offset", [0.0, 3.0, 1e6])
@pytest.mark.parametrize("n_rows", [1, 2, 300])
def test_dense_rows(n_rows, offset, dtype):
    X, weights = rows(n_rows, offset=offset, dtype=dtype)
    moments = column_moments(X, weights)
    for value, expected in zip(moments, explicit(X, weights), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_sparse_rows(offset, dtype):
    """Sums about the origin lose the digits of the square of the offset."""
    X, weights = rows(offset=offset, dtype=dtype)
    X *= np.random.RandomState(1).uniform(size=X.shape) < 0.3
    moments = column_moments(sparse.csr_array(X), weights)
    for value, expected in zip(moments, explicit(X, weights), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-11)


def test_sparse_rows_keep_their_values():
    X = sparse.csr_array(rows()[0])
    before = X.copy()
    column_moments(X, np.ones(300))
    np.testing.assert_array_equal(X.toarray(), before.toarray())


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_a_constant_column_has_no_spread(kind):
    X, weights = np.full((100, 2), 0.3), np.full(100, 2.0)
    X[:, 1] = 0.0
    moments = column_moments(kind(X), weights)
    np.testing.assert_allclose(moments.mean, [0.3, 0.0], rtol=1e-14)
    assert np.all(moments.square >= 0.0)
    assert np.all(moments.square <= (0.0 if kind is np.asarray else 1e-13))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_blocks_add(offset):
    X, weights = rows(offset=offset)
    cuts = [slice(0, 1), slice(1, 50), slice(50, 300)]
    parts = total(column_moments(X[c], weights[c]) for c in cuts)
    for value, expected in zip(parts, explicit(X, weights), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-9)


def test_scaled_and_empty():
    X, weights = rows()
    moments = column_moments(X, weights)
    for value, expected in zip(scale(moments, 3.0), column_moments(X, 3.0 * weights), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12)
    nothing = scale(moments, 0.0)
    for value, expected in zip(add(nothing, moments), moments, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12)
    assert add(nothing, nothing).weight == 0.0
    assert np.all(np.isfinite(add(nothing, nothing).mean))
