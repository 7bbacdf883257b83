"""Further rows find the parameters that the fit began with, or an error that names the changed."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import clone

from skvi import (
    Flat,
    HalfCauchy,
    Normal,
    Ridge,
    VariationalBayesianRegression,
    VariationalGLMRegressor,
)
from skvi.likelihoods import LogDensity, StudentT
from tests.linear_model.manners import BY_NAME, COUNTS, X, Y, each

CHANGES = [
    ("binary", {"prior": "flat"}),
    ("binary", {"family": "diagonal"}),
    ("softmax", {"fit_intercept": False}),
    ("ordinal", {"prior": Ridge(1.0)}),
    ("poisson", {"likelihood": "negative_binomial"}),
    ("poisson", {"fit_intercept": False}),
    ("quantile", {"quantile": 0.9}),
    ("student_t", {"likelihood": "normal"}),
    ("student_t", {"likelihood": StudentT(4.0)}),
    ("student_t", {"prior": "flat"}),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=str)
def test_a_changed_parameter_is_named(name, change):
    estimator, y = BY_NAME[name]
    fitted = clone(estimator).fit(X, y)
    before = fitted.elbo_
    (parameter,) = change
    with pytest.raises(ValueError, match=rf"{parameter}=.* was .* and cannot change; call fit"):
        fitted.set_params(**change).partial_fit(X, y)
    assert fitted.elbo_ == before
    with pytest.raises(ValueError, match=rf"{parameter}=.* was .* and cannot change"):
        pickle.loads(pickle.dumps(fitted)).partial_fit(X, y)
    fitted.set_params(**estimator.get_params(deep=False)).partial_fit(X, y)


@each()
def test_how_a_fit_is_made_may_change(estimator, y):
    fitted = clone(estimator).fit(X, y)
    fitted.set_params(solver="svi", max_iter=50, random_state=3, n_jobs=2)
    other = clone(estimator).fit(X, y)
    np.testing.assert_array_equal(fitted.partial_fit(X, y).coef_, other.partial_fit(X, y).coef_)
    assert fitted.set_params(tol=1e-2).partial_fit(X, y).converged_


def test_a_prior_that_changes_in_place_is_noticed():
    mean = np.zeros(3)
    fitted = VariationalGLMRegressor(prior=Normal(mean, 1.0)).fit(X, COUNTS)
    mean[1] = 5.0
    with pytest.raises(ValueError, match="prior=Normal.* was Normal.* cannot change"):
        fitted.partial_fit(X, COUNTS)
    fitted = VariationalGLMRegressor(prior=Ridge(1.0)).fit(X, COUNTS)
    with pytest.raises(ValueError, match=r"prior=Ridge\(alpha=2.0\) was Ridge\(alpha=1.0\)"):
        fitted.set_params(prior__alpha=2.0).partial_fit(X, COUNTS)


def laplace(y, eta, power):
    return -(np.abs(y - eta) ** power)


def test_functions_and_equal_objects_are_the_same():
    likelihood = LogDensity(partial(laplace, power=2.0), mean=lambda eta: eta)
    fitted = VariationalGLMRegressor(likelihood=likelihood, prior=Ridge(1.0)).fit(X, Y)
    fitted.set_params(prior=Ridge(1.0)).partial_fit(X, Y)


@pytest.mark.parametrize(
    "change",
    [{"prior": Ridge(2.0)}, {"prior": Flat()}, {"fit_intercept": False},
     {"noise_prior": HalfCauchy(1.0)}, {"family": "mean_field"}],
    ids=repr,
)  # fmt: skip
def test_a_conjugate_regression_takes_changes_up(change):
    fitted = VariationalBayesianRegression().fit(X[:30], Y[:30])
    fitted.set_params(**change).partial_fit(X[30:], Y[30:])
    union = VariationalBayesianRegression(**change).fit(X, Y)
    assert fitted.elbo_ == pytest.approx(union.elbo_, rel=1e-10)
    np.testing.assert_allclose(fitted.coef_, union.coef_, rtol=1e-9)


def test_but_not_another_likelihood():
    fitted = VariationalBayesianRegression().fit(X, Y).set_params(likelihood="student_t")
    with pytest.raises(ValueError, match="likelihood='student_t' was 'normal' when"):
        fitted.partial_fit(X, Y)
