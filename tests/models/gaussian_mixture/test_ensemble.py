"""Several mixtures at once end where each ends on its own."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.models.gaussian_mixture import GaussianMixtureModel, ensemble
from tests.models.gaussian_mixture.small import WEIGHTS, clusters, lap, total_bound


@pytest.mark.parametrize("few", [True, False], ids=["arrays", "kernels"])
@pytest.mark.parametrize("weight_prior", WEIGHTS.values(), ids=WEIGHTS)
def test_each_climbs_as_it_would_alone(structure, weight_prior, few, monkeypatch):
    if not few:
        monkeypatch.setattr(ensemble, "_FEW_NUMBERS", 0)
    laps = 3 if few else 1
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
        np.testing.assert_allclose(summary.moments.weight, expected.moments.weight, atol=1e-8)
        np.testing.assert_allclose(summary.moments.scatter, expected.moments.scatter, atol=1e-6)
        assert summary.entropy == pytest.approx(expected.entropy, abs=1e-8)


@pytest.mark.parametrize("unit", [1e-100, 1e100])
def test_units_that_cannot_be_squared_go_through_the_kernels(unit, monkeypatch):
    X = clusters(60, 2) * unit
    model = GaussianMixtureModel(2, 2, "full")
    rows = model.subsample(ArrayBlocks(X), np.random.RandomState(0))
    prior = model.prior(model.facts(rows))
    monkeypatch.setattr(ensemble, "_array_lap", None)
    [(summary, bound)] = model.climb(prior, rows, [model.start(rows, np.random.RandomState(0))], 1)
    assert np.isfinite(bound)
    assert summary.moments.weight.sum() == pytest.approx(60.0)
