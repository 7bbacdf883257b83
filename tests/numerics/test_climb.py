"""The next root in the direction of the sign."""

from __future__ import annotations

import math

import pytest

from skvi.numerics.climb import Climb


def found(function, x, tolerance=1e-9, most=40):
    """Where a search ends, and after how many looks."""
    search = Climb()
    for looks in range(1, most + 1):
        value = function(x)
        if abs(value) < tolerance:
            return x, looks
        x = search.next(x, value)
    return x, math.inf


@pytest.mark.parametrize("slope", [0.02, 0.3, 1.0, 1.7])
def test_a_line_takes_three_looks(slope):
    root, looks = found(lambda x: slope * (1.2 - x), 0.5)
    assert root == pytest.approx(1.2, abs=1e-6)
    assert looks == 3 if slope != 1.0 else 2


@pytest.mark.parametrize("start", [-8.0, -1.0, 3.0, 30.0])
def test_curves(start):
    root, looks = found(lambda x: 1.0 - math.tanh(x) - 0.1 * x, start)
    assert 1.0 - math.tanh(root) - 0.1 * root == pytest.approx(0.0, abs=1e-9)
    assert looks <= 24


@pytest.mark.parametrize(
    ("start", "expected"), [(0.1, 1.0), (-0.1, -1.0), (5.0, 1.0), (-9.0, -1.0)]
)
def test_the_balance_uphill_of_the_start(start, expected):
    """Of x - x^3 the middle root repels."""
    root, looks = found(lambda x: x - x**3 if abs(x) < 2 else -3.0 * x, start)
    assert root == pytest.approx(expected, abs=1e-6)
    assert looks <= 15


@pytest.mark.parametrize("gap", [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize("start", [9.0, 7.0, 5.0])
def test_past_what_is_nearly_a_root(gap, start):
    """Hardly negative around 7, the root is at 1."""

    def function(x):
        near = gap + 0.01 * (x - 7.0) ** 2
        return -near * math.tanh(x - 1.0)

    root, looks = found(function, start, 1e-7)
    assert root == pytest.approx(1.0, abs=1e-4)
    assert looks <= 24


def test_steps_and_jumps_end_at_the_change_of_sign():
    root = found(lambda x: 1.0 if x < 0.3 else -5.0, -20.0, most=60)[0]
    assert root == pytest.approx(0.3, abs=1e-8)


def test_both_signs_mirror_one_another():
    up = found(lambda x: 1.0 - math.exp(x - 2.0), -3.0)
    down = found(lambda x: math.exp(-x - 2.0) - 1.0, 3.0)
    assert up[0] == pytest.approx(-down[0])
    assert up[1] == down[1]
