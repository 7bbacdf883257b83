"""Priors of weights: their affine forms, and refusals that say what is allowed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.priors import Flat, Normal, Ridge
from skvi.priors._base import DesignFacts
from skvi.priors.ridge import log_density_of_log_precision

FACTS = DesignFacts(3, 2.0, np.array([1.0, 4.0, 0.5]))


def test_ridge():
    form = Ridge(2.5).gaussian_form(FACTS)
    assert form.precision == 2.5
    assert form.scaled_by_noise
    np.testing.assert_array_equal(form.transform, np.ones(3))
    learned = Ridge().gaussian_form(FACTS)
    assert np.isnan(learned.precision)
    assert learned.log_precision_location == pytest.approx(np.log(4.0 / 3.0))


@pytest.mark.parametrize("alpha", [0.0, -1.0, np.inf, "large", True, "1.0"])
def test_ridge_refuses(alpha):
    with pytest.raises(ValueError, match="Ridge: alpha must be positive and finite, or None, got"):
        Ridge(alpha).gaussian_form(FACTS)


def test_hyperprior_makes_the_share_of_signal_uniform():
    u = np.linspace(-600.0, 600.0, 24001)
    log_density = log_density_of_log_precision(u, 1.3)
    assert np.sum(np.exp(log_density)) * 0.05 == pytest.approx(1.0, abs=1e-12)
    share = 1.0 / (1.0 + np.exp(u - 1.3))
    grid = np.linspace(0.01, 0.99, 99)
    below = [np.sum(np.exp(log_density[share <= level])) * 0.05 for level in grid]
    np.testing.assert_allclose(below, grid, atol=0.02)
    np.testing.assert_allclose(log_density, stats.logistic(1.3).logpdf(u), rtol=1e-12)


def test_normal():
    covariance = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.1], [0.0, 0.1, 3.0]])
    form = Normal([1.0, 2.0, 3.0], covariance).gaussian_form(FACTS)
    np.testing.assert_allclose(form.transform @ form.transform.T, covariance, atol=1e-15)
    np.testing.assert_array_equal(form.mean, [1.0, 2.0, 3.0])
    assert not form.scaled_by_noise
    np.testing.assert_allclose(Normal(0.0, 4.0).gaussian_form(FACTS).transform, 2.0 * np.ones(3))
    diagonal = Normal(0.0, [1.0, 4.0, 9.0]).gaussian_form(FACTS)
    np.testing.assert_allclose(diagonal.transform, [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("mean", "covariance", "message"),
    [
        ([0.0, 1.0], 1.0, "mean must be a number or of shape"),
        (np.nan, 1.0, "mean must be finite"),
        (0.0, -1.0, "covariance must be positive"),
        (0.0, [1.0, 2.0], "covariance must be a number or of shape"),
        (0.0, -np.eye(3), "symmetric and positive definite"),
        (0.0, np.triu(np.ones((3, 3))), "symmetric and positive definite"),
    ],
)
def test_normal_refuses(mean, covariance, message):
    with pytest.raises(ValueError, match=message):
        Normal(mean, covariance).gaussian_form(FACTS)


def test_flat():
    form = Flat().gaussian_form(FACTS)
    assert form.precision == 0.0
    np.testing.assert_allclose(form.transform * FACTS.spread, 1.0)


def test_flat_refuses_constant_columns():
    with pytest.raises(ValueError, match=r"Flat\(\) needs columns of full rank.*\[1\]"):
        Flat().gaussian_form(FACTS._replace(spread=np.array([1.0, 0.0, 2.0])))
