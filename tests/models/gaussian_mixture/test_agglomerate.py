"""Many clusters become few by the unions that cost the bound least."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.models.gaussian_mixture import GaussianMixtureModel
from skvi.models.gaussian_mixture.agglomerate import agglomerated
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
