"""Column moments against numpy, in parts and at large offsets."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.summary import scale, total
from skvi.numerics.column_moments import column_moments


def rows(offset=0.0):
    rng = np.random.RandomState(0)
    X = offset + rng.standard_normal((300, 4)) * np.array([1.0, 1e-3, 50.0, 0.0])
    return X, rng.randint(1, 4, size=300).astype(float)


def reference(X, weights):
    mean = np.average(X, axis=0, weights=weights)
    return weights.sum(), mean, weights @ (X - mean) ** 2


@pytest.mark.parametrize("offset", [0.0, 1e6])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_they_are_weighted_means_and_squares(offset, dtype):
    X, weights = rows(offset)
    X = X.astype(dtype)
    moments = column_moments(X, weights)
    expected = reference(X.astype(np.float64), weights)
    for actual, value in zip(moments, expected, strict=True):
        np.testing.assert_allclose(actual, value, rtol=1e-9, atol=1e-9)


def test_a_constant_column_has_no_square_at_all():
    X, weights = rows(123.456)
    assert column_moments(X, weights).square[3] == 0.0


def test_parts_add_up_and_scaling_repeats():
    X, weights = rows(1e3)
    whole = column_moments(X, weights)
    parts = total(column_moments(X[k::3], weights[k::3]) for k in range(3))
    doubled = scale(column_moments(X, weights), 2.0)
    for actual, expected in zip(parts, whole, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)
    for actual, expected in zip(doubled, column_moments(X, 2.0 * weights), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-12)


def test_sparse_rows_have_the_same_moments():
    X, weights = rows()
    X[np.random.RandomState(1).random_sample(X.shape) < 0.7] = 0.0
    for actual, expected in zip(
        column_moments(sparse.csr_array(X), weights), column_moments(X, weights), strict=True
    ):
        np.testing.assert_allclose(actual, expected, rtol=1e-9, atol=1e-9)
