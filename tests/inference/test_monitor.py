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
    monitor.settle(only)
    assert monitor.converged
    assert monitor.history == [-7.0]
    assert monitor.state is only
    assert monitor.change == 0.0


def bounds(monitor, values):
    for number, value in enumerate(values):
        monitor.step(Still, state(value, float(number)), exact=False)
    return monitor


def test_random_iterations_stall_where_noise_prevails():
    noise = np.random.RandomState(0).normal(size=10)
    assert bounds(Monitor(max_iter=99), noise).stalled
    assert not bounds(Monitor(max_iter=99), noise[:9]).stalled  # two windows are needed
    assert not bounds(Monitor(max_iter=99), noise + 2.0 * np.arange(10)).stalled
    for slope in (1e-6, 1e6):
        assert not bounds(Monitor(max_iter=99), slope * np.arange(10.0)).stalled
        assert bounds(Monitor(max_iter=99), -slope * np.arange(10.0)).stalled


def test_the_standard_error_is_that_of_two_means():
    values = np.random.RandomState(1).normal(size=10)
    values[5:] += values[:5].mean() - values[5:].mean()
    error = np.sqrt(values[:5].var(ddof=1) / 5 + values[5:].var(ddof=1) / 5)
    for gain, stalled in ((1.999, True), (2.001, False)):
        shifted = values + np.repeat([0.0, gain * error], 5)
        assert bounds(Monitor(max_iter=99), shifted).stalled == stalled


def test_a_random_iteration_that_rests_is_no_convergence():
    monitor = Monitor(tol=1e-2, max_iter=10)
    monitor.step(Still, state(-5.0, 1.0), exact=False)
    assert not monitor.stalled
    assert not monitor.step(Still, state(-5.0, 1.0), exact=False)
    assert monitor.stalled
    assert not monitor.converged


@pytest.mark.parametrize(("gain", "converged"), [(0.000099, True), (0.000101, False)])
def test_relaxed_monitors_take_ten_iterations_that_gain_little(gain, converged):
    def climbed(monitor, count):
        for number in range(count):
            stop = monitor.step(Still, state(gain * number, float(number)))
        return stop

    monitor = Monitor(tol=1e-3, max_iter=99)
    monitor.step(Still, state(-gain, -1.0), exact=False)
    monitor.relax()
    assert not climbed(monitor, 9)
    assert monitor.step(Still, state(9.0 * gain, 9.0)) == monitor.converged == converged
    assert not climbed(Monitor(tol=1e-3, max_iter=99), 50)


def test_an_iteration_that_lowers_the_bound_is_not_recorded():
    monitor = Monitor(tol=1e-6, max_iter=50, n_rows=100.0)
    kept = state(-50.0, 0.0)
    assert not monitor.step(Still, kept)
    assert not monitor.step(Still, state(-51.0, 1.0))
    assert monitor.state is kept
    assert not monitor.step(Still, state(-49.0, 2.0))  # and forgotten where it recovers
    assert monitor.history == [-50.0, -49.0]
    for step in range(9):
        assert not monitor.step(Still, state(-49.5, float(step)))
    assert monitor.step(Still, state(-49.5, 9.0))
    assert not monitor.converged
    assert monitor.lost == pytest.approx(0.5)
    assert monitor.history == [-50.0, -49.0]


def test_a_fall_of_less_than_the_tolerance_ends_a_fit_that_rests():
    monitor = Monitor(tol=1e-2, max_iter=50, n_rows=100.0)
    monitor.step(Still, state(-50.0, 0.0))
    assert monitor.step(Still, state(-50.1, 0.0))
    assert monitor.converged
    assert monitor.history == [-50.0]


def test_random_iterations_may_lower_the_bound():
    monitor = Monitor(tol=1e-2, max_iter=50)
    monitor.step(Still, state(-50.0, 0.0), exact=False)
    monitor.step(Still, state(-51.0, 0.0), exact=False)
    assert monitor.history == [-50.0, -51.0]
