"""The weighted centred Gram against extended precision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import pytest
from scipy import sparse

from skvi.numerics import gram
from skvi.numerics.gram import centred_moments, provisional_centre, sparse_centred_moments
from skvi.numerics.tile_gram import TILE_ROWS

WIDTHS = [*range(1, 21), *range(47, 54)]


def reference(X, y, weights):
    """Mean and scatter in extended precision."""
    rows = X if y is None else np.concatenate([X.astype(np.float64), y], axis=1)
    rows, weights = rows.astype(np.longdouble), weights.astype(np.longdouble)
    mean = weights @ rows / weights.sum()
    centred = rows - mean
    return mean, (centred * weights[:, None]).T @ centred


def scatter_error(moments, scatter):
    """Largest error of a scatter entry, in units of the two standard deviations."""
    scale = np.sqrt(np.diag(scatter))
    return float(np.max(np.abs(moments.scatter - scatter) / np.outer(scale, scale)))


def block(n_rows, n_features, dtype=np.float64, offset=0.0, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n_rows, n_features)) @ rng.normal(size=(n_features, n_features)) + offset
    X = X.astype(dtype)
    X.flags.writeable = False
    y = rng.normal(size=(n_rows, 1)) + X[:, :1]
    return X, y, rng.exponential(size=n_rows)


@pytest.mark.parametrize("n_features", WIDTHS)
def test_float64_moments(n_features):
    X, y, weights = block(3 * TILE_ROWS + 7, n_features, offset=2.0)
    moments = centred_moments(X, y, weights)
    mean, scatter = reference(X, y, weights)
    assert moments.scatter.dtype == np.float64
    np.testing.assert_allclose(moments.weight, weights.sum(), rtol=1e-14)
    np.testing.assert_allclose(moments.mean, mean.astype(float), rtol=1e-13, atol=1e-13)
    assert scatter_error(moments, scatter) < 3e-15


@pytest.mark.parametrize("n_features", [1, 16, 50, 130])
def test_float32_follows_float64(n_features):
    X, y, weights = block(5001, n_features, np.float32, offset=2.0)
    single = centred_moments(X, y, weights)
    double = centred_moments(X.astype(np.float64), y, weights)
    scale = np.sqrt(np.diag(double.scatter))
    assert 0.0 < scatter_error(single, double.scatter) < 2e-7
    assert np.max(np.abs(single.mean - double.mean) / scale * np.sqrt(5001.0)) < 2e-7


@pytest.mark.parametrize("n_rows", [1, 2, 95, 96, 97, 192, 1024])
def test_any_number_of_rows(n_rows):
    X, y, weights = block(n_rows, 5)
    moments = centred_moments(X, y, weights)
    _, scatter = reference(X, y, weights)
    np.testing.assert_allclose(moments.scatter, scatter.astype(float), atol=1e-12 * n_rows)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_offset_of_one_hundred_million(dtype):
    rng = np.random.RandomState(1)
    X = (1e8 + 8.0 * rng.randint(-50, 50, size=(4000, 7))).astype(dtype)
    y = 1e8 + rng.normal(size=(4000, 2))
    weights = rng.exponential(size=4000)
    mean, scatter = reference(X, y, weights)
    moments = centred_moments(X, y, weights)
    assert scatter_error(moments, scatter) < (2e-7 if dtype == np.float32 else 1e-14)
    deviation = np.sqrt(np.diag(scatter) / weights.sum())
    error = np.abs(moments.mean - mean) / deviation
    assert np.max(error) < (1e-7 if dtype == np.float32 else 2 * np.spacing(1e8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_poor_centre_is_replaced(dtype):
    X, y, weights = block(4000, 6, dtype)
    _, scatter = reference(X, y, weights)
    moments = centred_moments(X, y, weights, np.full(7, 1e5))
    assert scatter_error(moments, scatter) < (2e-7 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weight_means_duplication(dtype):
    X, y, _ = block(3000, 9, dtype)
    weights = np.random.RandomState(3).randint(0, 4, size=3000).astype(float)
    repeated = np.repeat(np.arange(3000), weights.astype(int))
    shift = provisional_centre(X, y, weights)
    weighted = centred_moments(X, y, weights, shift)
    duplicated = centred_moments(X[repeated], y[repeated], np.ones(len(repeated)), shift)
    assert weighted.weight == duplicated.weight
    tolerance = 2e-7 if dtype == np.float32 else 1e-14
    assert scatter_error(weighted, duplicated.scatter) < tolerance


def test_rows_of_weight_zero_do_not_count():
    X, y, weights = block(300, 4)
    spoiled = np.array(X)
    spoiled[::3] = 1e12
    weights[::3] = 0.0
    kept = weights > 0.0
    moments = centred_moments(spoiled, y, weights)
    _, scatter = reference(X[kept], y[kept], weights[kept])
    assert scatter_error(moments, scatter) < 1e-14


def test_unit_weights_are_not_read():
    X, y, _ = block(500, 4)
    plain = centred_moments(X, y, None, unit_weights=True)
    ones = centred_moments(X, y, np.ones(500))
    for first, second in zip(plain, ones, strict=True):
        np.testing.assert_array_equal(first, second)


def test_no_targets_and_no_weight():
    X, _, weights = block(300, 4)
    _, scatter = reference(X, None, weights)
    assert scatter_error(centred_moments(X, None, weights), scatter) < 1e-14
    empty = centred_moments(X, None, np.zeros(300))
    assert empty.weight == 0.0
    np.testing.assert_array_equal(empty.scatter, 0.0)
    assert np.isfinite(empty.mean).all()


def test_constant_columns_have_no_scatter():
    X = np.array(block(2100, 3, np.float32)[0])
    X[:, 1] = 0.1
    moments = centred_moments(X, None, np.ones(2100))
    assert moments.scatter[1, 1] == 0.0
    assert moments.mean[1] == np.float32(0.1)


@pytest.mark.parametrize("scale", [1e-30, 1e-18, 1e25])
def test_float32_squares_out_of_range(scale):
    X, y, weights = block(2100, 3)
    X = (X * [scale, 1.0, 1.0]).astype(np.float32)
    _, scatter = reference(X, y, weights)
    assert scatter_error(centred_moments(X, y, weights), scatter) < 1e-13


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 3e-15), (np.float32, 2e-7)])
def test_wide_rows_by_blas(monkeypatch, dtype, tolerance):
    monkeypatch.setattr(gram, "_WIDEST_TILE", dict.fromkeys(gram._WIDEST_TILE, 0))
    X, y, weights = block(2500, 11, dtype, offset=2.0)
    _, scatter = reference(X, y, weights)
    assert scatter_error(centred_moments(X, y, weights), scatter) < tolerance


def test_float32_squares_out_of_range_by_blas(monkeypatch):
    monkeypatch.setattr(gram, "_WIDEST_TILE", dict.fromkeys(gram._WIDEST_TILE, 0))
    X, y, weights = block(2100, 3)
    X = (X * 1e25).astype(np.float32)
    _, scatter = reference(X, y, weights)
    assert scatter_error(centred_moments(X, y, weights), scatter) < 1e-13


def test_very_wide_rows():
    X, y, weights = block(1030, 1300)
    moments = centred_moments(X, y, weights)
    mean = weights @ X / weights.sum()
    centred = np.sqrt(weights)[:, None] * (X - mean)
    np.testing.assert_allclose(
        moments.scatter[:-1, :-1], centred.T @ centred, atol=1e-12 * 1030 * 1300
    )


def test_same_bits_from_any_number_of_threads():
    blocks = [block(1000, 21, seed=seed) for seed in range(6)]
    alone = [centred_moments(*rows) for rows in blocks]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda rows: centred_moments(*rows), blocks))
    for first, second in zip(alone, together, strict=True):
        np.testing.assert_array_equal(first.scatter, second.scatter)


def test_sparse_moments():
    rng = np.random.RandomState(5)
    X = sparse.random_array((400, 30), density=0.2, format="csr", random_state=rng)
    y, weights = rng.normal(size=(400, 2)) + 1e8, rng.exponential(size=400)
    shift = np.concatenate([np.zeros(30), y[0]])
    moments = sparse_centred_moments(X, y, weights, shift)
    mean, scatter = reference(X.toarray(), y, weights)
    assert scatter_error(moments, scatter) < 1e-14
    np.testing.assert_allclose(moments.mean, mean.astype(float), rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("offset", [1e2, 1e4, 1e7])
def test_sparse_features_and_targets_far_from_zero(offset, dtype):
    rng = np.random.RandomState(1)
    X = sparse.random_array((400, 6), density=0.3, format="csr", random_state=rng).toarray()
    X[:, 1], X[:, 4] = offset, offset + np.round(rng.standard_normal(400))
    X[:, 3] = offset * 1e-3 * rng.standard_normal(400)
    X = X.astype(dtype)
    y, weights = rng.standard_normal((400, 2)) - offset, rng.exponential(size=400)
    moments = sparse_centred_moments(sparse.csr_array(X), y, weights)
    expected = centred_moments(X.astype(np.float64), y, weights)
    np.testing.assert_allclose(moments.mean, expected.mean, rtol=1e-13, atol=1e-14)
    size = np.sqrt(np.diag(expected.scatter))
    np.testing.assert_array_equal(moments.scatter[1], 0.0)
    size[1] = 1.0
    error = np.abs(moments.scatter - expected.scatter) / np.outer(size, size)
    assert error.max() < 1e-10


def test_sparse_rows_with_unsorted_and_repeated_entries():
    indices, indptr = np.array([2, 0, 2, 1, 1]), np.array([0, 3, 5, 5])
    X = sparse.csr_array((np.array([1.0, 2.0, 3.0, 4.0, 5.0]), indices, indptr), shape=(3, 3))
    weights = np.array([1.0, 2.0, 0.5])
    _, scatter = reference(X.toarray(), None, weights)
    moments = sparse_centred_moments(X, None, weights)
    np.testing.assert_allclose(moments.scatter, scatter.astype(float), atol=1e-13)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_sparse_kernel_matches_its_python_form():
    X = sparse.random_array(
        (20, 6), density=0.4, format="csr", random_state=np.random.RandomState(6)
    )
    weights = np.arange(20.0)
    compiled, python = np.zeros((6, 6)), np.zeros((6, 6))
    arguments = (X.data, X.indices, X.indptr, weights)
    gram._add_sparse_rows(*arguments, compiled)
    gram._add_sparse_rows.py_func(*arguments, python)
    np.testing.assert_allclose(compiled, python, rtol=1e-14)


def test_centre_skips_rows_of_weight_zero():
    X = np.array([[1.0], [50.0], [3.0]])
    np.testing.assert_array_equal(provisional_centre(X, None, np.array([1.0, 0.0, 1.0])), [2.0])
    np.testing.assert_array_equal(provisional_centre(X, None, np.zeros(3)), [0.0])
