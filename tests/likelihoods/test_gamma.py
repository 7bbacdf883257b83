"""Gamma targets against scipy and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from skvi.likelihoods import Gamma
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.checks import (
    NO_PARAMETERS,
    assert_expectations,
    assert_parameter_slopes,
    rows,
)

TARGETS = np.array([[1e-9], [0.2], [1.0], [80.0]])


@pytest.mark.parametrize("shape", [0.3, 1.0, 25.0])
def test_log_density_is_that_of_scipy(shape):
    y, mean = Gamma().columns(TARGETS), np.exp(0.4)
    for likelihood, parameters in ((Gamma(shape), NO_PARAMETERS), (Gamma(), np.log([shape]))):
        value = likelihood.log_density(y, np.full(4, 0.4), parameters)
        expected = stats.gamma.logpdf(TARGETS[:, 0], shape, scale=mean / shape)
        np.testing.assert_allclose(value, expected, rtol=1e-11)
        assert likelihood.named(parameters) == {"shape": pytest.approx(shape)}


def test_density_integrates_to_one():
    def density(log_y):
        y = Gamma(2.0).columns(np.array([[np.exp(log_y)]]))
        return np.exp(Gamma(2.0).log_density(y, np.array([0.4]), NO_PARAMETERS) + log_y)[0]

    assert quad(density, -30, 6, points=[0.0])[0] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("shape", [0.3, 4.0])
def test_expectations(shape):
    assert_expectations(Gamma(shape), *rows(TARGETS, [-3.0, 0.4, 5.0]))


def test_slopes_in_the_shape():
    assert_parameter_slopes(Gamma(), *rows(TARGETS, [0.4, 2.0], [0.0, 0.3, 1.0]), np.log([2.5]))
    empty = Gamma(2.0).parameter_slopes(None, None, None, NO_PARAMETERS, None)
    assert [part.shape for part in empty] == [(0,), (0, 0)]


def test_huge_predictors_give_huge_numbers():
    y = Gamma(5.0).columns(np.array([[3.0], [1e300]]))
    results = Gamma(5.0).expectations(y, np.array([-2e3, 0.0]), np.array([1e3, 1e6]), NO_PARAMETERS)
    assert np.all(np.isfinite(results))
    assert np.all(results[0] < -1e300)
    slopes = Gamma().parameter_slopes(y, np.array([-2e3, 0.0]), np.full(2, 1e3), [1.6], np.ones(2))
    assert np.all(np.isfinite(slopes[0]))


@pytest.mark.parametrize("shape", [0.2, 3.0, 200.0])
def test_begin_recovers_mean_and_shape(shape):
    y = stats.gamma(shape, scale=5.0 / shape).rvs((4000, 1), random_state=0)
    columns, weights = Gamma().columns(y), np.full(4000, 2.0)
    predictor, parameters = Gamma().begin(Gamma().statistics(columns, weights))
    assert predictor[0] == pytest.approx(np.log(5.0), abs=0.15)
    assert np.exp(parameters[0]) == pytest.approx(shape, rel=0.1)
    assert Gamma(2.0).begin(Gamma().statistics(columns, weights))[1].shape == (0,)
    equal = Gamma().columns(np.ones((5, 1)))
    assert np.isfinite(Gamma().begin(Gamma().statistics(equal, np.ones(5)))[1][0])


def test_conditional_distribution():
    law = Gamma(4.0).conditional(np.array([-1.0, 2.0]), NO_PARAMETERS)
    np.testing.assert_allclose(law.mean(), np.exp([-1.0, 2.0]))
    np.testing.assert_allclose(law.var(), np.exp([-2.0, 4.0]) / 4.0)


def test_targets_are_positive():
    with pytest.raises(LikelihoodError, match=r"y holds 0; expected positive numbers"):
        Gamma().columns(np.array([[1.0], [0.0]]))


@pytest.mark.parametrize("shape", [0.0, -2.0, np.nan, np.inf, True, "one"])
def test_the_shape_is_positive(shape):
    with pytest.raises(LikelihoodError, match=r"Gamma: shape must be positive, or None, got"):
        Gamma(shape).check()
