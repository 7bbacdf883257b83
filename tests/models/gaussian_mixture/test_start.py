"""Seeds spread over the rows, whatever their order, repetition and units."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.models.gaussian_mixture import GaussianMixtureModel, start
from tests.models.gaussian_mixture.small import clusters


def sample_of(X, weights=None, n_components=4, seed=0):
    rng = np.random.RandomState(seed)
    return start.subsample(ArrayBlocks(X, None, weights), rng, n_components), rng


def seeds_of(X, structure, weights=None, n_components=4, seed=0):
    sample, rng = sample_of(X, weights, n_components, seed)
    return sample.X[start.seeds(sample, rng, n_components, structure)]


def factor_of(X, structure, weights=None):
    return start.whitened(sample_of(X, weights)[0], structure)[1]


@pytest.mark.parametrize("n_rows", [60, 3000])
def test_neither_order_nor_repetition_matters(structure, n_rows):
    X = clusters(n_rows, 2)
    counts = np.random.RandomState(0).randint(1, 3, n_rows)
    repeated = np.repeat(X, counts, axis=0)
    shuffled = repeated[np.random.RandomState(1).permutation(len(repeated))]
    weights = counts.astype(float)
    first, second = seeds_of(X, structure, weights), seeds_of(shuffled, structure)
    np.testing.assert_array_equal(first, second)
    first, second = factor_of(X, structure, weights), factor_of(shuffled, structure)
    np.testing.assert_allclose(first, second, rtol=1e-12)


def test_seeds_are_rows_in_different_clusters(structure):
    X = np.vstack([clusters(50, 2, 1, seed=k) + 1000.0 * k for k in range(4)])
    seeds = seeds_of(X, structure)
    assert {int(value) for value in np.rint((seeds[:, 1] - 10.0) / 1000.0)} == {0, 1, 2, 3}
    assert all((X == row).all(axis=1).any() for row in seeds)


def test_chances_are_proportional_to_squared_distances():
    X = np.array([[0.0], [1.0], [3.0]])
    pairs = [seeds_of(X, "spherical", n_components=2, seed=s)[:, 0] for s in range(3000)]
    after_zero = [second for first, second in pairs if first == 0.0]
    # From 0 the chances of 1 and 3 are 1/10 and 9/10; about a thousand draws.
    error = 4.0 * np.sqrt(0.09 / len(after_zero))
    assert abs(np.mean(np.array(after_zero) == 1.0) - 0.1) < error


def test_rows_of_weight_zero_are_never_seeds(structure):
    X = clusters(40, 2)
    weights = (X[:, 0] < np.median(X[:, 0])).astype(float)
    seeds = seeds_of(X, structure, weights)
    assert np.all(seeds[:, 0] < np.median(X[:, 0]))


def test_seeds_follow_the_units_of_the_columns():
    X = clusters(80, 3)
    factors = np.array([1e-3, 1.0, 1e4])
    for structure in ("full", "tied", "diag"):
        first, second = seeds_of(X, structure), seeds_of(X * factors, structure)
        np.testing.assert_allclose(second, first * factors)


def test_rows_go_to_the_nearest_seed(structure):
    X = clusters(100, 2)
    sample, rng = sample_of(X)
    found = start.partition_statistics(sample, rng, 4, structure, "seeds")
    seeds, factor = seeds_of(X, structure), factor_of(X, structure)
    gaps = X[:, None] - seeds
    gaps = gaps @ factor.T if factor.ndim == 2 else gaps * factor
    labels = np.sum(gaps**2, axis=-1).argmin(axis=1)
    np.testing.assert_array_equal(found.moments.weight, np.bincount(labels, minlength=4))
    assert found.entropy == 0.0


def test_whitened_rows_have_unit_covariance():
    X = clusters(500, 3)
    factor = factor_of(X, "full")
    whitened = np.cov((X @ factor.T).T, ddof=0)
    # The covariance is shrunk towards its diagonal by a share of 4/504.
    np.testing.assert_allclose(whitened, np.eye(3), atol=0.05)


@pytest.mark.parametrize(("n_components", "n_kept"), [(3, 2000), (30, 3000)])
def test_subsample_has_the_weight_of_all_rows(n_components, n_kept):
    X = clusters(9000, 2)
    sample = start.subsample(ArrayBlocks(X), np.random.RandomState(0), n_components)
    assert sample.n_rows == n_kept
    assert sample.total_weight == pytest.approx(9000.0)


def test_subsample_grows_with_the_number_of_columns():
    X = np.random.RandomState(0).standard_normal((3000, 40))
    sample = start.subsample(ArrayBlocks(X), np.random.RandomState(0), 3)
    assert sample.n_rows == 2400


def test_first_summary_of_many_rows_has_their_weight(structure):
    X = clusters(5000, 2)
    model = GaussianMixtureModel(3, 2, structure)
    summary = model.start(ArrayBlocks(X), np.random.RandomState(0))
    assert summary.moments.weight.sum() == pytest.approx(5000.0)
    assert np.all(summary.moments.weight > 50.0)


def test_a_single_component_has_all_rows_at_once(structure):
    X = clusters(3000, 2)
    model = GaussianMixtureModel(1, 2, structure)
    blocks = ArrayBlocks(X)
    found = model.start(blocks, np.random.RandomState(0)).moments
    prior = model.prior(model.facts(blocks))
    posterior = model.update(prior, model.start(blocks, np.random.RandomState(0)))
    parts = [model.summarize(block, posterior) for block in blocks]
    expected = parts[0].merged(parts[1]).moments
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize("weight", [1.0, 1e-300])
def test_more_seeds_than_distinct_rows_are_rows_all_the_same(weight):
    rows, weights = np.array([[0.0], [1e-20], [2e-20]]), np.array([weight, 0.0, weight])
    chosen = start._spread(rows, weights, 6, np.random.RandomState(0))
    assert set(chosen) == {0, 2}


def test_two_components_take_seeds_in_place_of_a_learned_metric():
    X = np.random.RandomState(0).standard_normal((60, 3))
    blocks = ArrayBlocks(X, None, np.ones(len(X)))
    for n_components, kind in ((2, "seeds"), (3, "learned metric")):
        model = GaussianMixtureModel(n_components, 3, "full")
        found = model.start(blocks, np.random.RandomState(1), variant=1)
        rng = np.random.RandomState(1)
        sample = model.subsample(blocks, rng)
        expected = start.partition_statistics(sample, rng, n_components, "full", kind)
        np.testing.assert_array_equal(found.moments.mean, expected.moments.mean)
