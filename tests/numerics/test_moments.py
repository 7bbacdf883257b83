"""Moments merge, scale and subtract like the rows behind them."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from skvi.numerics.moments import Moments, weight_outer


def of_rows(rows, weights):
    """Moments by definition, in extended precision."""
    rows, weights = rows.astype(np.longdouble), weights.astype(np.longdouble)
    mean = weights @ rows / weights.sum()
    scatter = ((rows - mean) * weights[:, None]).T @ (rows - mean)
    return Moments(np.array(weights.sum(), float), mean.astype(float), scatter.astype(float))


def data(offset=0.0, n_rows=120):
    rng = np.random.RandomState(0)
    return rng.normal(size=(n_rows, 4)) + offset, rng.exponential(size=n_rows)


def assert_close(first, second, rtol):
    scale = np.sqrt(np.diag(second.scatter))
    np.testing.assert_allclose(first.weight, second.weight, rtol=rtol)
    np.testing.assert_allclose(first.mean, second.mean, rtol=1e-15, atol=rtol)
    np.testing.assert_allclose(
        first.scatter / np.outer(scale, scale), second.scatter / np.outer(scale, scale), atol=rtol
    )


@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("cuts", [[60], [1], [119], [1, 2, 3], [10, 40, 90]])
def test_merge_in_any_split(offset, cuts):
    rows, weights = data(offset)
    parts = zip(np.split(rows, cuts), np.split(weights, cuts), strict=True)
    merged = reduce(Moments.merged, [of_rows(*part) for part in parts])
    # A mean near 1e8 is itself rounded by 1e-8 of a standard deviation.
    assert_close(merged, of_rows(rows, weights), 1e-13 if offset == 0.0 else 3e-8)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_from_sums_about_a_provisional_centre(offset):
    rows, weights = data(offset)
    shift = rows[0]
    shifted = rows - shift
    sums = Moments.from_sums(
        weights.sum(), weights @ shifted, (shifted * weights[:, None]).T @ shifted, shift
    )
    assert_close(sums, of_rows(rows, weights), 1e-13 if offset == 0.0 else 1e-9)


def test_taking_rows_away_again():
    rows, weights = data()
    whole, part = of_rows(rows, weights), of_rows(rows[:50], weights[:50])
    assert_close(whole.merged(part.scaled(-1.0)), of_rows(rows[50:], weights[50:]), 1e-13)


def test_taking_every_row_away():
    rows, weights = data()
    whole = of_rows(rows, weights)
    nothing = whole.merged(whole.scaled(-1.0))
    assert nothing.weight == 0.0
    np.testing.assert_array_equal(nothing.scatter, 0.0)
    assert np.isfinite(nothing.mean).all()


def test_scaling_is_duplication():
    rows, weights = data()
    assert_close(of_rows(rows, weights).scaled(3.0), of_rows(rows, 3.0 * weights), 1e-14)


def test_merging_with_nothing():
    rows, weights = data()
    whole = of_rows(rows, weights)
    nothing = Moments(np.array(0.0), np.full(4, 7.0), np.zeros((4, 4)))
    for merged in (whole.merged(nothing), nothing.merged(whole)):
        assert_close(merged, whole, 1e-14)


def test_diagonal_and_full_scatter_agree_over_batches():
    rows, _ = data()
    weights = np.random.RandomState(1).exponential(size=(2, 3, 120))
    first, second = ([of_rows(rows, row_weights) for row_weights in batch] for batch in weights)

    def stacked(moments, diagonal):
        scatters = [np.diag(m.scatter) if diagonal else m.scatter for m in moments]
        weight = np.array([m.weight for m in moments])
        return Moments(weight, np.array([m.mean for m in moments]), np.array(scatters))

    full = stacked(first, False).merged(stacked(second, False))
    diagonal = stacked(first, True).merged(stacked(second, True))
    np.testing.assert_allclose(
        diagonal.scatter, np.diagonal(full.scatter, axis1=-2, axis2=-1), rtol=1e-14
    )
    for k in range(3):
        single = first[k].merged(second[k])
        np.testing.assert_allclose(full.scatter[k], single.scatter, rtol=1e-14)
        np.testing.assert_allclose(full.mean[k], single.mean, rtol=1e-14)


def test_weight_outer():
    vector = np.array([[1.0, 2.0], [3.0, 4.0]])
    weight = np.array([2.0, 10.0])
    np.testing.assert_array_equal(weight_outer(weight, vector, 2), [[2.0, 8.0], [90.0, 160.0]])
    full = weight_outer(weight, vector, 3)
    np.testing.assert_array_equal(full[1], [[90.0, 120.0], [120.0, 160.0]])
