"""Tabulated Student-t distributions against scipy and against their own definition."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from scipy import stats

from skvi.numerics.student_t_table import (
    FEWEST_DEGREES,
    TABLE_END,
    student_t_lower,
    student_t_table,
)

DEGREES = [FEWEST_DEGREES, 1.0, 2.5, 20.0, 300.0, 1e4, np.inf]


def lower(distance, nu):
    table = student_t_table(nu)
    return np.array([student_t_lower(float(d), table) for d in distance]).T


@pytest.mark.parametrize("nu", DEGREES)
def test_tails_and_densities_between_the_grid_points(nu):
    distance = np.linspace(0.0, TABLE_END, 4001)[:-1]
    tail, density = lower(distance, nu)
    np.testing.assert_allclose(tail, stats.t(nu).cdf(-distance), rtol=1e-11)
    np.testing.assert_allclose(density, stats.t(nu).pdf(distance), rtol=1e-10)


@pytest.mark.parametrize("distance", [0.0, 0.03, 1.7, 6.28, 19.99])
def test_tail_against_many_digits(distance):
    with mpmath.workdps(40):
        nu, z = mpmath.mpf(7) / 2, mpmath.mpf(distance)
        tail = mpmath.betainc(nu / 2, 0.5, 0, nu / (nu + z * z), regularized=True) / 2
    assert lower([distance], 3.5)[0, 0] == pytest.approx(float(tail), rel=2e-12)
