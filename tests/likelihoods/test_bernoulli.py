"""Bernoulli and binomial targets against scipy and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from skvi.likelihoods import Bernoulli
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.checks import NO_PARAMETERS, assert_expectations, rows


@pytest.mark.parametrize("eta", [-40.0, -0.3, 2.0, 30.0])
def test_log_density_is_that_of_scipy(eta):
    successes, trials = np.arange(8.0)[:, None], np.full(8, 7.0)
    y = Bernoulli().columns(successes, trials)
    value = Bernoulli().log_density(y, np.full(8, eta), NO_PARAMETERS)
    # Probabilities next to one have lost the digits of their complement: count failures instead.
    turned = eta > 0.0
    number = 7.0 - successes[:, 0] if turned else successes[:, 0]
    expected = stats.binom.logpmf(number, 7, expit(-abs(eta)))
    np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-13)
    assert np.exp(value).sum() == pytest.approx(1.0, abs=1e-12)


def test_expectations_are_right_to_1e_9():
    assert_expectations(Bernoulli(), *rows([0, 1], [-20.0, -3.0, 0.4, 9.0]), rtol=0, atol=1e-9)


def test_expectations_of_many_trials():
    raw, mean, variance = rows([0, 3, 50], [-2.0, 0.4], [0.01, 1.0, 25.0])
    trials = np.full(len(raw), 50.0)
    one = Bernoulli().columns(np.zeros_like(raw))
    many = Bernoulli().columns(raw, trials)
    value, slope, curvature = Bernoulli().expectations(many, mean, variance, NO_PARAMETERS)
    softplus = -Bernoulli().expectations(one, mean, variance, NO_PARAMETERS)[0]
    np.testing.assert_allclose(value, many[:, 2] + raw[:, 0] * mean - 50.0 * softplus, atol=1e-9)
    single = Bernoulli().expectations(one, mean, variance, NO_PARAMETERS)
    np.testing.assert_allclose(slope, raw[:, 0] + 50.0 * single[1], atol=1e-9)
    np.testing.assert_allclose(curvature, 50.0 * single[2], atol=1e-9)


def test_begin_is_the_log_odds():
    rng = np.random.default_rng(0)
    y = Bernoulli().columns(rng.binomial(1, 0.2, (4000, 1)).astype(float))
    predictor, parameters = Bernoulli().begin(Bernoulli().statistics(y, np.full(4000, 2.0)))
    assert expit(predictor[0]) == pytest.approx(0.2, abs=0.02)
    assert parameters.shape == (0,)
    ones = Bernoulli().columns(np.ones((5, 1)))
    assert np.isfinite(Bernoulli().begin(Bernoulli().statistics(ones, np.ones(5)))[0][0])


def test_conditional_distribution():
    law = Bernoulli().conditional(np.array([-1.0, 2.0]), NO_PARAMETERS)
    np.testing.assert_allclose(law.mean(), expit([-1.0, 2.0]))
    law = Bernoulli().conditional(np.array([-1.0, 2.0]), NO_PARAMETERS, np.array([3, 8]))
    np.testing.assert_allclose(law.mean(), [3, 8] * expit([-1.0, 2.0]))


def test_targets_are_successes_among_trials():
    with pytest.raises(LikelihoodError, match=r"y holds 0.5; expected counts"):
        Bernoulli().columns(np.array([[0.5]]))
    with pytest.raises(LikelihoodError, match=r"y holds 2 successes in 1 trials; expected at most"):
        Bernoulli().columns(np.array([[0.0], [2.0]]))
    with pytest.raises(LikelihoodError, match=r"exposure holds 1.5; expected counts"):
        Bernoulli().columns(np.array([[1.0]]), np.array([1.5]))
