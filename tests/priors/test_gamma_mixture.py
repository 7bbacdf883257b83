"""The default noise prior keeps small samples honest and strong signals free."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi import VariationalBayesianRegression
from skvi.priors.gamma_mixture import GammaMixture

PRIOR = GammaMixture(0.6, np.array([2.0, 0.02]), np.array([0.9, 0.1]))


def test_density_is_that_of_a_mixture_of_gammas():
    v = np.linspace(-4.0, 12.0, 33)
    precision = np.exp(-v)
    parts = [
        p * stats.gamma(0.6, scale=1.0 / rate).pdf(precision) * precision
        for rate, p in zip(PRIOR.rates, PRIOR.probabilities, strict=True)
    ]
    np.testing.assert_allclose(np.exp(PRIOR.log_density_of_log_variance(v)), sum(parts), rtol=1e-12)


def test_density_integrates_to_one():
    v = np.arange(-60.0, 120.0, 0.01)
    total = np.exp(PRIOR.log_density_of_log_variance(v)).sum() * 0.01
    assert total == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("family", ["structured", "mean_field"])
@pytest.mark.parametrize(("n", "p", "noise"), [(50, 3, 1e-2), (1000, 5, 1e-3), (60, 3, 0.1)])
def test_a_strong_signal_is_not_drowned_by_the_default_prior(n, p, noise, family):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n, p))
    signal = X @ rng.standard_normal(p)
    y = signal / signal.std() + noise * rng.standard_normal(n)
    regression = VariationalBayesianRegression(family=family).fit(X, y)
    centred = np.column_stack([np.ones(n), X])
    residual = y - centred @ np.linalg.lstsq(centred, y, rcond=None)[0]
    classical = np.sqrt(residual @ residual / (n - p - 1))
    assert regression.posterior_.noise.mean == pytest.approx(classical, rel=0.05)
