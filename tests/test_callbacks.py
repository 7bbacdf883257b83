"""scikit-learn's callbacks and our own on both estimators, alone and inside a grid search."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.callback import ProgressBar
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvi import (
    ELBOMonitor,
    Memoized,
    Ridge,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
)
from tests.linear_model.problems import problem
from tests.mixture.samples import clusters

X, Y = problem()
ROWS = clusters(150)[0]

FITS = {
    "structured": (VariationalBayesianRegression(prior=Ridge()), (X, Y)),
    "mean field": (VariationalBayesianRegression(family="mean_field", tol=1e-9), (X, Y)),
    "stochastic": (VariationalBayesianRegression(solver="svi", max_iter=4, tol=0.0), (X, Y)),
    "mixture": (VariationalGaussianMixture(5, n_init=1, tol=1e-9, random_state=0), (ROWS,)),
    "memoized": (
        VariationalGaussianMixture(
            4, n_init=1, solver=Memoized(n_batches=2), tol=1e-9, random_state=0
        ),
        (ROWS,),
    ),
}
GRIDS = {"structured": {"prior__alpha": [0.1, 1.0]}, "mixture": {"n_components": [1, 2]}}
every_fit = pytest.mark.parametrize("name", FITS)


def make(name):
    estimator, arguments = FITS[name]
    return clone(estimator), arguments


class Listener:
    """Hears of every iteration; asks for a stop, or raises, at the one it is told to."""

    def __init__(self, stop_at=None, error=None):
        self.stop_at, self.error, self.heard = stop_at, error, []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        if fitted_estimator is None:
            return False
        self.heard.append(fitted_estimator)
        due = len(self.heard) == self.stop_at
        if due and self.error is not None:
            raise self.error
        return due


@every_fit
def test_every_iteration_brings_a_usable_estimator(name):
    estimator, arguments = make(name)
    listener = Listener()
    estimator.set_callbacks(listener).fit(*arguments)
    assert len(listener.heard) == estimator.n_iter_
    rows = arguments[0]
    for count, heard in enumerate(listener.heard, start=1):
        assert heard is not estimator
        assert heard.n_iter_ == len(heard.elbo_history_) == count
        assert np.all(np.isfinite(heard.predict(rows)))
    if name != "stochastic":  # which ends with a sweep over all rows
        last = listener.heard[-1].predict(rows)
        np.testing.assert_array_equal(last, estimator.predict(rows))
        assert [heard.elbo_ for heard in listener.heard] == estimator.elbo_history_.tolist()


@pytest.mark.parametrize("name", ["mean field", "mixture", "memoized"])
def test_a_callback_can_end_the_fit(name):
    estimator, arguments = make(name)
    estimator.set_callbacks(Listener(stop_at=2)).fit(*arguments)
    assert estimator.n_iter_ == 2
    assert not estimator.converged_
    assert np.all(np.isfinite(estimator.predict(arguments[0])))


@every_fit
def test_an_interrupt_leaves_the_last_complete_iteration(name):
    estimator, arguments = make(name)
    at = 1 if name == "structured" else 2
    estimator.set_callbacks(Listener(stop_at=at, error=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(*arguments)
    assert estimator.n_iter_ == at
    assert not estimator.converged_
    assert estimator.elbo_ == estimator.elbo_history_[-1]
    assert np.all(np.isfinite(estimator.predict(arguments[0])))


@every_fit
def test_an_error_in_a_callback_leaves_the_old_fit(name):
    estimator, arguments = make(name)
    estimator.fit(*arguments)
    before, bound = estimator.predict(arguments[0]), estimator.elbo_
    estimator.set_callbacks(Listener(stop_at=1, error=RuntimeError("no")))
    with pytest.raises(RuntimeError, match="no"):
        estimator.fit(*(values[::2] for values in arguments))
    assert estimator.elbo_ == bound
    np.testing.assert_array_equal(estimator.predict(arguments[0]), before)


@every_fit
def test_partial_fits_are_heard_too(name):
    estimator, arguments = make(name)
    listener = Listener()
    estimator.fit(*arguments).set_callbacks(listener).partial_fit(*arguments)
    assert len(listener.heard) == estimator.n_iter_


@every_fit
def test_the_monitor_records_the_bound_of_every_iteration(name):
    estimator, arguments = make(name)
    monitor = ELBOMonitor()
    estimator.set_callbacks(monitor).fit(*arguments)
    data = monitor.get_logs().data
    assert [row["n_iter"] for row in data] == list(range(1, estimator.n_iter_ + 1))
    if name != "stochastic":
        assert [row["elbo"] for row in data] == estimator.elbo_history_.tolist()
    frame = monitor.get_logs().data_as_pandas
    assert frame["estimator_name"].unique().tolist() == [type(estimator).__name__]


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("name", GRIDS)
def test_the_monitor_works_inside_a_grid_search(name, n_jobs):
    estimator, arguments = make(name)
    monitor = ELBOMonitor()
    estimator.set_callbacks(monitor)
    search = GridSearchCV(estimator, GRIDS[name], cv=2, n_jobs=n_jobs).fit(*arguments)
    # two candidates on two folds, and the refit
    logs = monitor.get_logs(select="all")
    fits = {(log.run_id, tuple(row["parent_task_id_path"])) for log in logs for row in log.data}
    assert len(fits) == 5
    bounds = [row["elbo"] for log in logs for row in log.data]
    assert np.all(np.isfinite(bounds))
    assert any(bound == search.best_estimator_.elbo_ for bound in bounds)


@every_fit
def test_the_progress_bar_runs_to_the_end(name, capsys):
    estimator, arguments = make(name)
    estimator.set_callbacks(ProgressBar()).fit(*arguments)
    assert type(estimator).__name__ in capsys.readouterr().out


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("name", GRIDS)
def test_the_progress_bar_reaches_into_a_grid_search_of_pipelines(name, n_jobs, capsys):
    estimator, arguments = make(name)
    pipeline = make_pipeline(StandardScaler(), estimator)
    grid = {f"{pipeline.steps[1][0]}__{key}": values for key, values in GRIDS[name].items()}
    search = GridSearchCV(pipeline, grid, cv=2, n_jobs=n_jobs)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(*arguments)
    assert np.isfinite(search.best_score_)
    out = capsys.readouterr().out
    assert "GridSearchCV" in out
    assert type(estimator).__name__ in out
