"""Compiled laps over few rows are those of the model, or say that they cannot go on."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.families.normal_wishart import NormalWishart
from skvi.families.stick_breaking import StickBreaking
from skvi.inference.blocks import ArrayBlocks
from skvi.inference.reading import summarize_all
from skvi.models.gaussian_mixture import GaussianMixtureModel, start
from skvi.models.gaussian_mixture.few_rows import WhitenedRows, climb
from skvi.numerics.moments import Moments
from skvi.priors import Dirichlet, DirichletProcess, PitmanYor
from tests.models.gaussian_mixture.small import clusters, largest_first


def batch(moments):
    return Moments(*(field[None] for field in moments))


def whitened(blocks, n_components):
    sample = start.subsample(blocks, np.random.RandomState(0), n_components)
    return WhitenedRows.of(sample.weights, *start.whitened(sample, "full"))


@pytest.mark.parametrize("weight_prior", [Dirichlet(0.3), DirichletProcess(2.0), PitmanYor(1, 0.2)])
@pytest.mark.parametrize(("n_rows", "n_features", "n_components"), [(80, 1, 2), (300, 3, 6)])
def test_laps_are_those_of_the_model(n_rows, n_features, n_components, weight_prior):
    X = clusters(n_rows, n_features) * 10.0 ** np.arange(n_features) + 1e3
    blocks = ArrayBlocks(X, None, np.random.RandomState(1).uniform(0.5, 2.0, n_rows))
    model = GaussianMixtureModel(n_components, n_features, "full", None, weight_prior)
    prior = model.prior(model.facts(blocks))
    summary = model.start(blocks, np.random.RandomState(0))
    component, sticks = prior.components.distribution, prior.weights.distribution
    rows = whitened(blocks, n_components)
    found, entropy = climb(rows, component, sticks, batch(summary.moments), 4, -1.0)
    for _ in range(4):
        summary = summarize_all(model, blocks, model.update(prior, summary))
    summary = largest_first(summary)
    for one, other in zip(found, summary.moments, strict=True):
        size = np.abs(other).max(axis=tuple(range(other.ndim - 1)))
        np.testing.assert_allclose(one[0] / size, other / size, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(entropy, [summary.entropy], rtol=1e-7)


def test_a_run_ends_once_nothing_moves():
    blocks = ArrayBlocks(clusters(200, 2))
    model = GaussianMixtureModel(2, 2, "full")
    prior = model.prior(model.facts(blocks))
    moments = batch(model.start(blocks, np.random.RandomState(0)).moments)
    arguments = whitened(blocks, 2), prior.components.distribution, prior.weights.distribution
    settled = climb(*arguments, moments, 10**6, 1e-4)
    again = climb(*arguments, settled[0], 1, 1e-4)
    np.testing.assert_allclose(again[0].mean, settled[0].mean, rtol=1e-3)


def test_a_run_that_cannot_win_is_given_up():
    X = clusters(300, 2, distance=30.0)
    blocks = ArrayBlocks(X)
    model = GaussianMixtureModel(3, 2, "full")
    prior = model.prior(model.facts(blocks))
    good = model.start(blocks, np.random.RandomState(0), variant=2).moments
    poor = Moments(np.full(3, 100.0), X[:3] + 0.01, np.array([100.0 * np.cov(X.T)] * 3))
    arguments = whitened(blocks, 3), prior.components.distribution, prior.weights.distribution
    both = Moments(*(np.array(pair) for pair in zip(poor, good, strict=True)))
    (raced, _), (alone, _) = (
        climb(*arguments, moments, 40, 1e-9) for moments in (both, batch(poor))
    )
    assert np.abs(raced.mean[0] - alone.mean[0]).max() > 0.1
    np.testing.assert_array_equal(
        raced.mean[1], climb(*arguments, batch(good), 40, 1e-9)[0].mean[0]
    )


@pytest.mark.parametrize("diagonal", [1.0, -50.0])
def test_a_scale_matrix_that_is_not_positive_definite_gives_nothing(diagonal):
    X = np.random.RandomState(0).standard_normal((40, 2))
    prior = NormalWishart(np.zeros(2), 1.0, 2.0, np.eye(2))
    sticks = StickBreaking(np.ones(2), np.array([1.0, 0.0]))
    scatter = np.array([np.eye(2), np.diag([1.0, diagonal])])
    moments = Moments(np.array([20.0, 20.0]), X[:2], scatter)
    rows = WhitenedRows.of(np.ones(40), np.zeros(2), np.eye(2), np.column_stack([X, np.ones(40)]))
    found = climb(rows, prior, sticks, batch(moments), 2, 0.0)
    assert (found is None) == (diagonal < 0.0)
    if diagonal > 0.0:
        assert found[0].weight.sum() == pytest.approx(40.0)
    np.testing.assert_array_equal(moments.scatter, scatter)


def test_components_too_narrow_for_the_form_of_the_logits_give_nothing():
    X = np.random.RandomState(0).standard_normal((40, 2))
    sticks = StickBreaking(np.ones(2), np.array([1.0, 0.0]))
    rows = WhitenedRows.of(np.ones(40), np.zeros(2), np.eye(2), np.column_stack([X, np.ones(40)]))
    for size, good in ((1e-2, True), (1e-16, False)):
        prior = NormalWishart(np.zeros(2), 1.0, 2.0, size * np.eye(2))
        moments = Moments(np.array([20.0, 20.0]), X[:2], size * np.array([np.eye(2)] * 2))
        assert (climb(rows, prior, sticks, batch(moments), 1, 0.0) is not None) == good
