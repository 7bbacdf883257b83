"""The square-root summary: same moments, merged in any split, with the digits a Gram would lose."""

from __future__ import annotations

from functools import reduce

import mpmath
import numpy as np
import pytest
from scipy import sparse

from skvi.inference.summary import add, scale, subtract, total
from skvi.numerics.gram import centred_moments
from skvi.numerics.square_root import SquareRoot


def block(n_rows, n_features=5, offset=0.0, dtype=np.float64):
    rng = np.random.RandomState(n_rows)
    X = (rng.normal(size=(n_rows, n_features)) + offset).astype(dtype)
    return X, rng.normal(size=(n_rows, 1)), rng.exponential(size=n_rows)


def assert_same_moments(first, second, tolerance=1e-13):
    scale = np.sqrt(np.diag(second.scatter))
    np.testing.assert_allclose(first.weight, second.weight, rtol=1e-14)
    np.testing.assert_allclose(first.mean, second.mean, rtol=1e-13, atol=1e-13)
    error = np.abs(first.scatter - second.scatter) / np.outer(scale, scale)
    assert np.max(error) < tolerance


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_rows", [3, 6, 7, 500])
def test_moments_of_rows(n_rows, dtype):
    X, y, weights = block(n_rows, offset=3.0, dtype=dtype)
    summary = SquareRoot.from_rows(X, y, weights)
    assert summary.root.dtype == np.float64
    assert len(summary.root) == min(n_rows, 6)
    expected = centred_moments(X.astype(np.float64), y, weights)
    assert_same_moments(summary.moments(), expected)


@pytest.mark.parametrize("n_rows", [4, 40, 400])
@pytest.mark.parametrize("cuts", [(0.5,), (0.25, 0.5, 0.75), (0.3, 0.3)])
def test_merge_in_any_split(n_rows, cuts):
    X, y, weights = block(n_rows, offset=3.0)
    bounds = [0, *(int(cut * n_rows) for cut in cuts), n_rows]
    parts = [
        SquareRoot.from_rows(X[a:b], y[a:b], weights[a:b])
        for a, b in zip(bounds[:-1], bounds[1:], strict=True)
    ]
    merged = reduce(SquareRoot.merged, parts)
    assert_same_moments(merged.moments(), centred_moments(X, y, weights))


def test_memory_stays_bounded():
    X, y, weights = block(600)
    summary, longest = SquareRoot.from_rows(X[:3], y[:3], weights[:3]), 0
    for start in range(3, 600, 3):
        rows = slice(start, start + 3)
        summary = summary.merged(SquareRoot.from_rows(X[rows], y[rows], weights[rows]))
        longest = max(longest, len(summary.root))
    assert longest <= 12
    assert len(summary.compressed().root) == 6


def test_scaled_is_duplication():
    X, y, weights = block(50)
    summary = SquareRoot.from_rows(X, y, weights).scaled(3.0)
    assert_same_moments(summary.moments(), centred_moments(X, y, 3.0 * weights))
    nothing = summary.scaled(0.0)
    assert nothing.weight == 0.0
    np.testing.assert_array_equal(nothing.root, 0.0)


@pytest.mark.parametrize("factor", [-1.0, -1e-300, np.nan])
def test_negative_factors_are_refused(factor):
    summary = SquareRoot.from_rows(*block(10))
    with pytest.raises(ValueError, match="factor must be zero or positive"):
        summary.scaled(factor)


def test_summary_arithmetic():
    blocks = [block(n) for n in (20, 30, 40)]
    parts = [SquareRoot.from_rows(*rows) for rows in blocks]
    rows = [np.concatenate(arrays) for arrays in zip(*blocks, strict=True)]
    assert_same_moments(total(parts).moments(), centred_moments(*rows))
    twice = add(parts[0], scale(parts[0], 1.0))
    assert_same_moments(twice.moments(), scale(parts[0], 2.0).moments())
    with pytest.raises(ValueError, match="factor"):
        subtract(twice, parts[0])


def test_rows_of_weight_zero_and_no_rows():
    X, y, weights = block(30)
    weights[::2] = 0.0
    X[::2] = 1e300
    kept = weights > 0.0
    summary = SquareRoot.from_rows(X, y, weights)
    assert_same_moments(summary.moments(), centred_moments(X[kept], y[kept], weights[kept]))
    nothing = SquareRoot.from_rows(X, y, np.zeros(30))
    assert nothing.weight == 0.0
    assert_same_moments(nothing.merged(summary).moments(), summary.moments())
    assert_same_moments(summary.merged(nothing).moments(), summary.moments())
    assert nothing.merged(nothing).weight == 0.0


def test_sparse_rows_and_no_targets():
    X = sparse.random_array(
        (60, 5), density=0.3, format="csr", random_state=np.random.RandomState(0)
    )
    weights = np.ones(60)
    summary = SquareRoot.from_rows(X, None, weights)
    assert_same_moments(summary.moments(), centred_moments(X.toarray(), None, weights))


def test_one_row_has_no_scatter():
    summary = SquareRoot.from_rows(np.array([[1e8, -3.0]]), None, np.array([2.0]))
    np.testing.assert_array_equal(summary.mean, [1e8, -3.0])
    np.testing.assert_array_equal(summary.moments().scatter, 0.0)


def test_condition_number_is_not_squared():
    """The smallest singular value survives at condition 1e12, where a scatter loses it."""
    n_rows, width = 60, 4
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(n_rows, width))
    rows[:, 3] = rows[:, 2] + 1e-12 * rng.normal(size=n_rows)
    parts = np.split(rows, 5)
    merged = total(SquareRoot.from_rows(part, None, np.ones(12)) for part in parts)
    with mpmath.workdps(50):
        exact = mpmath.matrix(rows.tolist())
        mean = [mpmath.fsum(exact[:, j]) / n_rows for j in range(width)]
        centred = mpmath.matrix(n_rows, width)
        for n in range(n_rows):
            for j in range(width):
                centred[n, j] = exact[n, j] - mean[j]
        smallest = mpmath.sqrt(min(mpmath.eigsy(centred.T * centred, eigvals_only=True)))
    found = np.linalg.svd(merged.root, compute_uv=False)[-1]
    # Backward stable: relative to the largest singular value the error is a few 1e-16.
    assert found == pytest.approx(float(smallest), rel=1e-2)


@pytest.mark.parametrize("n_features", [5, 150])
@pytest.mark.parametrize("n_rows", [511, 1300, 5000])
def test_many_rows_are_taken_in_parts(n_rows, n_features):
    X, y, weights = block(n_rows, n_features, offset=3.0)
    summary = SquareRoot.from_rows(X, y, weights)
    assert summary.root.shape == (n_features + 1, n_features + 1)
    assert_same_moments(summary.moments(), centred_moments(X, y, weights))


def test_moments_as_a_square_root():
    X, y, weights = block(50, offset=3.0)
    X[:, 1], X[:, 2] = 0.0, 1e100 * X[:, 0]
    moments = centred_moments(X, y, weights)
    root = SquareRoot.of(moments)
    assert SquareRoot.of(root) is root
    size = np.sqrt(np.diag(moments.scatter))
    size[1] = 1.0
    error = np.abs(root.moments().scatter - moments.scatter) / np.outer(size, size)
    assert error.max() < 1e-14
    np.testing.assert_array_equal(root.mean, moments.mean)
