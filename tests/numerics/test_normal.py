"""Branch-free normal density and distribution function against mpmath."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from mpmath import mp

from skvi.numerics.special.normal import normal_cdf_pdf, upper_erfcx

POINTS = np.concatenate([np.linspace(0.0, 39.5, 400), np.logspace(-300, 0, 40)])


def test_upper_erfcx():
    with mp.workdps(40):
        for x in [*POINTS, 100.0, 1e4]:
            x = mp.mpf(float(x))
            expected = mp.exp(x * x) * mp.erfc(x) if x < 1e3 else 1 / (x * mp.sqrt(mp.pi))
            tolerance = 1e-15 if x < 1e3 else 1e-8
            assert abs(upper_erfcx(float(x)) / expected - 1) < tolerance


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_distribution_function_and_density(sign):
    with mp.workdps(40):
        for x in sign * POINTS[POINTS < 37.0]:
            below, density = normal_cdf_pdf(float(x))
            bound = 2e-15 * (1.0 + x * x)
            assert abs(density / mpmath.npdf(mp.mpf(float(x))) - 1) < bound
            assert abs(below / mpmath.ncdf(mp.mpf(float(x))) - 1) < bound


def test_far_out_there_is_nothing_left():
    for x in (39.0, 1e3, 1e200, math.inf):
        assert normal_cdf_pdf(x)[0] == 1.0
        assert 0.0 <= normal_cdf_pdf(-x)[0] < 1e-300
        assert 0.0 <= normal_cdf_pdf(x)[1] < 1e-300
