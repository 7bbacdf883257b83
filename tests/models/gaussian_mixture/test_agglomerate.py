"""Many clusters become few by the unions that cost the bound least."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.models.gaussian_mixture import GaussianMixtureModel
from skvi.models.gaussian_mixture.agglomerate import agglomerated, pooled_agglomerated
from skvi.models.gaussian_mixture.kernels import label_statistics


@pytest.mark.parametrize("structure", ["full", "diag", "spherical"])
def test_pieces_of_the_same_cluster_are_put_together(structure):
    rng = np.random.RandomState(0)
    truth = rng.randint(3, size=600)
    X = np.array([[0.0, 0.0], [15.0, 0.0], [0.0, 15.0]])[truth] + rng.standard_normal((600, 2))
    pieces = 3 * truth + rng.randint(3, size=600)
    model = GaussianMixtureModel(3, 2, structure)
    prior = model.prior(model.facts(ArrayBlocks(X))).components.distribution
    ones, center = np.ones(600), X.mean(axis=0)
    many = label_statistics(X, ones, pieces, center, structure, 9).moments
    found = agglomerated(prior, many, 3)
    expected = label_statistics(X, ones, truth, center, structure, 3).moments
    order = np.argsort(found.mean @ [1.0, 2.0]), np.argsort(expected.mean @ [1.0, 2.0])
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one[order[0]], other[order[1]], rtol=1e-9)


def test_as_many_clusters_as_wanted_are_left_alone():
    X = np.random.RandomState(0).standard_normal((50, 2))
    model = GaussianMixtureModel(4, 2, "full")
    prior = model.prior(model.facts(ArrayBlocks(X))).components.distribution
    labels = np.arange(50) % 4
    moments = label_statistics(X, np.ones(50), labels, X.mean(axis=0), "full", 4).moments
    for one, other in zip(agglomerated(prior, moments, 4), moments, strict=True):
        np.testing.assert_array_equal(one, other)


def test_with_one_covariance_the_nearest_two_become_one():
    rng = np.random.RandomState(0)
    X, labels = rng.standard_normal((90, 2)) * [1.0, 30.0], rng.randint(6, size=90)
    X[:, 0] += 4.0 * (labels // 2)
    scale, ones, center = np.diag([0.5, 2.0]), np.ones(90), X.mean(axis=0)
    many = label_statistics(X, ones, labels, center, "tied", 6).moments
    before = np.linalg.slogdet(scale + many.scatter)[1]
    found = pooled_agglomerated(scale, many, 5)
    unions = []
    for first in range(6):
        for second in range(first):
            joined = np.where(labels == first, second, labels)
            union = label_statistics(X, ones, joined, center, "tied", 6).moments
            unions.append(np.linalg.slogdet(scale + union.scatter)[1] - before)
    loss = np.linalg.slogdet(scale + found.scatter)[1] - before
    assert loss == pytest.approx(min(unions), rel=1e-9)
    whole = pooled_agglomerated(scale, many, 1)
    expected = label_statistics(X, ones, 0 * labels, center, "tied", 1).moments
    for one, other in zip(whole, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_clusters_without_rows_go_first():
    rng = np.random.RandomState(0)
    X, labels = rng.standard_normal((30, 2)), np.repeat([0, 2, 3], 10)
    many = label_statistics(X, np.ones(30), labels, X.mean(axis=0), "tied", 5).moments
    found = pooled_agglomerated(np.eye(2), many, 3)
    np.testing.assert_allclose(np.sort(found.weight), [10.0, 10.0, 10.0])
    np.testing.assert_allclose(found.scatter, many.scatter, rtol=1e-12)


def test_moments_given_are_left_as_they_are():
    rng = np.random.default_rng(2)
    X, labels = rng.normal(size=(60, 2)), np.arange(60) % 6
    given = label_statistics(X, np.ones(60), labels, X.mean(axis=0), "full", 6).moments
    before = [field.copy() for field in given]
    model = GaussianMixtureModel(2, 2)
    prior = model.prior(model.facts(ArrayBlocks(X))).components.distribution
    agglomerated(prior, given, 2)
    for field, value in zip(given, before, strict=True):
        np.testing.assert_array_equal(field, value)
