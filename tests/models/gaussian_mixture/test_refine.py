"""Lloyd steps: they lower the scatter within clusters, and a learned metric finds thin clusters."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.models.gaussian_mixture import refine


def partition(rows, *arguments, **options):
    lifted = np.column_stack([rows, np.ones(len(rows))])
    return refine.partition(lifted, *arguments, **options)


def scatter_within(rows, weights, labels):
    total = 0.0
    for k in np.unique(labels):
        member = labels == k
        mean = np.average(rows[member], axis=0, weights=weights[member])
        total += weights[member] @ np.sum((rows[member] - mean) ** 2, axis=1)
    return total


@pytest.mark.parametrize("learned", [False, True])
@pytest.mark.parametrize("diagonal", [False, True])
def test_well_separated_clusters_are_found(learned, diagonal):
    rng = np.random.RandomState(0)
    truth = rng.randint(3, size=300)
    rows = 20.0 * truth[:, None] + rng.standard_normal((300, 2))
    chosen = np.array([np.flatnonzero(truth == k)[0] for k in range(3)])
    labels = partition(rows, np.ones(300), chosen, learned=learned, diagonal=diagonal)
    np.testing.assert_array_equal(labels, truth)


def test_lloyd_steps_lower_the_scatter():
    rng = np.random.RandomState(1)
    rows, weights = rng.standard_normal((400, 3)), rng.uniform(0.5, 2.0, size=400)
    chosen = np.arange(6)
    nearest = ((rows[:, None] - rows[chosen]) ** 2).sum(axis=-1).argmin(axis=1)
    labels = partition(rows, weights, chosen, learned=False, diagonal=False)
    assert scatter_within(rows, weights, labels) < 0.9 * scatter_within(rows, weights, nearest)


def test_a_learned_metric_sees_past_a_direction_without_clusters():
    rng = np.random.RandomState(2)
    truth = rng.randint(2, size=400)
    rows = np.column_stack(
        [truth + 0.05 * rng.standard_normal(400), 2.0 * rng.standard_normal(400)]
    )
    rows /= rows.std(axis=0)
    chosen = np.array([np.flatnonzero(truth == k)[0] for k in range(2)])
    agreement = {}
    for learned in (False, True):
        labels = partition(rows, np.ones(400), chosen, learned=learned, diagonal=False)
        agreement[learned] = max(np.mean(labels == truth), np.mean(labels != truth))
    assert agreement[True] == 1.0


def test_weights_are_repetitions():
    rng = np.random.RandomState(3)
    rows, weights = rng.standard_normal((50, 2)), rng.randint(1, 4, size=50)
    chosen = np.arange(4)
    labels = partition(rows, weights.astype(float), chosen, learned=True, diagonal=False)
    repeated = np.repeat(rows, weights, axis=0)
    first = np.concatenate([[0], np.cumsum(weights)[:-1]])
    again = partition(repeated, np.ones(len(repeated)), first[chosen], learned=True, diagonal=False)
    np.testing.assert_array_equal(again, np.repeat(labels, weights))


def test_an_emptied_cluster_keeps_its_place():
    rows = np.array([[0.0], [0.0], [10.0]])
    labels = partition(rows, np.ones(3), np.array([0, 1, 2]), learned=True, diagonal=True)
    assert labels.tolist() == [0, 0, 2]


def test_steps_are_the_same_in_pieces(monkeypatch):
    rng = np.random.default_rng(4)
    lifted = np.column_stack([rng.normal(size=(700, 3)), np.ones(700)])
    weights, chosen = rng.uniform(size=700), np.arange(5) * 100
    whole = refine.partition(lifted, weights, chosen, learned=True, diagonal=False)
    monkeypatch.setattr(refine, "_CHUNK_ROWS", 128)
    pieces = refine.partition(lifted, weights, chosen, learned=True, diagonal=False)
    np.testing.assert_array_equal(pieces, whole)
