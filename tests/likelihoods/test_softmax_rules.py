"""Nodes of normal predictors: moments, product rules and the passage from rule to rule."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from skvi.likelihoods import Categorical
from skvi.likelihoods._softmax_rules import levels, most_levels, rule_of
from skvi.likelihoods.categorical import contrasts, expected_probabilities


@pytest.mark.parametrize("n_predictors", [2, 3, 9])
def test_second_moments_are_those_of_the_standard_normal(n_predictors):
    for level in range(most_levels(n_predictors) + 1):
        rule = rule_of(n_predictors, level)
        assert 2.0 * rule.weights.sum() == pytest.approx(1.0, rel=1e-12)
        square = 2.0 * (rule.directions * rule.weights) @ rule.directions.T
        np.testing.assert_allclose(square, np.eye(n_predictors), atol=1e-10)


def test_two_predictors_have_a_product_rule():
    rule = rule_of(2, 1)
    powers = rule.directions[0] ** 4 * rule.directions[1] ** 2
    assert 2.0 * rule.weights @ powers == pytest.approx(3.0, rel=1e-10)


@pytest.mark.parametrize("n_predictors", [2, 4])
def test_levels_grow_with_the_spread_and_do_not_jump(n_predictors):
    spreads = np.linspace(0.0, 8.0, 4001)
    level, slope = levels(spreads[:, None, None] ** 2 * np.eye(n_predictors))
    assert level[0] == 0.0
    assert level[-1] == most_levels(n_predictors)
    assert np.all(np.diff(level) >= 0.0)
    assert np.max(np.diff(level)) < 0.05
    step = 1e-6 * spreads**2
    ahead, behind = (
        levels((spreads**2 + sign * step)[:, None, None] * np.eye(n_predictors))[0]
        for sign in (1.0, -1.0)
    )
    by_differences = (ahead - behind)[1:] / (2.0 * n_predictors * step[1:])
    np.testing.assert_allclose(slope[1:], by_differences, atol=1e-4)


def by_many_nodes(y, mean, variance):
    """Value and probabilities of three classes by a product rule in two dimensions."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    z = np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2)
    weight = np.outer(weights, weights).ravel() / (2.0 * np.pi)
    eta = mean[:, None] + z @ np.linalg.cholesky(variance).transpose(0, 2, 1)
    logs = log_softmax(eta @ contrasts(3).T, axis=-1)
    code = y[:, 0].astype(int)
    return logs[np.arange(len(y)), :, code] @ weight, np.einsum("r,nrk->nk", weight, np.exp(logs))


@pytest.mark.parametrize("scale", [0.1, 0.5, 1.0, 2.0, 4.0])
def test_three_classes_are_right_at_any_variance(scale):
    rng = np.random.RandomState(0)
    factor = scale * rng.standard_normal((30, 2, 3)) / np.sqrt(3.0)
    y, mean = rng.randint(3, size=(30, 1)) + 0.0, 2.0 * rng.standard_normal((30, 2))
    variance = factor @ factor.swapaxes(1, 2) + 1e-6 * np.eye(2)
    value, probabilities = by_many_nodes(y, mean, variance)
    found = Categorical(3).expectations(y, mean, variance, np.empty(0))
    np.testing.assert_allclose(found[0], value, atol=1e-3 * scale)
    np.testing.assert_allclose(expected_probabilities(mean, variance), probabilities, atol=1e-3)
    assert abs(np.sum(found[0] - value)) < 2e-3


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_probabilities_of_many_classes_are_those_of_draws(scale):
    rng = np.random.RandomState(1)
    factor = scale * rng.standard_normal((8, 9, 12)) / np.sqrt(12.0)
    mean, variance = rng.standard_normal((8, 9)), factor @ factor.swapaxes(1, 2)
    z = rng.standard_normal((100_000, 9))
    for i, found in enumerate(expected_probabilities(mean, variance)):
        eta = mean[i] + np.vstack([z, -z]) @ np.linalg.cholesky(variance[i]).T
        expected = np.exp(log_softmax(eta @ contrasts(10).T, axis=1)).mean(axis=0)
        np.testing.assert_allclose(found, expected, atol=6e-3)
