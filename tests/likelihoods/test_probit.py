"""Binomial targets with the normal distribution function as link."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from skvi.likelihoods import Probit
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.normal_predictor import (
    check_additive,
    check_derivatives,
    check_finite,
    grid,
    reference,
)

NOTHING = np.empty(0)
LIKELIHOOD = Probit()
VARIANCES = np.array([0.0, 1e-8, 0.01, 0.06, 0.3, 1.0, 1.4, 4.0, 9.0, 25.0, 100.0, 1e3])


def rows(variances=VARIANCES):
    """Two kinds of single trials and several trials, on all means and variances."""
    kind, mean, variance = grid([0.0, 1.0, 2.0], [-8.0, -2.0, 0.0, 0.5, 3.0, 6.0], variances)
    kind = kind[:, 0].astype(int)
    successes, trials = np.array([0.0, 1.0, 3.0])[kind], np.array([1.0, 1.0, 7.0])[kind]
    return LIKELIHOOD.columns(successes[:, None], trials), mean, variance


def test_probabilities_are_those_of_scipy_and_sum_to_one():
    k = np.arange(8.0)
    for eta in (-5.0, -0.3, 0.0, 2.0):
        predictor = np.full(8, eta)
        y = LIKELIHOOD.columns(k[:, None], np.full(8, 7.0))
        log_density = LIKELIHOOD.log_density(y, predictor, NOTHING)
        np.testing.assert_allclose(np.exp(log_density).sum(), 1.0, 1e-12)
        np.testing.assert_allclose(log_density, binom.logpmf(k, 7, ndtr(eta)), 1e-9, 1e-12)
        frozen = LIKELIHOOD.conditional(predictor, NOTHING, trials=7)
        np.testing.assert_allclose(frozen.logpmf(k), log_density, 1e-9, 1e-12)
        np.testing.assert_allclose(frozen.mean(), 7.0 * ndtr(eta))
    np.testing.assert_allclose(LIKELIHOOD.conditional(eta, NOTHING).var(), ndtr(2) * ndtr(-2))


def test_values():
    y, mean, variance = rows()
    value = LIKELIHOOD.expectations(y, mean, variance, NOTHING)[0]
    np.testing.assert_allclose(
        value, reference(LIKELIHOOD, y, mean, variance, NOTHING), 1e-9, 1e-11
    )


def test_every_row_alone_agrees_with_its_chunk():
    y, mean, variance = rows()
    together = LIKELIHOOD.expectations(y, mean, variance, NOTHING)
    alone = [
        LIKELIHOOD.expectations(y[i : i + 1], mean[i : i + 1], variance[i : i + 1], NOTHING)
        for i in range(len(y))
    ]
    for k, result in enumerate(together):
        np.testing.assert_allclose([each[k][0] for each in alone], result, 2e-9, 1e-10)


@pytest.mark.parametrize("variance", VARIANCES)
def test_slopes_and_curvatures(variance):
    check_derivatives(LIKELIHOOD, *rows([variance]), NOTHING)


def test_far_out_the_curvature_is_that_of_a_normal():
    y = np.array([[0.0, 1.0, 0.0]] * 5)
    mean = np.array([60.0, 149.0, 151.0, 1e4, 1e9])
    value, slope, curvature = LIKELIHOOD.expectations(y, mean, np.zeros(5), NOTHING)
    square = mean**-2
    np.testing.assert_allclose(value, LIKELIHOOD.log_density(y, mean, NOTHING), 1e-13)
    np.testing.assert_allclose(slope, -mean - 1.0 / mean * (1.0 - 2.0 * square), 1e-9)
    np.testing.assert_allclose(curvature, 1.0 - square + 6.0 * square**2, 1e-8)


def test_nothing_is_nan():
    y = np.array([[0.0, 1.0, 0.0], [1.0, 1.0, 0.0], [3.0, 7.0, 1.0]])
    check_finite(LIKELIHOOD, y, NOTHING, largest=1e120)


def test_begin_recovers_the_probit():
    rng = np.random.default_rng(0)
    trials = rng.integers(1, 9, 2000).astype(float)
    y = LIKELIHOOD.columns(rng.binomial(trials.astype(int), ndtr(0.7))[:, None] * 1.0, trials)
    check_additive(LIKELIHOOD, y)
    predictor, parameters = LIKELIHOOD.begin(LIKELIHOOD.statistics(y, np.ones(len(y))))
    np.testing.assert_allclose(predictor, [0.7], atol=0.05)
    assert parameters.shape == (0,)
    np.testing.assert_allclose(LIKELIHOOD.begin(np.array([3.0, 3.0]))[0], ndtri(3.5 / 4.0))


def test_bad_targets_are_named():
    with pytest.raises(LikelihoodError, match="y holds 2 successes in 1 trials"):
        LIKELIHOOD.columns(np.array([[0.0], [2.0]]))
    with pytest.raises(LikelihoodError, match="y holds -1; expected counts"):
        LIKELIHOOD.columns(np.array([[-1.0]]))
    with pytest.raises(LikelihoodError, match="expected counts"):
        LIKELIHOOD.columns(np.array([[0.5]]))
