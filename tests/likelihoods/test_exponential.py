"""Exponential lifetimes, some censored, against scipy and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.likelihoods import Exponential, Gamma, Weibull
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.checks import NO_PARAMETERS, assert_expectations, rows

TARGETS = np.array([[1e-3, 1.0], [0.5, 1.0], [0.5, 0.0], [20.0, 1.0], [20.0, 0.0]])


def test_log_density_is_that_of_scipy():
    law = stats.expon(scale=np.exp(0.7))
    y = Exponential().columns(TARGETS)
    expected = np.where(y[:, 1] == 1.0, law.logpdf(y[:, 0]), law.logsf(y[:, 0]))
    value = Exponential().log_density(y, np.full(len(y), 0.7), NO_PARAMETERS)
    np.testing.assert_allclose(value, expected, rtol=1e-11)


def test_expectations():
    assert_expectations(Exponential(), *rows(TARGETS, [-1.0, 0.4, 5.0]))


def test_is_the_weibull_and_the_gamma_of_shape_one():
    raw, mean, variance = rows(TARGETS[[0, 1, 3]], [-1.0, 2.0], [0.0, 1.0])
    ours = Exponential().expectations(Exponential().columns(raw), mean, variance, NO_PARAMETERS)
    for other in (Weibull(1.0), Gamma(1.0)):
        y = other.columns(raw)
        theirs = other.expectations(y, mean, variance, NO_PARAMETERS)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("censored", [False, True])
def test_begin_recovers_the_scale(censored):
    time = stats.expon(scale=5.0).rvs(4000, random_state=0)
    limit = np.quantile(time, 0.6) if censored else np.inf
    raw = np.column_stack([np.minimum(time, limit), time <= limit]).astype(float)
    y = Exponential().columns(raw)
    predictor, parameters = Exponential().begin(Exponential().statistics(y, np.full(4000, 2.0)))
    assert predictor[0] == pytest.approx(np.log(5.0), abs=0.05)
    assert parameters.shape == (0,)
    none = Exponential().columns(np.array([[2.0, 0.0]]))
    assert np.isfinite(Exponential().begin(Exponential().statistics(none, np.ones(1)))[0][0])


def test_conditional_distribution_is_that_of_the_time():
    law = Exponential().conditional(np.array([0.7, 2.0]), NO_PARAMETERS)
    np.testing.assert_allclose(law.mean(), np.exp([0.7, 2.0]))


def test_targets_are_positive_times_and_events():
    with pytest.raises(LikelihoodError, match=r"y holds -1; expected positive numbers"):
        Exponential().columns(np.array([[-1.0, 1.0]]))
    with pytest.raises(LikelihoodError, match=r"second column of y holds 0.5; expected 1"):
        Exponential().columns(np.array([[1.0, 0.5]]))
