"""The softmax with a predictor for each class, against the one with contrasts and by nodes."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.likelihoods import Categorical
from skvi.likelihoods.categorical import contrasts
from skvi.likelihoods.independent_classes import IndependentClasses

NONE = np.empty(0)


def rows(n_classes, largest, n=40):
    rng = np.random.RandomState(n_classes)
    y = rng.randint(n_classes, size=(n, 1)).astype(float)
    return y, 2.0 * rng.standard_normal((n, n_classes)), largest * rng.random_sample((n, n_classes))


def monte_carlo(y, mean, variance, n_draws=400_000):
    """Expected log softmax of each row with its standard error, antithetic."""
    rng = np.random.RandomState(0)
    noise = rng.standard_normal((n_draws, mean.shape[1]))
    values = []
    for sign in (1.0, -1.0):
        eta = mean + sign * np.sqrt(variance) * noise
        top = eta.max(axis=1)
        values.append(eta[:, int(y[0])] - top - np.log(np.exp(eta - top[:, None]).sum(axis=1)))
    both = 0.5 * (values[0] + values[1])
    return both.mean(), both.std() / np.sqrt(n_draws)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_the_series_is_right_to_the_third_power_of_the_variances(n_classes):
    y, mean, variance = rows(n_classes, 0.1, n=4)
    value = IndependentClasses(n_classes).expectations(y, mean, variance, NONE)[0]
    for i in range(len(y)):
        expected, error = monte_carlo(y[i], mean[[i]], variance[i])
        assert abs(value[i] - expected) < 4.0 * error + 3e-5


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_derivatives_of_the_series(n_classes):
    likelihood, step = IndependentClasses(n_classes), 1e-5
    y, mean, variance = rows(n_classes, 1e-2)
    _, slope, curvature = likelihood.expectations(y, mean, variance, NONE)
    for k in range(n_classes):
        unit = step * np.eye(n_classes)[k]
        ahead, behind = (
            likelihood.expectations(y, mean + s * unit, variance, NONE)[0] for s in (1.0, -1.0)
        )
        # the second power of the variances is in the value, not in the slope
        np.testing.assert_allclose(slope[:, k], (ahead - behind) / (2.0 * step), atol=3e-5)
        wider, narrower = (
            likelihood.expectations(y, mean, variance + s * unit, NONE)[0] for s in (1.0, -1.0)
        )
        of_variance = -2.0 * (wider - narrower) / (2.0 * step)
        np.testing.assert_allclose(curvature[:, k], of_variance, atol=1e-9)


def test_large_variances_are_those_of_the_contrasts():
    y, mean, variance = rows(4, 2.0)
    C = contrasts(4)
    matrices = (C.T * variance[:, None, :]) @ C
    value, slope, curvature = Categorical(4).expectations(y, mean @ C, matrices, NONE)
    own = IndependentClasses(4).expectations(y, mean, variance, NONE)
    np.testing.assert_allclose(own[0], value)
    np.testing.assert_allclose(own[1], slope @ C.T, atol=1e-12)
    full = IndependentClasses(4).expectations(y, mean, variance[:, None] * np.eye(4), NONE)
    np.testing.assert_allclose(full[0], value)
    diagonal = np.diagonal(C @ curvature @ C.T, axis1=1, axis2=2)
    np.testing.assert_allclose(own[2], diagonal, atol=1e-12)
    np.testing.assert_allclose(full[2], diagonal[:, None] * np.eye(4), atol=1e-12)


def test_a_shift_of_all_logits_changes_nothing():
    y, mean, variance = rows(5, 0.05)
    likelihood = IndependentClasses(5)
    first = likelihood.expectations(y, mean, variance, NONE)
    second = likelihood.expectations(y, mean + 300.0, variance, NONE)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
    matrices = variance[:, None] * np.eye(5)
    chances = likelihood.expected_probabilities(mean, matrices)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0)
    np.testing.assert_allclose(likelihood.expected_probabilities(mean + 7.0, matrices), chances)


def test_it_begins_at_the_shares_of_the_classes():
    likelihood = IndependentClasses(3)
    predictor, parameters = likelihood.begin(np.array([10.0, 20.0, 40.0]))
    assert parameters.shape == (0,)
    shares = np.exp(predictor) / np.exp(predictor).sum()
    np.testing.assert_allclose(shares, np.array([10.5, 20.5, 40.5]) / 71.5)
    np.testing.assert_allclose(likelihood.class_logits() @ np.ones(3), 0.0, atol=1e-15)
