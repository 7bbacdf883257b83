"""One matrix for all components: the joint distribution factorises as it says."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.families.normal_wishart import NormalWishart
from skvi.models.gaussian_mixture.components import full, tied
from skvi.models.gaussian_mixture.components.tied import TiedNormalWishart
from skvi.models.gaussian_mixture.kernels import TiedMoments
from skvi.numerics.moments import Moments
from tests.models.gaussian_mixture.components.spd import random_matrices

RNG = np.random.RandomState(0)
SCALE = random_matrices(1, 3, RNG)[0]
SCATTER = random_matrices(1, 3, RNG)[0]


def test_one_component_is_a_normal_wishart():
    mean = RNG.standard_normal((1, 3))
    prior = NormalWishart(mean, np.array([0.5]), np.array([4.0]), SCALE[None])
    shared = TiedNormalWishart(mean, np.array([0.5]), np.float64(4.0), SCALE)
    data = np.array([7.0]), mean + 2.0
    one = full.updated(full.describe(prior), Moments(*data, SCATTER[None]))
    same = tied.updated(tied.describe(shared), TiedMoments(*data, SCATTER))
    for name in ("factor", "log_determinant", "mean_spread", "log_normalizer"):
        found, exact = getattr(same, name), getattr(one, name)
        np.testing.assert_allclose(found, exact.reshape(np.shape(found)), rtol=1e-12)
    for first, second in zip(tied.location(same), full.location(one), strict=True):
        np.testing.assert_allclose(first, second)


def test_update_is_that_of_one_row_after_another():
    prior = tied.initial(NormalWishart(np.zeros(3), 0.7, np.float64(5.0), SCALE), 2).distribution
    X, labels = RNG.standard_normal((6, 3)), np.array([0, 1, 1, 0, 1, 1])
    step = prior
    for x, label in zip(X, labels, strict=True):
        weight = np.eye(2)[label]
        step = step.updated(TiedMoments(weight, np.tile(x, (2, 1)), np.zeros((3, 3))))
    mean = np.array([X[labels == k].mean(axis=0) for k in range(2)])
    gap = X - mean[labels]
    whole = prior.updated(TiedMoments(np.array([2.0, 4.0]), mean, gap.T @ gap))
    for first, second in zip(step, whole, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-12)


def test_expected_quadratic_is_that_of_full_matrices():
    mean, weight = RNG.standard_normal((2, 2, 3)), np.array([3.0, 1.5])
    components = tied.describe(TiedNormalWishart(mean[0], weight, np.float64(6.0), SCALE))
    found = tied.expected_quadratic(components, TiedMoments(weight, mean[1], SCATTER))
    precision = 6.0 * np.linalg.inv(SCALE)
    gap = mean[1] - mean[0]
    exact = np.trace(precision @ SCATTER) + np.einsum("k,kd,de,ke->", weight, gap, precision, gap)
    assert found == pytest.approx(exact, rel=1e-10)
