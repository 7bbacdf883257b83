"""Laws of every estimator: storage, weights as repetitions, units, recovery and coverage."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import skops.io
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.utils import get_tags

from skvi import (
    SVI,
    DirichletProcess,
    HalfCauchy,
    Normal,
    Ridge,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
)
from tests._cases.models import mixture_rows, regression_rows
from tests.cases import ESTIMATORS

CASES = [
    pytest.param(estimator, id=f"{name}-{index}")
    for name, estimators in ESTIMATORS.items()
    for index, estimator in enumerate(estimators)
]
TERMS = {
    "expected_log_likelihood", "expected_log_assignment", "entropy",
    "coef", "noise", "scale", "weights", "components",
}  # fmt: skip
every_estimator = pytest.mark.parametrize("estimator", CASES)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def rows(estimator):
    """``(X, y or None, weights)`` for an estimator."""
    if not is_regressor(estimator) and not is_classifier(estimator):
        X, _, weights = mixture_rows()
        return X, None, weights
    X, y, weights = regression_rows()
    y = y[:, 0]
    if is_classifier(estimator):
        levels = [0.5] if isinstance(estimator.prior, Normal) else [0.3, 0.7]
        y = np.array(["high", "low", "medium"])[np.digitize(y, np.quantile(y, levels))]
    elif get_tags(estimator).target_tags.positive_only:
        y = np.floor(np.exp(0.2 * (y - y.mean()) + 2.0))
    return X, y, weights


def predictions(estimator, X):
    """What an estimator says of rows, in every way it can."""
    if is_classifier(estimator):
        return [
            np.searchsorted(estimator.classes_, estimator.predict(X)),
            estimator.predict_proba(X),
            estimator.log_predictive_density(X, np.resize(estimator.classes_, len(X))),
        ]
    if is_regressor(estimator):
        y = np.linspace(-1.0, 1.0, len(X))
        if get_tags(estimator).target_tags.positive_only:
            y = np.arange(1.0, len(X) + 1.0)
        return [
            *estimator.predict(X, return_std=True),
            estimator.predict_interval(X),
            estimator.sample_y(X, 3, random_state=0),
            estimator.log_predictive_density(X, y),
        ]
    return [
        estimator.predict(X),
        estimator.predict_proba(X),
        estimator.score_samples(X),
        estimator.sample(5)[0],
    ]


def outputs(estimator, X):
    """What it says of rows and of its parameters."""
    if hasattr(estimator, "coef_"):
        parameters = [estimator.summary().to_numpy(), estimator.sigma_]
    else:
        parameters = [estimator.posterior_.means.cov, estimator.covariances_]
    return predictions(estimator, X) + parameters


def assert_same_bits(first, second):
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def through_pickle(estimator):
    return pickle.loads(pickle.dumps(estimator))


def through_skops(estimator):
    stored = skops.io.dumps(estimator)
    unknown = skops.io.get_untrusted_types(data=stored)
    assert all(name.startswith("skvi.") or name == "numpy.dtype" for name in unknown), unknown
    return skops.io.loads(stored, trusted=unknown)


@every_estimator
@pytest.mark.parametrize("store", [through_pickle, through_skops])
def test_stored_estimators_predict_the_same_bits_and_go_on(estimator, store):
    X, y, weights = rows(estimator)
    fitted = clone(estimator).fit(X, y, sample_weight=weights)
    copy = store(fitted)
    assert_same_bits(outputs(copy, X), outputs(fitted, X))
    assert copy.elbo_terms_ == fitted.elbo_terms_
    copy.partial_fit(X[:9], None if y is None else y[:9])
    fitted.partial_fit(X[:9], None if y is None else y[:9])
    assert_same_bits(outputs(copy, X), outputs(fitted, X))


SPECIAL = [
    (VariationalBayesianRegression(), (8, 20)),
    (VariationalBayesianRegression(prior=Normal(0.0, np.eye(4))), (30, 4)),
    (VariationalBayesianRegression(family="mean_field", noise_prior=HalfCauchy(1.0)), (30, 4)),
    (VariationalBayesianRegression(prior=Ridge(2.0), n_jobs=2), (30, 4)),
    (VariationalGaussianMixture(2, weight_prior=DirichletProcess(2.0), random_state=0), None),
    (VariationalGaussianMixture(2, solver=SVI(batch_size=50), max_iter=3, random_state=0), None),
]


@pytest.mark.parametrize("store", [through_pickle, through_skops])
@pytest.mark.parametrize(("estimator", "shape"), SPECIAL)
def test_every_kind_of_state_can_be_stored(estimator, shape, store):
    X, y = mixture_rows()[:2] if shape is None else regression_rows(*shape)[:2]
    fitted = clone(estimator).fit(X, y)
    copy = store(fitted)
    np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))
    assert repr(copy) == repr(fitted)


@every_estimator
def test_cloning_forgets_the_fit_and_keeps_the_parameters(estimator):
    X, y, _ = rows(estimator)
    fitted = clone(estimator).fit(X, y)
    copy = clone(fitted)
    assert [name for name in vars(copy) if name.endswith("_")] == []
    assert repr(copy.get_params()) == repr(estimator.get_params())
    assert copy.fit(X, y).elbo_ == fitted.elbo_


@every_estimator
def test_weights_are_repetitions_and_weight_zero_is_no_row(estimator):
    X, y, weights = rows(estimator)
    weights[:4] = 0.0
    times = weights.astype(int)
    whole = clone(estimator)
    if isinstance(whole.solver, SVI) or whole.solver == "svi":
        whole.set_params(solver=SVI(batch_size=10**6))  # the same mini-batch, whoever repeats
    whole.set_params(tol=1e-6)  # where a fit stops early, rounding decides in which iteration
    repeated = clone(whole).fit(X.repeat(times, axis=0), None if y is None else y.repeat(times))
    if y is not None:
        y = y.copy()
        y[:4] = y[-1] if is_classifier(estimator) else 1e9  # seen by nobody
    weighted = whole.fit(X, y, sample_weight=weights)
    assert weighted.elbo_ == pytest.approx(repeated.elbo_, rel=1e-8)
    for a, b in zip(outputs(weighted, X), outputs(repeated, X), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


@every_estimator
def test_single_precision_follows_double_precision(estimator):
    X, y, weights = rows(estimator)
    double = clone(estimator).fit(X, y, sample_weight=weights)
    single = clone(estimator).fit(X.astype(np.float32), y, sample_weight=weights)
    assert single.elbo_ == pytest.approx(double.elbo_, rel=2e-4)
    location = "coef_" if hasattr(single, "coef_") else "means_"
    values = getattr(single, location)
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, getattr(double, location), rtol=5e-3, atol=5e-3)


@every_estimator
@pytest.mark.parametrize("unit", [1e-100, 1.0, 1e100])
def test_outputs_are_finite_in_any_unit(estimator, unit):
    X, y, _ = rows(estimator)
    if isinstance(getattr(estimator, "prior", None), Normal):
        unit = 1.0  # such a prior is in units of its own
    fitted = clone(estimator).fit(X * unit, y)
    assert np.isfinite(fitted.elbo_)
    assert all(np.all(np.isfinite(values)) for values in predictions(fitted, X * unit))


@every_estimator
def test_what_every_fit_publishes(estimator):
    X, y, _ = rows(estimator)
    fitted = clone(estimator)
    assert fitted.fit(X, y) is fitted
    assert isinstance(fitted.elbo_, float)
    assert sum(fitted.elbo_terms_.values()) == pytest.approx(fitted.elbo_, rel=1e-12)
    assert set(fitted.elbo_terms_) - TERMS == set()
    assert all(type(value) is float for value in fitted.elbo_terms_.values())
    assert fitted.elbo_history_.shape == (fitted.n_iter_,)
    assert fitted.elbo_history_[-1] == fitted.elbo_
    assert isinstance(fitted.converged_, bool)
    assert fitted.n_features_in_ == X.shape[1]
    for factor in fitted.posterior_.values():
        assert factor.sample(3, random_state=0).shape == (3, *np.shape(factor.mean))
        assert np.shape(factor.sd) == np.shape(factor.mean)
        np.testing.assert_array_equal(factor.cov, np.swapaxes(factor.cov, -1, -2))


@every_estimator
def test_arguments_are_left_alone(estimator):
    X, y, weights = rows(estimator)
    arrays = [values for values in (X, y, weights) if values is not None]
    before = [values.copy() for values in arrays]
    clone(estimator).fit(X, y, sample_weight=weights).predict(X)
    assert_same_bits(arrays, before)


@pytest.mark.parametrize("family", ["structured", "mean_field"])
def test_regression_recovers_simulated_parameters(family):
    rng = np.random.RandomState(0)
    coef = rng.standard_normal(6)
    X = rng.standard_normal((4000, 6)) * 10.0 ** rng.uniform(-2.0, 2.0, size=6)
    y = 3.0 + (X / X.std(axis=0)) @ coef + 0.5 * rng.standard_normal(4000)
    fitted = VariationalBayesianRegression(family=family).fit(X / X.std(axis=0), y)
    posterior = fitted.posterior_
    assert np.all(np.abs(fitted.coef_ - coef) < 4.0 * posterior.coef.sd)
    assert np.all(posterior.coef.sd < 0.02)
    assert abs(posterior.noise.mean - 0.5) < 4.0 * posterior.noise.sd


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_mixtures_recover_simulated_parameters(covariance_type):
    rng = np.random.RandomState(0)
    means = np.array([[0.0, 0.0], [6.0, 1.0], [1.0, 7.0]])
    labels = rng.choice(3, size=6000, p=[0.5, 0.3, 0.2])
    X = means[labels] + 0.8 * rng.standard_normal((6000, 2))
    fitted = VariationalGaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    posterior = fitted.posterior_
    assert np.all(np.abs(fitted.means_ - means) < 4.5 * posterior.means.sd)
    assert np.all(np.abs(fitted.weights_ - [0.5, 0.3, 0.2]) < 4.0 * posterior.weights.sd + 0.005)
    assert fitted.score(X) == pytest.approx(
        np.log(0.5) * 0.5 + np.log(0.3) * 0.3 + np.log(0.2) * 0.2
        - np.log(2.0 * np.pi * 0.64) - 1.0,
        abs=0.03,
    )  # fmt: skip


def test_nine_in_ten_intervals_hold_the_truth():
    """200 data sets of 15 rows and 4 columns: coefficients, and one new target each."""
    rng = np.random.RandomState(0)
    n_sets, n_columns = 200, 4
    coefficients, predictions = [], []
    for _ in range(n_sets):
        coef = rng.standard_normal(n_columns)
        X = rng.standard_normal((16, n_columns))
        y = 1.0 + X @ coef + rng.standard_normal(16)
        fitted = VariationalBayesianRegression().fit(X[:15], y[:15])
        table = fitted.summary().iloc[1:]
        coefficients.append(np.mean((table["5%"] < coef) & (coef < table["95%"])))
        low, high = fitted.predict_interval(X[15:])[0]
        predictions.append(low < y[15] < high)
    # three standard errors of a share of 0.9; coefficients of one set are four trials
    assert np.mean(coefficients) == pytest.approx(0.9, abs=3.0 * 0.3 / np.sqrt(4 * n_sets))
    assert np.mean(predictions) == pytest.approx(0.9, abs=3.0 * 0.3 / np.sqrt(n_sets))
