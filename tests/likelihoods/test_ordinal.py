"""Ordinal likelihood against the trapezoid rule, differences and direct probabilities."""

import numpy as np
import pytest
from scipy.special import expit

from skvi.likelihoods import Ordinal
from skvi.likelihoods._base import Likelihood

CUTS = np.array([-1.5, -0.7, 0.9, 2.2])
PARAMETERS = np.concatenate([CUTS[:1], np.log(np.diff(CUTS))])
LIKELIHOOD = Ordinal(5)
VARIANCES = [0.0, 1e-8, 0.01, 0.3, 1.0, 4.0, 25.0]
MEANS = np.array([-9.0, -1.2, 0.0, 0.4, 3.0, 12.0])

# The trapezoid rule is exact to rounding for an analytic function under a normal density.
NODES = np.arange(-12.0, 12.0, 0.02)
WEIGHTS = 0.02 * np.exp(-0.5 * NODES**2) / np.sqrt(2.0 * np.pi)


def grid(variance):
    """All codes at all means."""
    codes, mean = (a.ravel() for a in np.meshgrid(np.arange(5.0), MEANS))
    return codes[:, None], mean, np.full(len(mean), variance)


def draw(n, seed=0):
    rng = np.random.default_rng(seed)
    eta = rng.standard_normal(n)
    y = LIKELIHOOD.conditional(eta, PARAMETERS).rvs(random_state=rng)
    return y[:, None].astype(float), eta, rng.uniform(0.0, 2.0, n), rng.uniform(0.5, 2.0, n)


def test_log_density_is_that_of_the_model():
    eta = np.linspace(-8.0, 8.0, 33)
    cdf = np.column_stack([0.0 * eta, expit(CUTS - eta[:, None]), 1.0 + 0.0 * eta])
    for code in range(5):
        got = LIKELIHOOD.log_density(np.full((33, 1), float(code)), eta, PARAMETERS)
        np.testing.assert_allclose(np.exp(got), np.diff(cdf)[:, code], rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("variance", VARIANCES)
def test_expectations(variance):
    y, mean, v = grid(variance)
    reference = np.zeros(len(mean))
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        reference += weight * LIKELIHOOD.log_density(y, mean + np.sqrt(v) * node, PARAMETERS)
    value = LIKELIHOOD.expectations(y, mean, v, PARAMETERS)[0]
    np.testing.assert_allclose(value, reference, rtol=1e-9, atol=2e-9)


@pytest.mark.parametrize("variance", [0.01, 0.3, 1.0, 4.0, 25.0, 1000.0])
def test_derivatives(variance):
    y, mean, v = grid(variance)
    _, slope, curvature = LIKELIHOOD.expectations(y, mean, v, PARAMETERS)

    def value(mean, v):
        return LIKELIHOOD.expectations(y, mean, v, PARAMETERS)[0]

    step = 1e-4
    difference = (value(mean + step, v) - value(mean - step, v)) / (2.0 * step)
    np.testing.assert_allclose(slope, difference, atol=5e-9)
    step = 1e-4 * variance
    difference = (value(mean, v + step) - value(mean, v - step)) / (2.0 * step)
    np.testing.assert_allclose(curvature, -2.0 * difference, rtol=1e-7, atol=2e-8)


@pytest.mark.parametrize("n_categories", [2, 3, 5])
def test_parameter_slopes_are_those_of_differences(n_categories):
    y, mean, variance, weights = draw(60)
    likelihood, parameters = Ordinal(n_categories), PARAMETERS[: n_categories - 1]
    rows = (np.minimum(y, n_categories - 1.0), mean, variance, parameters, weights)
    slope, curvature = likelihood.parameter_slopes(*rows)
    reference = Likelihood.parameter_slopes(likelihood, *rows)
    np.testing.assert_allclose(slope, reference[0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(curvature, reference[1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(curvature, curvature.T, rtol=1e-14)


def test_newton_steps_find_the_cut_points():
    y, eta, _, _ = draw(5000)
    ones = np.ones(len(y))
    predictor, parameters = LIKELIHOOD.begin(LIKELIHOOD.statistics(y, ones))
    np.testing.assert_array_equal(predictor, [0.0])
    cuts = LIKELIHOOD.named(parameters)["cut_points"]
    np.testing.assert_allclose(cuts, 0.85 * CUTS, atol=0.1)  # eta is averaged over
    for _ in range(6):
        slope, curvature = LIKELIHOOD.parameter_slopes(y, eta, 0.0 * eta, parameters, ones)
        parameters = parameters + np.linalg.solve(curvature, slope)
    assert np.abs(slope).max() < 1e-6
    np.testing.assert_allclose(LIKELIHOOD.named(parameters)["cut_points"], CUTS, atol=0.15)


def test_conditional_agrees_with_the_log_density():
    eta = np.linspace(-40.0, 40.0, 9)
    distribution = LIKELIHOOD.conditional(eta, PARAMETERS)
    np.testing.assert_allclose(distribution.probabilities().sum(-1), 1.0, rtol=1e-14)
    for code in range(5):
        log_density = LIKELIHOOD.log_density(np.full((9, 1), float(code)), eta, PARAMETERS)
        np.testing.assert_allclose(distribution.logpmf(code), log_density, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(distribution.cdf(2), expit(CUTS[2] - eta), rtol=1e-13)


def test_begin_knows_categories_that_never_occur():
    statistics = LIKELIHOOD.statistics(np.array([[0.0], [2.0]]), np.array([2.0, 3.0]))
    np.testing.assert_array_equal(statistics, [2.0, 0.0, 3.0, 0.0, 0.0])
    _, parameters = LIKELIHOOD.begin(statistics)
    shares = LIKELIHOOD.conditional(np.zeros(1), parameters).probabilities()[0]
    np.testing.assert_allclose(shares, (statistics + 0.5) / 7.5, rtol=1e-12)


@pytest.mark.parametrize("log_gap", [-2000.0, 2000.0])
def test_never_nan(log_gap):
    y, mean, v = grid(1000.0)
    parameters = np.array([0.0, log_gap, 0.0, 0.0])
    results = LIKELIHOOD.expectations(y, 1e6 * mean, v, parameters)
    results += LIKELIHOOD.parameter_slopes(y, 1e6 * mean, v, parameters, np.ones(len(y)))
    assert not any(np.isnan(result).any() for result in results)
