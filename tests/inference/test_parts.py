"""Summary arithmetic, step sizes, ordered threads and the monitor."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import pytest

from skvi.inference.monitor import Monitor, State
from skvi.inference.step_size import ConstantStep, RobbinsMonro
from skvi.inference.summary import add, blend, scale, subtract, total
from skvi.inference.threads import ordered_map
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


def test_robbins_monro_falls_as_stated():
    step = RobbinsMonro(delay=2.0, forgetting_rate=0.75)
    assert [step(t) for t in (0, 6)] == pytest.approx([2.0**-0.75, 8.0**-0.75])
    assert ConstantStep(0.3)(12345) == 0.3


def test_ordered_map_keeps_the_order_and_reads_lazily():
    taken = []

    def items():
        for k in range(50):
            taken.append(k)
            yield k

    def slow_first(k):
        time.sleep(0.02 if k == 0 else 0.0)
        return k

    results = ordered_map(slow_first, items(), 2)
    assert next(results) == 0
    assert len(taken) <= 5
    assert list(results) == list(range(1, 50))


def test_ordered_map_hands_errors_on():
    def fail(k):
        raise ZeroDivisionError(k)

    with pytest.raises(ZeroDivisionError):
        list(ordered_map(fail, range(9), 2))


class Still:
    """A model whose posterior is a (mean, sd) pair."""

    @staticmethod
    def location(posterior):
        return posterior


def state(bound, mean):
    return State(None, (np.array([mean]), np.array([0.5])), None, {"all": bound})


def test_monitor_wants_both_bound_and_parameters_still():
    monitor = Monitor(tol=1e-2, max_iter=10, n_rows=100.0)
    assert not monitor.step(Still, state(-50.0, 0.0))
    assert not monitor.step(Still, state(-50.0, 1.0))  # the bound rests, the mean moved 2 sd
    assert monitor.change == pytest.approx(2.0)
    assert not monitor.step(Still, state(-40.0, 1.0))  # the mean rests, the bound rose .1 a row
    assert monitor.step(Still, state(-39.5, 1.001))
    assert monitor.converged
    assert monitor.history == [-50.0, -50.0, -40.0, -39.5]


def test_monitor_stops_at_max_iter_and_on_request():
    monitor = Monitor(tol=0.0, max_iter=2)
    assert not monitor.step(Still, state(0.0, 0.0))
    assert monitor.step(Still, state(0.0, 0.0))
    assert not monitor.converged
    asked = Monitor(max_iter=9, report=lambda monitor, state: True)
    assert asked.step(Still, state(0.0, 0.0))
    assert not asked.converged
