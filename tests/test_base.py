"""Manners common to all estimators: atomic fits, interrupts, searches, routing, display."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvi import (
    SVI,
    Dirichlet,
    Flat,
    Gamma,
    HalfCauchy,
    Memoized,
    Normal,
    NormalWishart,
    PitmanYor,
    Ridge,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
)
from skvi.inference.monitor import Monitor, State
from tests.linear_model.problems import problem
from tests.mixture.samples import clusters

X, Y = problem()
ROWS = clusters(150)[0]
ROWS[:, 1] *= 0.3  # overlapping, so that a fit takes many iterations

FITS = {
    "structured": (VariationalBayesianRegression(), (X, Y)),
    "mean field": (VariationalBayesianRegression(family="mean_field", tol=1e-9), (X, Y)),
    "mixture": (VariationalGaussianMixture(4, n_init=1, tol=1e-9, random_state=0), (ROWS,)),
    "memoized": (
        VariationalGaussianMixture(
            4, n_init=1, solver=Memoized(n_batches=2), tol=1e-9, random_state=0
        ),
        (ROWS,),
    ),
    "stochastic": (
        VariationalGaussianMixture(
            3, n_init=1, solver=SVI(batch_size=40), max_iter=9, tol=0.0, random_state=0
        ),
        (ROWS,),
    ),
}
every_fit = pytest.mark.parametrize("name", FITS)


def make(name):
    estimator, arguments = FITS[name]
    return clone(estimator), arguments


def state_of(estimator):
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(estimator).items()
        if name.endswith("_") or name in ("_dtype", "_single")
    }


@every_fit
def test_a_failed_refit_leaves_the_old_fit(name):
    estimator, arguments = make(name)
    frame = pd.DataFrame(arguments[0]).add_prefix("c")
    estimator.fit(frame, *arguments[1:])
    before, predicted = state_of(estimator), estimator.predict(frame)
    broken = np.ones((4, 7))
    broken[2, 1] = np.nan
    wrong = [
        lambda: estimator.fit(broken, np.arange(4.0)),
        lambda: estimator.fit(np.ones((4, 7), dtype=np.float32), np.arange(3.0), np.ones(9)),
        lambda: clone_into(estimator, solver=SVI(batch_size=0)).fit(np.ones((4, 7)), np.ones(4)),
        lambda: estimator.partial_fit(pd.DataFrame(np.ones((4, 7))).add_prefix("c"), np.ones(4)),
        lambda: estimator.fit([(np.ones((4, 7)), np.ones(4)), (np.ones((4, 6)), np.ones(4))]),
    ]
    for attempt in wrong:
        with pytest.raises(ValueError, match="."):
            attempt()
        estimator.set_params(solver=clone(FITS[name][0]).solver)
        assert state_of(estimator) == before
        np.testing.assert_array_equal(estimator.predict(frame), predicted)


def clone_into(estimator, **parameters):
    """The same object with other parameters."""
    return estimator.set_params(**parameters)


@every_fit
def test_a_failed_first_fit_leaves_nothing(name):
    estimator, arguments = make(name)
    with pytest.raises(ValueError, match="."):
        estimator.set_params(solver=SVI(batch_size=0)).fit(*arguments)
    assert state_of(estimator) == {}
    with pytest.raises(NotFittedError):
        estimator.predict(arguments[0])


def interrupt_at(monkeypatch, kind, verb, count):
    """Make one call of a verb an interrupt from the keyboard; gives the list of calls."""
    original, calls = getattr(kind, verb), []

    def counted(self, *args, **keywords):
        calls.append(None)
        if len(calls) == count:
            raise KeyboardInterrupt
        return original(self, *args, **keywords)

    monkeypatch.setattr(kind, verb, counted)
    return calls


@pytest.mark.parametrize("name", ["mean field", "mixture", "memoized", "stochastic"])
@pytest.mark.parametrize("verb", ["update", "bound", "location"])
def test_an_interrupt_inside_an_iteration_leaves_the_last_complete_one(name, verb, monkeypatch):
    reference, arguments = make(name)
    reference.fit(*arguments)
    kind = type(reference._model)
    with monkeypatch.context() as patch:
        calls = interrupt_at(patch, kind, verb, 0)
        clone(reference).fit(*arguments)
    interrupted = clone(reference)
    with monkeypatch.context() as patch:
        interrupt_at(patch, kind, verb, len(calls) - 2)
        with pytest.raises(KeyboardInterrupt):
            interrupted.fit(*arguments)
    assert not interrupted.converged_
    assert 1 <= interrupted.n_iter_ <= reference.n_iter_
    assert interrupted.elbo_history_[-1] == interrupted.elbo_
    if name != "stochastic":
        np.testing.assert_array_equal(
            interrupted.elbo_history_, reference.elbo_history_[: interrupted.n_iter_]
        )
    assert np.all(np.isfinite(interrupted.predict(arguments[0])))
    assert interrupted.fit(*arguments).elbo_ == reference.elbo_


@every_fit
def test_an_interrupt_before_the_first_iteration_leaves_the_old_fit(name, monkeypatch):
    estimator, arguments = make(name)
    estimator.fit(*arguments)
    before = state_of(estimator)

    def stop(*args, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(estimator._model), "update", stop)
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(*(values[:20] for values in arguments))
    assert state_of(estimator) == before


@every_fit
def test_fitted_estimators_pickle_clone_and_repeat(name):
    estimator, arguments = make(name)
    estimator.fit(*arguments)
    copy = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(copy.predict(arguments[0]), estimator.predict(arguments[0]))
    assert copy.elbo_ == estimator.elbo_
    fresh = clone(estimator)
    assert not hasattr(fresh, "elbo_")
    assert repr(fresh) == repr(estimator)
    assert fresh.fit(*arguments).elbo_ == estimator.elbo_
    continued = copy.partial_fit(*arguments)
    assert continued.elbo_ == estimator.partial_fit(*arguments).elbo_


@every_fit
def test_the_display_shows_parameters_and_results(name):
    estimator, arguments = make(name)
    before = estimator._repr_html_()
    assert type(estimator).__name__ in before
    estimator.fit(*arguments)
    html = estimator._repr_html_()
    for word in ("elbo_", "converged_", "n_iter_", "skvi.github.io"):
        assert word in html
    assert type(estimator).__name__ in repr(estimator)


def test_a_search_over_prior_objects_and_their_parameters():
    priors = [Ridge(), Ridge(10.0), Normal(0.0, 4.0), Flat(), "ridge"]
    search = GridSearchCV(
        VariationalBayesianRegression(), {"prior": priors, "noise_prior": [None, HalfCauchy(1.0)]}
    ).fit(X, Y)
    assert np.all(np.isfinite(search.cv_results_["mean_test_score"]))
    nested = GridSearchCV(
        VariationalBayesianRegression(prior=Ridge()), {"prior__alpha": [1e-3, 1e5, None]}
    ).fit(X, Y)
    scores = nested.cv_results_["mean_test_score"]
    assert scores[1] < 0.5 < scores[0]
    assert nested.best_params_["prior__alpha"] in (1e-3, None)


def test_a_search_over_the_priors_of_a_mixture():
    estimator = VariationalGaussianMixture(2, prior=NormalWishart(), random_state=0, n_init=1)
    grid = {"n_components": [1, 3], "prior__mean_precision": [None, 1.0]}
    search = GridSearchCV(estimator, grid, cv=3).fit(ROWS)
    assert search.best_params_["n_components"] == 3


def test_workers_change_no_bit():
    for estimator, arguments in (make("structured"), make("mixture")):
        one, two = (
            cross_val_score(estimator, *arguments, cv=2, n_jobs=n_jobs) for n_jobs in (1, 2)
        )
        np.testing.assert_array_equal(one, two)


def test_pipelines_pass_the_questions_on():
    pipeline = make_pipeline(StandardScaler(), VariationalBayesianRegression()).fit(X, Y)
    mean, std = pipeline.predict(X, return_std=True)
    np.testing.assert_allclose(mean, pipeline.predict(X), rtol=1e-9)
    assert np.all(std > 0.0)
    assert pipeline.predict(X, quantiles=[0.1, 0.9]).shape == (40, 2)
    assert pipeline.score(X, Y) > 0.7
    mixture = make_pipeline(StandardScaler(), VariationalGaussianMixture(3, random_state=0))
    labels = mixture.fit_predict(ROWS)
    np.testing.assert_array_equal(labels, mixture.predict(ROWS))
    assert mixture.score_samples(ROWS).shape == (150,)


def test_every_target_can_have_its_own_estimator():
    both = np.column_stack([Y, -Y])
    several = MultiOutputRegressor(VariationalBayesianRegression()).fit(X, both)
    together = VariationalBayesianRegression().fit(X, both)
    np.testing.assert_allclose(several.predict(X), together.predict(X), rtol=1e-9)


def test_weights_and_questions_are_routed_on_request():
    weights = np.random.RandomState(0).randint(0, 3, size=len(Y)).astype(float)
    with config_context(enable_metadata_routing=True):
        regression = VariationalBayesianRegression().set_fit_request(sample_weight=True)
        regression.set_predict_request(return_std=True)
        pipeline = make_pipeline(regression).fit(X, Y, sample_weight=weights)
        _, std = pipeline.predict(X, return_std=True)
        regression.set_score_request(sample_weight=False)
        search = GridSearchCV(regression, {"prior": ["ridge"]}, cv=2)
        search.fit(X, Y, sample_weight=weights)
        mixture = VariationalGaussianMixture(2, n_init=1, random_state=0)
        mixture.set_fit_request(sample_weight=True)
        grid = GridSearchCV(mixture, {"n_components": [1]}, cv=2)
        grid.fit(ROWS, sample_weight=np.ones(150))
    alone = VariationalBayesianRegression().fit(X, Y, sample_weight=weights)
    np.testing.assert_allclose(std, alone.predict(X, return_std=True)[1], rtol=1e-12)
    assert search.best_estimator_.elbo_ == alone.elbo_


def test_nested_parameters_are_read_and_set():
    estimator = VariationalBayesianRegression(prior=Ridge(2.0), solver=SVI())
    assert estimator.get_params()["prior__alpha"] == 2.0
    estimator.set_params(prior__alpha=3.0, solver__batch_size=7, prior=Ridge(1.0))
    assert estimator.prior.alpha == 3.0
    assert estimator.solver.batch_size == 7
    with pytest.raises(ValueError, match="Invalid parameter 'beta'"):
        estimator.set_params(prior__beta=1.0)


@every_fit
def test_names_of_columns_are_kept_and_dropped(name):
    estimator, arguments = make(name)
    frame = pd.DataFrame(arguments[0]).add_prefix("c")
    estimator.fit(frame, *arguments[1:])
    assert estimator.feature_names_in_.tolist() == list(frame.columns)
    estimator.fit(*arguments)
    assert not hasattr(estimator, "feature_names_in_")


@pytest.mark.parametrize("count", [1, 4, 9])
def test_an_interrupt_among_the_starts_is_not_swallowed(count, monkeypatch):
    estimator, arguments = make("mixture")
    estimator.set_params(n_init=4).fit(*arguments)
    before = state_of(estimator)
    interrupt_at(monkeypatch, type(estimator._model), "start", count)
    with pytest.raises(KeyboardInterrupt):
        estimator.fit(*(values[:50] for values in arguments))
    assert state_of(estimator) == before


NAMED = [
    (VariationalBayesianRegression(), "prior__alpha", "prior=Ridge\\(...\\)\\.$"),
    (VariationalBayesianRegression(), "prior__slab", "RegularizedHorseshoe.* or prior=SpikeSlab"),
    (VariationalBayesianRegression(), "noise_prior__scale", "noise_prior=HalfCauchy"),
    (VariationalBayesianRegression(), "solver__batch_size", "solver=SVI"),
    (VariationalGaussianMixture(), "prior__mean", "prior=NormalWishart"),
    (VariationalGaussianMixture(), "weight_prior__discount", "weight_prior=PitmanYor"),
]


@pytest.mark.parametrize(("estimator", "parameter", "advice"), NAMED, ids=[n for _, n, _ in NAMED])
def test_parameters_of_what_is_only_named_say_what_to_pass(estimator, parameter, advice):
    held = getattr(estimator, parameter.split("__")[0])
    message = f"{parameter} cannot be set while .*{held!r}.* make it an object first: .*{advice}"
    with pytest.raises(ValueError, match=message):
        clone(estimator).set_params(**{parameter: 1.0})
    with pytest.raises(ValueError, match=message):
        GridSearchCV(estimator, {parameter: [1.0]}).fit(X, Y)
    assert parameter not in estimator.get_params(deep=True)


def test_an_object_and_its_parameter_can_be_set_at_once():
    estimator = VariationalBayesianRegression().set_params(prior__alpha=2.0, prior=Ridge())
    assert estimator.prior.alpha == 2.0
    with pytest.raises(ValueError, match="tol=0.001, which has no parameters.$"):
        estimator.set_params(tol__alpha=1.0)


BAD_OBJECTS = [
    (
        {"prior": Ridge(-1.0)},
        r"prior=Ridge\(alpha=-1.0\): alpha must be positive .* or None, got -1.0",
    ),
    ({"prior": Ridge(True)}, r"prior=Ridge\(alpha=True\): alpha must be positive"),
    ({"prior": Ridge(1e305)}, r"prior=Ridge\(alpha=1e\+305\): alpha must be between 1e-300 and"),
    ({"prior": Normal(0.0, -1.0)}, r"prior=Normal\(covariance=-1.0\): covariance must be positive"),
    ({"prior": Normal([0.0, 1.0])}, r"prior=Normal\(mean=.*: mean must be a number or of shape"),
    ({"noise_prior": HalfCauchy(0.0)}, r"noise_prior=HalfCauchy\(scale=0.0\): scale must be"),
    ({"noise_prior": Gamma(1.0, "a")}, r"noise_prior=Gamma\(rate='a', shape=1.0\): rate must be"),
    ({"solver": SVI(batch_size=0)}, r"solver=SVI\(batch_size=0\): batch_size=0 is not allowed"),
    ({"max_iter": True}, "max_iter=True is not allowed; use a number"),
    ({"tol": False}, "tol=False is not allowed; use a number"),
    ({"n_jobs": 0}, r"'n_jobs' parameter .* range \[1, inf\).* Got 0 instead"),
]
BAD_OF_MIXTURES = [
    (
        {"prior": NormalWishart(mean_precision=0.0)},
        r"prior=NormalWishart\(mean_precision=0.0\): mean_",
    ),
    ({"prior": NormalWishart(scale_matrix=True)}, r"prior=.*: scale_matrix must be finite numbers"),
    ({"prior": NormalWishart(mean=1e30)}, r"prior=.*: mean must be within 1e\+06 standard"),
    ({"weight_prior": PitmanYor(1.0, 1.5)}, r"weight_prior=PitmanYor\(.*: discount must be"),
    ({"weight_prior": Dirichlet(False)}, r"weight_prior=Dirichlet\(concentration=False\): concen"),
    ({"n_components": True}, "n_components=True is not allowed; use a number"),
    ({"n_init": True}, "n_init=True is not allowed; use a number"),
    ({"n_jobs": 0}, r"'n_jobs' parameter .* Got 0 instead"),
]


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        *((VariationalBayesianRegression(**options), message) for options, message in BAD_OBJECTS),
        *((VariationalGaussianMixture(**options), message) for options, message in BAD_OF_MIXTURES),
    ],
)
def test_what_is_wrong_with_an_object_names_the_parameter_that_holds_it(estimator, message):
    with pytest.raises(ValueError, match=message):
        estimator.fit(X, Y)


def test_priors_and_rows_too_far_apart_are_said_to_be():
    monitor = Monitor()
    monitor.state = State(None, None, None, {"noise": -np.inf})
    with pytest.raises(ValueError, match="bound is -inf. .* orders of magnitude apart"):
        VariationalBayesianRegression()._conclude(None, monitor)


def test_the_display_works_nothing_out(monkeypatch):
    for name, lazy in (("structured", "sigma_"), ("mixture", "posterior_")):
        estimator, arguments = make(name)
        estimator.fit(*arguments)

        def refuse(self):
            raise AssertionError("worked out")

        with monkeypatch.context() as patch:
            patch.setattr(type(estimator), lazy, property(refuse))
            html = estimator._repr_html_()
        assert "elbo_history_" in html
        assert "float64" in html


@pytest.mark.parametrize("name", ["structured", "mean field", "mixture"])
def test_lines_of_progress_hold_numbers_only(name, capsys):
    estimator, arguments = make(name)
    estimator.set_params(verbose=2).fit(*arguments)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == estimator.n_iter_ + 1
    assert ("change none yet" in lines[0]) == (name == "structured")
    assert not any("inf" in line or "nan" in line for line in lines)
    assert all("posterior sd" in line for line in lines[1:-1])


def test_advice_after_one_iteration_points_to_the_call():
    with pytest.warns(ConvergenceWarning, match="last change: .* posterior sd") as caught:
        VariationalGaussianMixture(3, max_iter=1, tol=1e-12, random_state=0).fit(ROWS)
    assert caught[0].filename == __file__


def test_subclasses_have_parameters_of_their_own():
    class Wider(VariationalBayesianRegression):
        def __init__(self, width=1.0, prior="ridge"):
            super().__init__(prior=prior)
            self.width = width

    assert set(Wider(2.0).get_params()) == {"width", "prior"}
    assert clone(Wider(2.0)).width == 2.0
    assert "width" not in VariationalBayesianRegression().get_params()
    VariationalBayesianRegression._get_param_names().clear()  # a list of the caller's own
    assert "prior" in VariationalBayesianRegression().get_params()
