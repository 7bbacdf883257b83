"""Merges and splits keep the moments of all rows, and lead out of poor local optima."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import evaluate
from skvi.inference.restarts import best_start
from skvi.models.gaussian_mixture import GaussianMixtureModel, moves
from skvi.models.gaussian_mixture.kernels import label_statistics
from tests.models.gaussian_mixture.small import clusters, fitted


def overall(moments, structure):
    """Weight, mean and scatter (or its diagonal or trace) of all rows of one mixture."""
    weight, mean, scatter = moments
    total = weight.sum()
    center = weight @ mean / total
    delta = mean - center
    if structure in ("full", "tied"):
        within = scatter if structure == "tied" else scatter.sum(axis=0)
        return total, center, within + (weight[:, None] * delta).T @ delta
    between = weight @ delta**2
    if structure == "spherical":
        return total, center, scatter.sum() + between.sum()
    return total, center, scatter.sum(axis=0) + between


def assert_same_overall(found, expected, structure):
    pairs = zip(overall(found, structure), overall(expected, structure), strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-9)


def single(moments, index):
    return type(moments)(*(field[index] for field in moments))


def test_a_merged_component_has_the_rows_of_both(structure):
    X = clusters(200, 3)
    labels, center = np.random.RandomState(0).randint(4, size=200), X.mean(axis=0)
    ones = np.ones(200)
    separate = label_statistics(X, ones, labels, center, structure, 4).moments
    found = moves.merged(separate, np.array([0, 1]), np.array([3, 2]))
    for pair, (first, second) in enumerate([(0, 3), (1, 2)]):
        joined = np.where(labels == second, first, labels)
        expected = label_statistics(X, ones, joined, center, structure, 4).moments
        used = expected.weight > 0.0
        one = single(found, pair)
        np.testing.assert_allclose(one.weight, expected.weight)
        np.testing.assert_allclose(one.mean[used], expected.mean[used])
        np.testing.assert_allclose(one.scatter, expected.scatter, rtol=1e-9, atol=1e-9)


def test_every_proposal_keeps_the_moments_of_all_rows(structure):
    X = clusters(150, 3, n_clusters=4)
    model, prior, _, summary = fitted(X, 5, structure)
    found = model.moves(prior, summary)
    assert len(found) > 4
    for proposal in found:
        assert_same_overall(proposal.moments, summary.moments, structure)


def test_proposals_of_large_mixtures_need_little_memory():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((2000, 20))
    model, prior, _, summary = fitted(X, 40, "full", laps=1)
    tracemalloc.start()
    found = model.moves(prior, summary)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 26
    assert len(found) > 30


def test_fewer_splits_are_tried_where_mixtures_have_many_numbers(monkeypatch):
    model, prior, _, summary = fitted(clusters(150, 3, n_clusters=4), 5, "full")
    every = model.moves(prior, summary)
    monkeypatch.setattr(moves, "_NUMBERS_AT_ONCE", 1)
    fewer = model.moves(prior, summary)
    merges = [np.sort(proposal.moments.weight) for proposal in every[:4]]
    for proposal, weights in zip(fewer[:4], merges, strict=True):
        np.testing.assert_allclose(np.sort(proposal.moments.weight), weights)
    assert 4 < len(fewer) < len(every)


def test_merges_are_ranked_by_the_bound_of_sure_rows(structure):
    X = clusters(150, 3, n_clusters=4)
    model, prior, _, summary = fitted(X, 5, structure)
    first, second = np.triu_indices(5, 1)
    gains = moves._gains(model, prior, summary.moments, first, second, 3)
    expected = []
    for pair in zip(first, second, strict=True):
        joined = single(moves.merged(summary.moments, *(np.array([i]) for i in pair)), 0)
        terms = evaluate(model, prior, summary._replace(moments=joined, entropy=0.0)).terms
        expected.append(sum(terms.values()))
    np.testing.assert_allclose(gains - gains[0], np.array(expected) - expected[0], atol=1e-7)


def test_light_rows_have_moves_too(structure):
    model, prior, _, summary = fitted(clusters(60, 2), 4, structure, weights=np.full(60, 1e-4))
    assert len(model.moves(prior, summary)) > 4


def test_halves_of_a_gaussian_are_those_of_its_rows():
    rng = np.random.RandomState(1)
    X = rng.standard_normal((200000, 2)) * [3.0, 1.0]
    # Other rows, far along the second column, make the first the longest axis relative to all.
    X[::4, 1] *= 50.0
    labels, ones = np.where(np.arange(len(X)) % 4, 0, 2), np.ones(len(X))
    model = GaussianMixtureModel(3, 2, "full")
    prior = model.prior(model.facts(ArrayBlocks(X)))
    whole = label_statistics(X, ones, labels, X.mean(axis=0), "full", 3).moments
    start = type(whole)(*(field[None] for field in whole))
    halves = single(moves.split(start, np.array([0]), np.array([1]), prior), 0)
    sides = np.where((labels == 0) & (X[:, 0] < 0.0), 1, labels)
    expected = label_statistics(X, ones, sides, X.mean(axis=0), "full", 3).moments
    order = np.argsort(-halves.mean[:2, 0])
    np.testing.assert_allclose(halves.mean[order], expected.mean[:2], atol=0.03)
    covariance = expected.scatter[:2] / expected.weight[:2, None, None]
    found = halves.scatter[order] / halves.weight[order, None, None]
    np.testing.assert_allclose(found, covariance, atol=0.06)


@pytest.mark.parametrize("covariance_type", ["full", "diag", "spherical", "tied"])
def test_repairs_find_what_a_poor_start_missed(covariance_type):
    rng = np.random.RandomState(0)
    truth = rng.randint(4, size=400)
    X = np.array([[0.0, 0.0], [12.0, 0.0], [0.0, 12.0], [12.0, 12.0]])[truth]
    X = X + rng.standard_normal(X.shape)
    # two components share one cluster, and one has two clusters
    poor = np.where(truth == 3, 2, truth)
    poor[truth == 0] = np.where(X[truth == 0, 0] > 0.0, 0, 3)

    class Poor(GaussianMixtureModel):
        def start(self, blocks, rng, variant=0):
            center = blocks.X.mean(axis=0)
            return label_statistics(blocks.X, np.ones(400), poor, center, self.covariance_type, 4)

    blocks = ArrayBlocks(X)
    model = Poor(4, 2, covariance_type)
    prior = model.prior(model.facts(blocks))
    rows = ArrayBlocks(X, None, np.ones(400))
    rngs = [np.random.RandomState(k) for k in range(3)]
    state = best_start(model, blocks, prior, rngs, [(5, 3)], sample=rows)
    ideal = label_statistics(X, np.ones(400), truth, X.mean(axis=0), covariance_type, 4)
    assert state.bound >= evaluate(model, prior, ideal).bound - 1e-9
