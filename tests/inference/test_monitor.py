"""When a fit stops, and what its monitor has written down by then."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.monitor import Monitor, State


class Still:
    """A model whose posterior is a (mean, sd) pair."""

    @staticmethod
    def location(posterior):
        return posterior


def state(bound, mean):
    return State(None, (np.array([mean]), np.array([0.5])), None, {"all": bound})


def test_a_state_adds_its_terms_up():
    assert State(None, None, None, {"rows": -3.0, "weights": 0.5}).bound == -2.5


def test_monitor_wants_both_bound_and_parameters_still():
    monitor = Monitor(tol=1e-2, max_iter=10, n_rows=100.0)
    assert not monitor.step(Still, state(-50.0, 0.0))
    assert not monitor.step(Still, state(-50.0, 1.0))  # the bound rests, the mean moved 2 sd
    assert monitor.change == pytest.approx(2.0)
    assert not monitor.step(Still, state(-40.0, 1.0))  # the mean rests, the bound rose .1 a row
    assert monitor.step(Still, state(-39.5, 1.001))
    assert monitor.converged
    assert monitor.history == [-50.0, -50.0, -40.0, -39.5]


def test_the_first_iteration_is_compared_with_the_start():
    for start, converged in (((-7.0, 1.0), True), ((-7.0, 0.9), False), ((-9.0, 1.0), False)):
        monitor = Monitor(tol=1e-2, max_iter=9, n_rows=100.0)
        monitor.begin(Still, state(*start))
        assert monitor.step(Still, state(-7.0, 1.0)) == monitor.converged == converged
        assert monitor.history == [-7.0]


def test_monitor_stops_at_max_iter_and_on_request():
    monitor = Monitor(tol=0.0, max_iter=2)
    assert not monitor.step(Still, state(0.0, 0.0))
    assert monitor.step(Still, state(0.0, 0.0))
    assert not monitor.converged
    asked = Monitor(max_iter=9, report=lambda monitor, state: True)
    assert asked.step(Still, state(0.0, 0.0))
    assert not asked.converged


def test_a_fit_that_needs_one_iteration_has_converged_after_it():
    monitor = Monitor(max_iter=9)
    only = state(-7.0, 0.0)
    monitor.settle(Still, only)
    assert monitor.converged
    assert monitor.history == [-7.0]
    assert monitor.state is only
    assert monitor.change == 0.0
