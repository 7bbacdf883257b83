"""Tweedie amounts against limits, quadrature and the compound Poisson-gamma distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from skvi.likelihoods import Tweedie
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.checks import NO_PARAMETERS, assert_expectations, rows

TARGETS = np.array([[0.0], [1e-3], [1.5], [40.0]])


@pytest.mark.parametrize(("power", "dispersion"), [(1.1, 0.5), (1.5, 2.0), (1.9, 0.3)])
def test_probability_of_zero_and_density_sum_to_one(power, dispersion):
    likelihood = Tweedie(power, dispersion)

    def density(y):
        y = likelihood.columns(np.array([[y]]))
        return np.exp(likelihood.log_density(y, np.array([0.4]), NO_PARAMETERS))[0]

    def below(log_y):
        return density(np.exp(log_y)) * np.exp(log_y)

    positive = quad(below, -120.0, -1.0, limit=400)[0] + quad(below, -1.0, 6.0, limit=400)[0]
    assert density(0.0) + positive == pytest.approx(1.0, abs=1e-8)


def test_log_density_is_that_of_the_formula_with_exponentials_of_the_mean():
    power, phi, mu = 1.4, 0.8, np.exp([-1.0, 0.5, 2.0])
    y = Tweedie(power, phi).columns(np.full((3, 1), 1.5))
    value = Tweedie(power, phi).log_density(y, np.log(mu), NO_PARAMETERS)
    terms = 1.5 * mu ** (1.0 - power) / (1.0 - power) - mu ** (2.0 - power) / (2.0 - power)
    np.testing.assert_allclose(np.diff(value), np.diff(terms) / phi, rtol=1e-12)


@pytest.mark.parametrize(("power", "dispersion"), [(1.2, 0.5), (1.5, 2.0), (1.95, 0.1)])
def test_expectations(power, dispersion):
    assert_expectations(Tweedie(power, dispersion), *rows(TARGETS, [-2.0, 0.4, 4.0]))


@pytest.mark.parametrize("dispersion", [1e-8, 1e-2])
def test_a_small_dispersion_is_that_of_a_normal_distribution(dispersion):
    y = 2.0 * (1.0 + np.array([[-1.0], [0.0], [2.0]]) * np.sqrt(dispersion))
    likelihood = Tweedie(1.5, dispersion)
    mean = np.full(3, np.log(2.0))
    value = likelihood.log_density(likelihood.columns(y), mean, NO_PARAMETERS)
    sd = np.sqrt(dispersion * 2.0**1.5)
    normal = -0.5 * ((y[:, 0] - 2.0) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2.0 * np.pi)
    np.testing.assert_allclose(value, normal, atol=10.0 * np.sqrt(dispersion))


def test_hyper_parameter_is_the_dispersion():
    learned, given = Tweedie(1.3), Tweedie(1.3, 0.7)
    y, eta = learned.columns(TARGETS), np.linspace(-1.0, 1.0, 4)
    np.testing.assert_allclose(
        learned.log_density(y, eta, np.log([0.7])), given.log_density(y, eta, NO_PARAMETERS)
    )
    assert learned.named(np.log([0.7])) == {"dispersion": pytest.approx(0.7)}


def test_huge_predictors_give_huge_numbers():
    y = Tweedie(1.5, 1e-3).columns(np.array([[0.0], [1e-6], [1e6]]))
    for mean in (-2e3, 0.0, 2e3):
        arguments = (y, np.full(3, mean), np.full(3, 1e5), NO_PARAMETERS)
        assert np.all(np.isfinite(Tweedie(1.5, 1e-3).expectations(*arguments)))


def test_begin_recovers_mean_and_dispersion():
    law = Tweedie(1.5).conditional(np.full(4000, 1.0), np.log([0.8]))
    y = Tweedie().columns(law.rvs(random_state=0)[:, None])
    assert np.any(y[:, 0] == 0.0)
    predictor, parameters = Tweedie().begin(Tweedie().statistics(y, np.full(4000, 2.0)))
    assert predictor[0] == pytest.approx(1.0, abs=0.05)
    assert np.exp(parameters[0]) == pytest.approx(0.8, rel=0.1)
    zeros = Tweedie().statistics(Tweedie().columns(np.zeros((4, 1))), np.ones(4))
    with pytest.raises(LikelihoodError, match=r"nothing but 0, .* dispersion of Tweedie"):
        Tweedie().begin(zeros)
    predictor, parameters = Tweedie(1.5, 1.0).begin(zeros)
    assert np.all(np.isfinite(predictor))
    assert parameters.shape == (0,)


def test_targets_are_not_negative():
    with pytest.raises(LikelihoodError, match=r"y holds -1; expected numbers of at least 0"):
        Tweedie().columns(np.array([[1.0], [-1.0]]))


@pytest.mark.parametrize("power", [1.0, 2.0, np.nan, None])
def test_the_power_is_between_one_and_two(power):
    with pytest.raises(LikelihoodError, match=r"Tweedie: power must be between 1.001 and 1.999"):
        Tweedie(power).check()


@pytest.mark.parametrize("dispersion", [0.0, -1.0, "one"])
def test_the_dispersion_is_positive(dispersion):
    with pytest.raises(LikelihoodError, match=r"Tweedie: dispersion must be positive, or None"):
        Tweedie(1.5, dispersion).check()
