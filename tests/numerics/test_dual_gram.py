"""Products of centred rows, by panels, against extended precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.numerics.dual_gram import centred_kernel, centred_product, centred_transpose_product


def wide(n_rows, n_features, dtype=np.float64, offset=0.0):
    rng = np.random.RandomState(0)
    X = (offset + rng.randint(-50, 50, size=(n_rows, n_features))).astype(dtype)
    X.flags.writeable = False
    weights = rng.exponential(size=n_rows)
    mean = weights @ X.astype(np.longdouble) / weights.sum()
    centred = np.sqrt(weights.astype(np.longdouble))[:, None] * (X - mean)
    return X, weights, mean.astype(np.float64), centred


def relative_error(found, exact):
    return float(np.max(np.abs(found - exact)) / np.max(np.abs(exact)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_features", [1, 511, 512, 513, 1300, 2047, 2048, 3000])
def test_kernel(n_features, dtype):
    X, weights, mean, centred = wide(23, n_features, dtype)
    kernel = centred_kernel(X, weights, mean)
    assert kernel.dtype == np.float64
    np.testing.assert_array_equal(kernel, kernel.T)
    single = dtype == np.float32 and n_features >= 2048
    assert relative_error(kernel, centred @ centred.T) < (2e-7 if single else 1e-14)


def test_kernel_with_an_offset_of_one_hundred_million():
    X, weights, mean, centred = wide(23, 700, offset=1e8)
    # The mean itself is rounded to 1.5e-8, against a standard deviation of 29.
    assert relative_error(centred_kernel(X, weights, mean), centred @ centred.T) < 1e-9


@pytest.mark.parametrize("scale", [1e-25, 1e25])
def test_float32_squares_out_of_range(scale):
    X, weights, mean, centred = wide(23, 2100)
    X = (X * scale).astype(np.float32)
    exact = centred @ centred.T
    found = centred_kernel(X, weights, weights @ X.astype(np.float64) / weights.sum()) / scale**2
    assert relative_error(found, exact) < 2e-7


def test_rows_of_weight_zero_vanish():
    X, weights, mean, _ = wide(23, 600)
    weights[3] = 0.0
    kernel = centred_kernel(X, weights, mean)
    np.testing.assert_array_equal(kernel[3], 0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_transpose_product(dtype):
    X, weights, mean, centred = wide(23, 1300, dtype)
    U = np.random.RandomState(1).normal(size=(23, 4))
    product = centred_transpose_product(X, weights, mean, U)
    assert product.shape == (1300, 4)
    assert relative_error(product, centred.T @ U) < 1e-14


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_product(dtype):
    X, _, mean, _ = wide(23, 1300, dtype)
    V = np.random.RandomState(1).normal(size=(1300, 4))
    exact = (X.astype(np.longdouble) - mean) @ V
    assert relative_error(centred_product(X, mean, V), exact) < 1e-14


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sparse_rows(dtype):
    X = sparse.random_array(
        (30, 200), density=0.1, format="csr", random_state=np.random.RandomState(2)
    )
    X = X.astype(dtype)
    rng = np.random.RandomState(3)
    weights, mean = rng.exponential(size=30), X.toarray().mean(axis=0).astype(np.float64)
    plain = X.toarray().astype(np.longdouble) - mean
    centred = np.sqrt(weights)[:, None] * plain
    U, V = rng.normal(size=(30, 3)), rng.normal(size=(200, 3))
    assert relative_error(centred_kernel(X, weights, mean), centred @ centred.T) < 1e-14
    product = centred_transpose_product(X, weights, mean, U)
    assert relative_error(product, centred.T @ U) < 1e-14
    assert relative_error(centred_product(X, mean, V), plain @ V) < 1e-14
