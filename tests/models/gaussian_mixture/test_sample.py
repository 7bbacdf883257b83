"""The sample of distinct rows depends on contents alone."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks, BlockGroup
from skvi.models.gaussian_mixture.sample import distinct_rows, hash_rows


def drawn(X, weights=None, limit=100, seed=0):
    sample = distinct_rows(ArrayBlocks(X, None, weights), limit, np.random.RandomState(seed))
    return sample.X, sample.weights


@pytest.fixture
def X():
    return np.random.RandomState(0).standard_normal((1000, 3))


def test_all_distinct_rows_are_kept_in_order_where_there_are_few():
    X = np.array([[2.0, 1.0], [1.0, 5.0], [2.0, 0.0], [1.0, 5.0], [9.0, 9.0]])
    rows, weights = drawn(X, np.array([1.0, 2.0, 3.0, 4.0, 0.0]))
    np.testing.assert_array_equal(rows, [[1.0, 5.0], [2.0, 0.0], [2.0, 1.0]])
    np.testing.assert_array_equal(weights, [6.0, 3.0, 1.0])


def test_a_sample_of_all_rows_is_complete_and_the_one_that_hashes_would_give(X):
    repeated = np.vstack([X, X[:10]])
    whole = distinct_rows(ArrayBlocks(repeated), 1011, np.random.RandomState(0))
    hashed = distinct_rows(ArrayBlocks(repeated), 1001, np.random.RandomState(0))
    assert whole.complete
    assert not hashed.complete
    np.testing.assert_array_equal(whole.X, hashed.X)
    np.testing.assert_array_equal(whole.weights, hashed.weights)


def test_rows_are_in_lexicographic_order_with_and_without_ties():
    X = np.random.RandomState(0).standard_normal((50, 3))
    for rows in (X, np.round(X)):
        exact = np.array(sorted({tuple(row) for row in rows + 0.0}))
        np.testing.assert_array_equal(drawn(rows)[0], exact)


def test_order_of_rows_and_blocks_does_not_matter(X):
    rows, weights = drawn(X)
    assert rows.shape == (100, 3)
    shuffled, _ = drawn(X[np.random.RandomState(1).permutation(1000)])
    np.testing.assert_array_equal(shuffled, rows)
    pieces = BlockGroup([block for part in np.array_split(X, 7) for block in ArrayBlocks(part)])
    pieces.n_features = 3
    cut = distinct_rows(pieces, 100, np.random.RandomState(0))
    np.testing.assert_array_equal(cut.X, rows)
    np.testing.assert_allclose(cut.weights, weights)


def test_weights_stand_for_repetitions(X):
    counts = np.random.RandomState(2).randint(0, 4, 1000)
    rows, weights = drawn(X, counts.astype(float))
    repeated, repetitions = drawn(np.repeat(X, counts, axis=0))
    np.testing.assert_array_equal(rows, repeated)
    np.testing.assert_allclose(weights, repetitions, rtol=1e-14)


def test_weights_add_up_to_those_of_all_rows(X):
    weights = np.random.RandomState(2).uniform(size=1000)
    assert drawn(X, weights)[1].sum() == pytest.approx(weights.sum())


def test_other_seeds_give_other_rows_and_every_row_has_a_chance(X):
    seen = {tuple(row) for seed in range(80) for row in drawn(X, limit=100, seed=seed)[0]}
    # A row is missed 80 times with chance 0.9^80: 0.2 rows of a thousand.
    assert len(seen) >= 995


def test_hashes_agree_for_equal_numbers_and_differ_otherwise(X):
    seed = np.uint64(5)
    single = X.astype(np.float32)
    np.testing.assert_array_equal(
        hash_rows(single, seed), hash_rows(single.astype(np.float64), seed)
    )
    zero = np.zeros((1, 2))
    np.testing.assert_array_equal(hash_rows(zero, seed), hash_rows(-zero, seed))
    assert len(np.unique(hash_rows(X, seed))) == 1000
    assert not np.any(hash_rows(X, seed) == hash_rows(X, np.uint64(6)))
    assert not np.any(hash_rows(X, seed) == hash_rows(X[:, ::-1], seed))


@pytest.mark.parametrize("unit", [2.0, 10.0, np.array([1e-3, 3.0, 1e9])])
def test_units_and_origins_do_not_matter(X, unit):
    rows, weights = drawn(X)
    scaled, scaled_weights = drawn(unit * X)
    np.testing.assert_array_equal(scaled, unit * rows)
    np.testing.assert_array_equal(scaled_weights, weights)
    moved, _ = drawn(X + 7.0)
    np.testing.assert_array_equal(moved, rows + 7.0)
