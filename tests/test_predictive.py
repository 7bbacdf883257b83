"""Distributions side by side, and what the mixin makes of any predictive distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.families.student_t_mixture import StudentTMixture
from skvi.predictive import PredictiveMixin, StackedDistribution


class Normals(PredictiveMixin):
    """Predicts N(x, 4) for every row."""

    _dtype = np.dtype(np.float64)

    def predict_dist(self, X):
        return stats.norm(np.asarray(X, dtype=float)[:, 0], 2.0)

    def _predict_mean(self, X):
        return np.asarray(X, dtype=float)[:, 0]


ROWS = np.array([[0.0], [1.0], [5.0]])


def test_intervals_and_quantiles_come_from_the_distribution():
    model = Normals()
    np.testing.assert_allclose(
        model.predict_interval(ROWS, 0.5), ROWS + 2.0 * stats.norm.ppf([0.25, 0.75])
    )
    np.testing.assert_allclose(model.predict(ROWS, quantiles=0.5), ROWS, atol=1e-12)
    mean, std = model.predict(ROWS, return_std=True)
    np.testing.assert_array_equal(mean, ROWS[:, 0])
    np.testing.assert_array_equal(std, 2.0)


def test_log_density_is_checked_against_the_rows():
    model = Normals()
    np.testing.assert_allclose(
        model.log_predictive_density(ROWS, [0.0, 1.0, 5.0]), stats.norm.logpdf(0.0, 0.0, 2.0)
    )
    with pytest.raises(ValueError, match="y has shape"):
        model.log_predictive_density(ROWS, np.zeros((3, 2)))


@pytest.mark.parametrize("coverage", [0.0, 1.0, 1.0 - 1e-16, -0.5, np.nan, "0.9", None, True])
def test_coverage_must_be_a_probability(coverage):
    with pytest.raises(ValueError, match="coverage="):
        Normals().predict_interval(ROWS, coverage)


@pytest.mark.parametrize("quantiles", [0.0, 1.0, 1e-320, [0.5, -0.1], np.nan, True, "low"])
def test_quantiles_must_be_probabilities(quantiles):
    with pytest.raises(ValueError, match="quantiles=.* use probabilities in"):
        Normals().predict(ROWS, quantiles=quantiles)


@pytest.mark.parametrize("freedom", [1.02, 3.0, 50.0, np.inf])
def test_the_outermost_quantiles_are_numbers(freedom):
    parts = StudentTMixture(*(np.full((1, 2), value) for value in (0.5, 0.0, 1.0, freedom)))
    assert np.all(np.isfinite(parts.ppf(np.array([1e-100, 1.0 - 1.2e-16]).reshape(-1, 1))))


class Column:
    """Three rows of one target."""

    def __init__(self, shift):
        self.normal = stats.norm(ROWS[:, 0] + shift, 1.0 + shift)

    def __getattr__(self, name):
        return getattr(self.normal, name)

    def rvs(self, size, rng):
        shape = (3,) if size is None else (size, 3)
        return self.normal.mean() + self.normal.std() * rng.standard_normal(shape)


def test_stacked_distributions_stand_side_by_side():
    parts = [Column(0.0), Column(3.0)]
    stacked = StackedDistribution(parts)
    for name in ("mean", "std", "var"):
        expected = np.stack([getattr(part, name)() for part in parts], axis=1)
        np.testing.assert_array_equal(getattr(stacked, name)(), expected)
    points = np.array([[1.0, 2.0], [0.0, -1.0], [5.0, 9.0]])
    for name in ("pdf", "logpdf", "cdf", "sf"):
        expected = np.stack([getattr(p, name)(points[:, t]) for t, p in enumerate(parts)], axis=1)
        np.testing.assert_array_equal(getattr(stacked, name)(points), expected)
    assert stacked.ppf(0.5).shape == (3, 2)
    assert stacked.ppf(np.array([0.1, 0.9])[:, None, None]).shape == (2, 3, 2)
    assert stacked.rvs(random_state=0).shape == (3, 2)
    assert stacked.rvs(4, random_state=0).shape == (4, 3, 2)
