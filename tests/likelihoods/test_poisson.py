"""Poisson counts against scipy and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.likelihoods import Poisson
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.checks import NO_PARAMETERS, assert_expectations, rows


def test_log_density_is_that_of_scipy():
    counts = np.arange(200.0)[:, None]
    for eta in (-30.0, -1.0, 0.3, 3.0):
        y = Poisson().columns(counts)
        value = Poisson().log_density(y, np.full(200, eta), NO_PARAMETERS)
        np.testing.assert_allclose(value, stats.poisson.logpmf(counts[:, 0], np.exp(eta)), 1e-11)
        assert np.exp(value).sum() == pytest.approx(1.0, abs=1e-12)


def test_expectations():
    assert_expectations(Poisson(), *rows([0, 1, 7, 400], [-8.0, -0.3, 2.0, 6.0]))


def test_huge_predictors_give_huge_numbers():
    y = Poisson().columns(np.array([[3.0], [3.0]]))
    results = Poisson().expectations(y, np.array([2e3, 0.0]), np.array([1e3, 1e6]), NO_PARAMETERS)
    assert np.all(np.isfinite(results))
    assert np.all(results[0] < -1e300)
    assert np.all(results[2] > 1e300)


def test_begin_is_the_log_of_the_mean():
    rng = np.random.default_rng(0)
    y = Poisson().columns(rng.poisson(3.0, (4000, 1)).astype(float))
    predictor, parameters = Poisson().begin(Poisson().statistics(y, np.full(4000, 2.0)))
    assert predictor[0] == pytest.approx(np.log(3.0), abs=0.03)
    assert parameters.shape == (0,)
    nothing = Poisson().begin(Poisson().statistics(Poisson().columns(np.zeros((5, 1))), np.ones(5)))
    assert np.isfinite(nothing[0][0])


def test_conditional_distribution():
    eta = np.array([-1.0, 2.0])
    np.testing.assert_allclose(Poisson().conditional(eta, NO_PARAMETERS).var(), np.exp(eta))


@pytest.mark.parametrize("wrong", [-1.0, -0.5])
def test_targets_are_not_negative(wrong):
    with pytest.raises(LikelihoodError, match=rf"y holds {wrong:g}; expected numbers of at least"):
        Poisson().columns(np.array([[1.0], [wrong]]))
