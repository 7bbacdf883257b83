"""Roots of increasing functions, of smooth ones and of jumps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from skvi.numerics.increasing_root import increasing_root

ROOTS = np.array([-3e8, -2.0, -1e-9, 0.0, 1e-7, 1.0, 17.0, 1e6])


@pytest.mark.parametrize("power", [1, 3])
@pytest.mark.parametrize("width", [1e-3, 1.0, 1e3])
def test_roots_in_and_outside_the_bracket(power, width):
    unit = np.maximum(np.abs(ROOTS), 1.0)

    def function(x):
        return np.tanh((x - ROOTS) / unit) ** power

    for shift in (-5.0, -0.3, 0.0, 5.0):
        low = ROOTS + (shift - 0.4) * width * unit
        root = increasing_root(function, low, low + width * unit)
        assert np.all(np.abs(root - ROOTS) <= 1e-12 * unit if power == 1 else 2e-5 * unit)


def test_few_evaluations_of_a_smooth_function():
    calls = []

    def function(x):
        calls.append(1)
        return expit(3.0 * (x - ROOTS[:5])) - 0.5

    root = increasing_root(function, ROOTS[:5] - 4.0, ROOTS[:5] + 3.0)
    np.testing.assert_allclose(root, ROOTS[:5], atol=1e-12)
    assert len(calls) <= 25


def test_jumps_are_bracketed_to_rounding():
    def function(x):
        return np.where(x < np.array([0.5, 3.0]), -1.0, 1.0)

    root = increasing_root(function, np.zeros(2), np.ones(2))
    np.testing.assert_allclose(root, [0.5, 3.0], rtol=1e-12)


def test_the_least_answer_is_given_where_nothing_is_below_it():
    root = increasing_root(lambda x: x + np.array([1.0, -1.0]), np.ones(2), 2.0 * np.ones(2), 0.0)
    np.testing.assert_allclose(root, [0.0, 1.0], atol=1e-13)
