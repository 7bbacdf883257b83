"""Weights against the families, scikit-learn's state, and all orders of the sticks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from skvi.families.dirichlet import Dirichlet
from skvi.families.stick_breaking import StickBreaking
from skvi.models.gaussian_mixture import weights
from skvi.priors.dirichlet import Dirichlet as PriorDirichlet
from skvi.priors.dirichlet_process import DirichletProcess
from skvi.priors.pitman_yor import PitmanYor

STICKS = StickBreaking(np.array([2.0, 0.5, 3.0]), np.array([1.0, 4.0, 0.0]))


@pytest.mark.parametrize(
    "distribution",
    [Dirichlet(np.array([0.3, 5.0, 1.0])), STICKS, STICKS._replace(failure=np.array([1, 4, 2.0]))],
    ids=["dirichlet", "truncated", "open"],
)
def test_numbers_are_those_of_the_family(distribution):
    described = weights.describe(distribution)
    assert described.log_normalizer == pytest.approx(distribution.log_normalizer(), rel=1e-12)
    np.testing.assert_allclose(described.expected_log, distribution.expected_log(), rtol=1e-12)
    np.testing.assert_array_equal(described.order, [0, 1, 2])


def test_components_are_named_by_component_not_by_stick():
    order = np.array([2, 0, 1])
    described = weights.describe(STICKS, order)
    np.testing.assert_allclose(described.expected_log[order], STICKS.expected_log())
    shares = weights.expected_weights(described)
    np.testing.assert_allclose(shares[order], STICKS.expected_weights())
    assert shares.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    "prior",
    [DirichletProcess(0.3), DirichletProcess(7.0), PitmanYor(2.0, 0.6), PitmanYor(0.5, 0.9)],
    ids=repr,
)
@pytest.mark.parametrize("n_components", [1, 2, 3, 5])
def test_order_of_sticks_is_the_best_of_all(prior, n_components):
    rng = np.random.RandomState(n_components)
    initial = weights.describe(prior.weight_distribution(n_components))
    for _ in range(20):
        counts = rng.gamma(0.3, 20.0, n_components)
        found = weights.updated(initial, counts)
        assert sorted(found.order) == list(range(n_components))
        best = max(
            initial.distribution.updated(counts[list(order)]).log_normalizer()
            for order in itertools.permutations(range(n_components))
        )
        assert found.log_normalizer == pytest.approx(best, rel=1e-11)


def test_default_dirichlet_process_orders_by_size():
    initial = weights.describe(DirichletProcess().weight_distribution(4))
    found = weights.updated(initial, np.array([3.0, 10.0, 0.0, 5.0]))
    np.testing.assert_array_equal(found.order, [1, 3, 0, 2])


def test_a_large_last_component_is_found_where_it_pays():
    initial = weights.describe(DirichletProcess(50.0).weight_distribution(2))
    found = weights.updated(initial, np.array([10.0, 3.0]))
    np.testing.assert_array_equal(found.order, [1, 0])


def test_dirichlet_counts_are_added_and_negative_ones_are_not():
    initial = weights.describe(Dirichlet(np.full(3, 0.5)))
    found = weights.updated(initial, np.array([2.0, -1e-12, 1.0]))
    np.testing.assert_array_equal(found.distribution.concentration, [2.5, 0.5, 1.5])


@pytest.mark.parametrize(
    "prior", [PriorDirichlet(0.4), DirichletProcess(7.0), PitmanYor(2.0, 0.6)], ids=repr
)
@pytest.mark.parametrize("n_components", [1, 2, 5])
def test_several_mixtures_at_once(prior, n_components):
    initial = weights.describe(prior.weight_distribution(n_components))
    counts = np.random.RandomState(0).gamma(0.3, 20.0, (6, n_components))
    together = weights.updated(initial, counts)
    for index, row in enumerate(counts):
        alone = weights.updated(initial, row)
        np.testing.assert_allclose(together.expected_log[index], alone.expected_log, rtol=1e-13)
        np.testing.assert_allclose(together.log_normalizer[index], alone.log_normalizer)
