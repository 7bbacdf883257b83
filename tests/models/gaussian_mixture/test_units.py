"""Units for rows of extreme size."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.models.gaussian_mixture.kernels import Logits, exact
from skvi.models.gaussian_mixture.units import in_units, moments_from_units, rows_in_units

FACTORS = {
    "full": np.array([[[2.0, 0.0], [1.0, 4.0]], [[1.0, 0.0], [0.5, 8.0]]]),
    "tied": np.array([[2.0, 0.0], [1.0, 4.0]]),
    "diag": np.array([[2.0, 4.0], [1.0, 8.0]]),
    "spherical": np.array([2.0, 8.0]),
}


def test_common_sizes_are_left_alone(structure):
    X, center = np.ones((3, 2)), np.ones(2)
    logits = Logits(np.zeros(2), np.ones((2, 2)), FACTORS[structure])
    same = in_units(logits, center, structure)
    assert same[0] is logits
    assert same[1] is center
    assert same[2] is None
    assert rows_in_units(X, None) is X


@pytest.mark.parametrize("size", [2.0**60, 2.0**-60])
def test_statistics_are_those_of_the_rows_themselves(structure, size):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((20, 2)) * size
    mean = rng.standard_normal((2, 2)) * size
    logits = Logits(np.zeros(2), mean, FACTORS[structure] / size)
    scaled, center, units = in_units(logits, mean[0], structure)
    np.testing.assert_array_equal(center, scaled.mean[0])
    assert np.log2(units).max() == pytest.approx(-np.log2(size), abs=4)
    rows = rows_in_units(X, units)
    weights = np.ones(20)
    found = exact.statistics(rows, weights, scaled, structure)
    straight = exact.statistics(X, weights, logits, structure)
    moments = moments_from_units(found.moments, units, structure)
    for a, b in zip(moments, straight.moments, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert found.entropy == pytest.approx(straight.entropy, rel=1e-12)
