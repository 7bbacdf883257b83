"""Several mixtures at once end where each ends on its own."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.models.gaussian_mixture import GaussianMixtureModel, ensemble, few_rows
from tests.models.gaussian_mixture.small import WEIGHTS, clusters, lap, largest_first, total_bound


@pytest.mark.parametrize("way", ["compiled", "arrays", "kernels"])
@pytest.mark.parametrize("weight_prior", WEIGHTS.values(), ids=WEIGHTS)
def test_each_climbs_as_it_would_alone(structure, weight_prior, way, monkeypatch):
    if way == "compiled":
        monkeypatch.setattr(ensemble, "_SETTLED", -1.0)
        monkeypatch.setattr(ensemble, "_COMPILED_LAPS_FOR_ONE", 3)
        monkeypatch.setattr(few_rows, "_PATIENCE", 1e9)
    else:
        monkeypatch.setattr(ensemble, "_FEW_PRODUCTS", 0)
    if way == "kernels":
        monkeypatch.setattr(ensemble, "_FEW_NUMBERS", 0)
    laps = 1 if way == "kernels" else 3
    X = clusters(120, 2)
    model = GaussianMixtureModel(4, 2, structure, weight_prior=weight_prior)
    rows = model.subsample(ArrayBlocks(X), np.random.RandomState(0))
    prior = model.prior(model.facts(rows))
    summaries = [model.start(rows, np.random.RandomState(k), variant=k) for k in range(5)]
    for start, (summary, bound) in zip(
        summaries, model.climb(prior, rows, summaries, 2), strict=True
    ):
        posterior = model.update(prior, start)
        for _ in range(2 * laps):
            posterior, expected = lap(model, rows, prior, posterior)
        assert bound == pytest.approx(total_bound(model, prior, posterior, expected), rel=1e-9)
        if way == "compiled" and structure == "full":
            expected = largest_first(expected)
        np.testing.assert_allclose(summary.moments.weight, expected.moments.weight, atol=1e-8)
        np.testing.assert_allclose(summary.moments.scatter, expected.moments.scatter, atol=1e-6)
        assert summary.entropy == pytest.approx(expected.entropy, abs=1e-8)


def test_laps_end_early_where_nothing_moves():
    X = clusters(150, 2, distance=20.0)
    model = GaussianMixtureModel(3, 2, "full")
    rows = model.subsample(ArrayBlocks(X), np.random.RandomState(0))
    prior = model.prior(model.facts(rows))
    starts = [model.start(rows, np.random.RandomState(0), variant=2)]
    [(settled, bound)] = model.climb(prior, rows, starts, 1000)
    [(further, same)] = model.climb(prior, rows, [settled], 1)
    assert same == pytest.approx(bound, rel=1e-12)
    np.testing.assert_allclose(further.moments.mean, settled.moments.mean, atol=1e-4)


def test_rows_that_fill_the_last_tile_in_part(monkeypatch):
    monkeypatch.setattr(ensemble, "_COMPILED_LAPS_FOR_ONE", 3)
    X = clusters(700, 3)
    model = GaussianMixtureModel(3, 3, "full", weight_prior=WEIGHTS["dirichlet"])
    rows = model.subsample(ArrayBlocks(X), np.random.RandomState(0))
    prior = model.prior(model.facts(rows))
    start = model.start(rows, np.random.RandomState(0))
    [(summary, _)] = model.climb(prior, rows, [start], 1)
    posterior = model.update(prior, start)
    for _ in range(3):
        posterior, expected = lap(model, rows, prior, posterior)
    expected = largest_first(expected)
    np.testing.assert_allclose(summary.moments.weight, expected.moments.weight, rtol=1e-10)
    np.testing.assert_allclose(summary.moments.mean, expected.moments.mean, rtol=1e-10)
    assert summary.entropy == pytest.approx(expected.entropy, rel=1e-10)


@pytest.mark.parametrize("structure", ["tied", "diag", "spherical"])
def test_laps_are_cheap_with_full_covariances_over_few_rows_alone(structure):
    def laps(kind, n_rows):
        model = GaussianMixtureModel(4, 5, kind)
        rows = model.subsample(ArrayBlocks(clusters(n_rows, 5)), np.random.RandomState(0))
        return model.cheap_laps(rows)

    assert laps(structure, 100) == 0
    assert laps("full", 100) > laps("full", 1900) > 10
    assert GaussianMixtureModel(4, 5, "full").cheap_laps(ArrayBlocks(clusters(100, 5))) == 0
