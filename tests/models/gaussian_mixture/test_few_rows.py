"""Compiled laps say so where they cannot go on."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.families.normal_wishart import NormalWishart
from skvi.families.stick_breaking import StickBreaking
from skvi.models.gaussian_mixture.few_rows import climb
from skvi.models.gaussian_mixture.tiles import Tiles
from skvi.numerics.moments import Moments


@pytest.mark.parametrize("diagonal", [1.0, -50.0])
def test_a_scale_matrix_that_is_not_positive_definite_gives_nan(diagonal):
    X = np.random.RandomState(0).standard_normal((40, 2))
    prior = NormalWishart(np.zeros(2), 1.0, 2.0, np.eye(2))
    sticks = StickBreaking(np.ones(2), np.array([1.0, 0.0]))
    scatter = np.array([np.eye(2), np.diag([1.0, diagonal])])
    moments = Moments(np.array([20.0, 20.0]), X[:2], scatter)
    found, entropy = climb(Tiles.of(X, np.ones(40)), prior, sticks, moments, 2, 0.0)
    assert np.isfinite(entropy) == (diagonal > 0.0)
    if diagonal > 0.0:
        assert found.weight.sum() == pytest.approx(40.0)
    np.testing.assert_array_equal(moments.scatter, scatter)
