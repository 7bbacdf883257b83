"""Units for rows of extreme size."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.models.gaussian_mixture.kernels import Logits, exact
from skvi.models.gaussian_mixture.units import in_units, moments_from_units, row_units

FACTORS = {
    "full": np.array([[[2.0, 0.0], [1.0, 4.0]], [[1.0, 0.0], [0.5, 8.0]]]),
    "tied": np.array([[2.0, 0.0], [1.0, 4.0]]),
    "diag": np.array([[2.0, 4.0], [1.0, 8.0]]),
    "spherical": np.array([2.0, 8.0]),
}


def test_common_sizes_are_left_alone(structure):
    assert row_units(FACTORS[structure], structure) is None
    X, logits, center = np.ones((3, 2)), Logits(None, None, None), np.ones(2)
    same = in_units(X, logits, center, None)
    assert same[0] is X
    assert same[1] is logits
    assert same[2] is center


@pytest.mark.parametrize("size", [2.0**60, 2.0**-60])
def test_statistics_are_those_of_the_rows_themselves(structure, size):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((20, 2)) * size
    mean = rng.standard_normal((2, 2)) * size
    logits = Logits(np.zeros(2), mean, FACTORS[structure] / size)
    units = row_units(logits.factor, structure)
    assert np.log2(units).max() == pytest.approx(-np.log2(size), abs=4)
    rows, scaled, _ = in_units(X, logits, mean[0], units)
    weights = np.ones(20)
    found = exact.statistics(rows, weights, scaled, structure)
    straight = exact.statistics(X, weights, logits, structure)
    moments = moments_from_units(found.moments, units, structure)
    for a, b in zip(moments, straight.moments, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    assert found.entropy == pytest.approx(straight.entropy, rel=1e-12)
