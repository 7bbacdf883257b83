"""Summary arithmetic: plain totals and centred moments obey the same rules."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from skvi.inference.summary import add, blend, n_numbers, scale, subtract, total
from skvi.numerics.moments import Moments


class Totals(NamedTuple):
    count: np.ndarray
    first: np.ndarray


def totals(X):
    return Totals(np.array(float(len(X))), X.sum(axis=0))


def moments(X):
    return Moments(np.array(float(len(X))), X.mean(axis=0), (len(X) - 1.0) * np.cov(X.T))


@pytest.fixture
def rows():
    return np.random.RandomState(0).normal(1e6, 1.0, size=(40, 3))


@pytest.mark.parametrize("summarize", [totals, moments])
def test_parts_add_up_to_the_whole_and_can_be_taken_away(rows, summarize):
    whole, first, rest = (summarize(part) for part in (rows, rows[:13], rows[13:]))
    halves = blend(scale(first, 2.0), scale(rest, 2.0), 0.5)
    for built in (add(first, rest), total([first, rest]), halves):
        for ours, theirs in zip(built, whole, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    for ours, theirs in zip(subtract(whole, first), rest, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7)


def test_step_one_takes_the_estimate_itself(rows):
    estimate = totals(rows)
    assert blend(totals(rows[:3]), estimate, 1.0) is estimate


def test_numbers_are_counted_within_parts(rows):
    assert n_numbers(totals(rows)) == 1 + 3
    assert n_numbers((moments(rows), 0.0)) == 1 + 3 + 9 + 1


class Sums:
    """Rows about zero, quick to add up."""

    def __init__(self, count, first):
        self.count, self.first = count, first

    def merged(self, other):
        return Sums(self.count + other.count, self.first + other.first)

    def settled(self):
        return Totals(np.array(float(self.count)), self.first)


def test_a_total_is_settled(rows):
    parts = [Sums(len(part), part.sum(axis=0)) for part in (rows[:5], rows[5:])]
    for ours in total(parts), total(parts[:1]):
        assert isinstance(ours, Totals)
    np.testing.assert_allclose(total(parts).first, rows.sum(axis=0), rtol=1e-14)
