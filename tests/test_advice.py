"""What is said of a fit that did not end well."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import VariationalLogisticRegression
from skvi._advice import movement, what_went_wrong
from skvi.inference.monitor import Monitor, State

ESTIMATOR = VariationalLogisticRegression()


def ended(max_iter=5, **attributes):
    monitor = Monitor(tol=1e-3, max_iter=max_iter)
    monitor.settle(State(None, None, None, {"all": -12.5}))
    monitor.converged = False
    for name, value in attributes.items():
        setattr(monitor, name, value)
    return monitor


@pytest.mark.parametrize(
    ("monitor", "said"),
    [
        (ended(max_iter=1, change=0.25), r"max_iter=1000 .* 2.50e-01 posterior sd, tol=0.001"),
        (ended(lost=0.5), "lowered the bound .by 0.5 nats"),
        (ended(), "after 1 iterations at the bound -12.5: no step raises it"),
        (ended(lost=0.5, advice="something else"), "^something else$"),
    ],
    ids=["exhausted", "below", "stuck", "own"],
)
def test_what_is_said(monitor, said):
    with pytest.raises(ValueError, match=said):
        raise ValueError(what_went_wrong(ESTIMATOR, monitor))


def test_nothing_is_said_of_what_went_well_or_was_not_asked():
    assert what_went_wrong(ESTIMATOR, ended(converged=True)) is None
    assert what_went_wrong(ESTIMATOR, ended(stopped=True)) is None
    without = VariationalLogisticRegression(tol=0.0)
    assert what_went_wrong(without, ended(max_iter=1)) is None


def test_movement():
    assert movement(ended(change=np.inf)) == "none yet"
