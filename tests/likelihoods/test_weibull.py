"""Weibull lifetimes, some censored, against scipy and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.likelihoods import Weibull
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.checks import (
    NO_PARAMETERS,
    assert_expectations,
    assert_parameter_slopes,
    rows,
)

TARGETS = np.array([[1e-3, 1.0], [0.5, 1.0], [0.5, 0.0], [20.0, 1.0], [20.0, 0.0]])


@pytest.mark.parametrize("shape", [0.6, 1.0, 3.0])
def test_log_density_is_that_of_scipy(shape):
    law = stats.weibull_min(shape, scale=np.exp(0.7))
    y = Weibull().columns(TARGETS)
    expected = np.where(y[:, 1] == 1.0, law.logpdf(y[:, 0]), law.logsf(y[:, 0]))
    for likelihood, parameters in ((Weibull(shape), NO_PARAMETERS), (Weibull(), np.log([shape]))):
        value = likelihood.log_density(y, np.full(len(y), 0.7), parameters)
        np.testing.assert_allclose(value, expected, rtol=1e-11)
        assert likelihood.named(parameters) == {"shape": pytest.approx(shape)}


def test_without_a_second_column_all_events_were_seen():
    np.testing.assert_array_equal(Weibull().columns(TARGETS[:, :1])[:, 1], 1.0)


@pytest.mark.parametrize("shape", [0.6, 1.7])
def test_expectations(shape):
    assert_expectations(Weibull(shape), *rows(TARGETS, [-1.0, 0.4, 5.0]))


def test_slopes_in_the_shape():
    combined = rows(TARGETS, [0.4, 2.0], [0.0, 0.3, 1.0])
    assert_parameter_slopes(Weibull(), *combined, np.log([1.3]))
    empty = Weibull(2.0).parameter_slopes(None, None, None, NO_PARAMETERS, None)
    assert [part.shape for part in empty] == [(0,), (0, 0)]


def test_huge_predictors_give_huge_numbers():
    y, m, v = Weibull().columns(TARGETS[:2]), np.array([-2e3, 0.0]), np.array([1e3, 1e6])
    assert np.all(np.isfinite(Weibull(50.0).expectations(y, m, v, NO_PARAMETERS)))
    slope, curvature = Weibull().parameter_slopes(y, m, v, np.log([50.0]), np.ones(2))
    assert slope[0] < -1e280
    assert curvature[0, 0] > 1e280


@pytest.mark.parametrize("shape", [0.6, 1.0, 3.0])
@pytest.mark.parametrize("censored", [False, True])
def test_begin_is_near_scale_and_shape(shape, censored):
    time = stats.weibull_min(shape, scale=5.0).rvs(4000, random_state=0)
    limit = np.quantile(time, 0.8) if censored else np.inf
    y = Weibull().columns(np.column_stack([np.minimum(time, limit), time <= limit]).astype(float))
    predictor, parameters = Weibull().begin(Weibull().statistics(y, np.full(4000, 2.0)))
    assert predictor[0] == pytest.approx(np.log(5.0), abs=0.5 if censored else 0.1)
    assert parameters[0] == pytest.approx(np.log(shape), abs=0.3 if censored else 0.1)
    assert Weibull(2.0).begin(Weibull().statistics(y, np.ones(4000)))[1].shape == (0,)


def test_begin_does_without_any_event():
    y = Weibull().columns(np.array([[2.0, 0.0], [2.0, 0.0]]))
    assert np.all(np.isfinite(Weibull().begin(Weibull().statistics(y, np.ones(2)))))


def test_conditional_distribution_is_that_of_the_time():
    law = Weibull(1.7).conditional(np.array([0.7, 0.7]), NO_PARAMETERS)
    y = Weibull(1.7).columns(np.array([[0.4, 0.0], [6.0, 0.0]]))
    beyond = Weibull(1.7).log_density(y, np.full(2, 0.7), NO_PARAMETERS)
    np.testing.assert_allclose(law.cdf(y[:, 0]), -np.expm1(beyond))


def test_targets_are_positive_times_and_events():
    with pytest.raises(LikelihoodError, match=r"y holds 0; expected positive numbers"):
        Weibull().columns(np.array([[1.0, 1.0], [0.0, 1.0]]))
    with pytest.raises(LikelihoodError, match=r"second column of y holds 2; expected 1 .* or 0"):
        Weibull().columns(np.array([[1.0, 1.0], [1.0, 2.0]]))


@pytest.mark.parametrize("shape", [0.0, -2.0, np.nan, True, "one"])
def test_the_shape_is_positive(shape):
    with pytest.raises(LikelihoodError, match=r"Weibull: shape must be positive, or None, got"):
        Weibull(shape).check()
