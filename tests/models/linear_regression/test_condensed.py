"""The posterior on fewer nodes predicts what the posterior predicts."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.linear_model import VariationalBayesianRegression
from skvi.models.linear_regression.condensed import condensed
from skvi.models.linear_regression.marginals import predictive
from skvi.models.linear_regression.mean_field import expanded
from skvi.priors import Gamma, HalfCauchy, Normal


def fitted(n, p, n_targets=1, **options):
    rng = np.random.RandomState(n + p)
    X = rng.standard_normal((n, p))
    Y = X @ rng.standard_normal((p, n_targets)) + rng.standard_normal((n, n_targets))
    model = VariationalBayesianRegression(**options).fit(X, Y[:, 0] if n_targets == 1 else Y)
    return expanded(model._state.posterior), 3.0 * rng.standard_normal((4, p))


def assert_same_predictions(rows, posterior, fewer):
    for target in range(len(posterior.weight)):
        before = predictive(rows, posterior, target)
        after = predictive(rows, fewer, target)
        levels = np.array([1e-8, 0.01, 0.3, 0.5, 0.9, 1.0 - 1e-6])[:, None]
        at = before.ppf(levels)
        np.testing.assert_allclose(after.cdf(at), before.cdf(at), rtol=1e-11)
        np.testing.assert_allclose(after.logpdf(at), before.logpdf(at), atol=1e-11)
        np.testing.assert_allclose(after.mean(), before.mean(), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(after.std(), before.std(), rtol=1e-12)


@pytest.mark.parametrize(("n", "p"), [(3, 1), (10, 3), (50, 20), (1000, 4), (30, 60), (5, 50)])
@pytest.mark.parametrize("n_targets", [1, 3])
def test_predictions_are_kept(n, p, n_targets):
    posterior, rows = fitted(n, p, n_targets)
    fewer = condensed(posterior)
    assert fewer.weight.shape[1] < 0.75 * posterior.weight.shape[1]
    np.testing.assert_allclose(fewer.weight.sum(axis=1), 1.0, rtol=1e-13)
    assert_same_predictions(rows, posterior, fewer)


@pytest.mark.parametrize("n", [5, 20, 2000])
def test_predictions_are_kept_under_noise_priors_of_many_nodes(n):
    posterior, rows = fitted(n, 3, noise_prior=HalfCauchy(1.0))
    assert_same_predictions(rows, posterior, condensed(posterior))


@pytest.mark.parametrize(
    "options",
    [
        {"noise_prior": Gamma(1.0, 1.0)},
        {"family": "mean_field"},
        {"prior": Normal(0.0, 1.0), "noise_prior": HalfCauchy(1.0)},
    ],
)
def test_other_posteriors_stay_as_they_are(options):
    posterior, _ = fitted(20, 3, **options)
    assert condensed(posterior) is posterior


def test_equal_variances_at_a_precision_need_one_point():
    posterior, rows = fitted(10, 3)
    flat = np.full_like(posterior.noise_variance, 2.0)
    same = posterior._replace(noise_variance=flat, coefficient_variance=flat)
    np.testing.assert_allclose(
        predictive(rows, condensed(same)).logpdf(np.zeros(4)),
        predictive(rows, same).logpdf(np.zeros(4)),
        rtol=1e-13,
    )
