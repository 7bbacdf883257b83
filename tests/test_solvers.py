"""Solver objects: names, parameters, errors, and searches over them."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skvi import CAVI, SVI, Memoized, VariationalBayesianRegression, VariationalGaussianMixture
from skvi.inference.step_size import ConstantStep, RobbinsMonro
from skvi.solvers import resolve_solver
from tests._cases.models import mixture_rows
from tests.linear_model.problems import problem


@pytest.mark.parametrize(
    ("name", "kind"), [("auto", CAVI), ("cavi", CAVI), ("svi", SVI), ("memoized", Memoized)]
)
def test_names_stand_for_default_objects(name, kind):
    assert type(resolve_solver(name)) is kind
    assert resolve_solver(name).get_params() == kind().get_params()


@pytest.mark.parametrize("solver", ["newton", None, 3, SVI])
def test_other_solvers_are_refused(solver):
    with pytest.raises(ValueError, match="solver=.*use one of \\['auto'"):
        resolve_solver(solver)


@pytest.mark.parametrize(
    "solver", [CAVI(accelerate=False), SVI(batch_size=7), Memoized(n_batches=2)]
)
def test_solvers_clone_and_are_set(solver):
    copy = clone(solver)
    assert copy is not solver
    assert copy.get_params() == solver.get_params()
    assert repr(copy) == repr(solver)
    name = next(iter(solver.get_params()))
    estimator = VariationalGaussianMixture(solver=solver)
    estimator.set_params(**{f"solver__{name}": 5})
    assert estimator.get_params()[f"solver__{name}"] == 5


@pytest.mark.parametrize(
    ("solver", "message"),
    [
        (CAVI(accelerate="yes"), "accelerate='yes' .*True or False"),
        (SVI(batch_size=0), "batch_size=0 .*whole number of at least 1"),
        (SVI(batch_size=1.5), "batch_size=1.5"),
        (SVI(batch_size=True), "batch_size=True"),
        (SVI(step_size=0.0), "step_size=0.0 .*\\(0, 1\\]"),
        (SVI(step_size=2), "step_size=2"),
        (SVI(step_size="small"), "step_size='small'"),
        (SVI(forgetting_rate=0.5), "forgetting_rate=0.5 .*\\(0.5, 1\\]"),
        (SVI(forgetting_rate=np.nan), "forgetting_rate=nan"),
        (SVI(delay=0.0), "delay=0.0 .*at least 1"),
        (Memoized(n_batches=0), "n_batches=0 .*whole number"),
    ],
    ids=repr,
)
def test_knobs_are_checked_when_fitting(solver, message):
    with pytest.raises(ValueError, match=message):
        VariationalGaussianMixture(solver=solver).fit(mixture_rows()[0])


def test_step_sizes_follow_the_knobs():
    assert SVI(step_size=0.25)._steps() == ConstantStep(0.25)
    assert SVI(forgetting_rate=0.6, delay=3)._steps() == RobbinsMonro(3.0, 0.6)
    steps = SVI(forgetting_rate=1.0, delay=2.0)._steps()
    assert [steps(t) for t in range(3)] == pytest.approx([1 / 2, 1 / 3, 1 / 4])


def test_a_grid_search_reaches_the_knobs():
    X = mixture_rows()[0]
    grid = {"solver__batch_size": [20, 60], "solver__step_size": [None, 0.5]}
    estimator = VariationalGaussianMixture(2, solver=SVI(), max_iter=5, tol=0.0, random_state=0)
    search = GridSearchCV(estimator, grid, cv=2).fit(X)
    assert len(search.cv_results_["params"]) == 4
    assert np.all(np.isfinite(search.cv_results_["mean_test_score"]))
    assert search.best_estimator_.solver.batch_size in (20, 60)


@pytest.mark.parametrize("solver", ["cavi", "svi", "memoized"])
def test_wrong_knobs_are_refused_by_the_regression_too(solver):
    wrong = {
        "cavi": CAVI(accelerate=3),
        "svi": SVI(batch_size=-1),
        "memoized": Memoized(n_batches=0),
    }
    with pytest.raises(ValueError, match="is not allowed; use"):
        VariationalBayesianRegression(solver=wrong[solver]).fit(*problem())


@pytest.mark.parametrize("family", ["structured", "mean_field"])
def test_stochastic_regressions_are_exact_and_done(family):
    X, y = problem(3000)
    exact = VariationalBayesianRegression(family=family, tol=1e-9).fit(X, y)
    fitted = VariationalBayesianRegression(family=family, tol=1e-9, solver="svi").fit(X, y)
    assert fitted.converged_
    assert fitted.n_iter_ <= exact.n_iter_
    assert fitted.elbo_ == pytest.approx(exact.elbo_, rel=1e-12)
    np.testing.assert_allclose(fitted.coef_, exact.coef_, rtol=1e-9)


@pytest.mark.parametrize(
    "solver", ["svi", SVI(batch_size=100), SVI(batch_size=100, step_size=0.1)], ids=repr
)
@pytest.mark.parametrize("spread", [1.0, 2.5])
def test_stochastic_mixtures_converge_to_the_bound_of_coordinate_ascent(solver, spread):
    rng = np.random.RandomState(0)
    X = rng.normal(4.0 * np.eye(3)[rng.randint(3, size=8000)], spread)
    exact = VariationalGaussianMixture(3, random_state=0).fit(X)
    fitted = VariationalGaussianMixture(3, solver=solver, random_state=0).fit(X)
    assert fitted.converged_
    assert fitted.elbo_ > exact.elbo_ - 1e-6 * abs(exact.elbo_)
