"""Targets that columns tell apart perfectly: a warning under a flat prior, answers under others."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from skvi import (
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
)
from tests.linear_model.manners import assert_finite

RNG = np.random.RandomState(0)
X = RNG.standard_normal((80, 2))
BINARY = (X[:, 0] > 0.0).astype(int)
CLASSES = np.digitize(X[:, 0], [-0.5, 0.5])
GROUP = np.repeat(np.arange(4), 20)
MEMBER = np.eye(4)[GROUP][:, 1:]
COUNTS = np.where(GROUP == 2, 0, RNG.poisson(3.0, 80)).astype(float)
CENSORED = np.column_stack([RNG.weibull(1.5, 80) + 0.1, GROUP != 2])


def glm(likelihood):
    return VariationalGLMRegressor(likelihood=likelihood)


SEPARATED = {
    "binary": (VariationalLogisticRegression(), X, BINARY),
    "softmax": (VariationalLogisticRegression(), X, CLASSES),
    "ordinal": (VariationalOrdinalRegression(), X, CLASSES),
    "binomial": (glm("binomial"), X, BINARY),
    "group without counts": (glm("poisson"), MEMBER, COUNTS),
    "group without counts, overdispersed": (glm("negative_binomial"), MEMBER, COUNTS),
    "group without a positive amount": (glm("tweedie"), MEMBER, COUNTS),
    "group without events": (glm("weibull"), MEMBER, CENSORED),
    "no counts at all": (glm("poisson"), X, np.zeros(80)),
    "successes alone": (glm("binomial"), X, np.ones(80)),
    "tie of two outcomes": (
        VariationalLogisticRegression(),
        np.vstack([X, np.zeros((2, 2))]),
        np.append(BINARY, [0, 1]),
    ),
}
separated = pytest.mark.parametrize(("estimator", "X", "y"), SEPARATED.values(), ids=SEPARATED)


@separated
def test_a_flat_prior_says_that_there_is_no_posterior(estimator, X, y):
    name = type(estimator).__name__
    with pytest.warns(ConvergenceWarning, match=rf"{name}: .* perfectly.*use prior='ridge'"):
        fitted = clone(estimator).set_params(prior="flat").fit(X, y)
    assert not fitted.converged_
    assert np.isfinite(fitted.elbo_)


@separated
def test_the_default_prior_has_finite_answers(estimator, X, y):
    fitted = clone(estimator).fit(X, y)
    assert fitted.converged_
    assert_finite(fitted, X)


def test_few_or_lopsided_rows_are_not_called_separated():
    rng = np.random.RandomState(1)
    far = np.append(rng.standard_normal(60), 300.0)[:, None]
    y = np.append(rng.binomial(1, 0.5, 60), 1)
    rare = (np.arange(400) < 5).astype(float)[:, None]
    counts = np.where(rare[:, 0] == 1.0, 0.0, 2.0)
    counts[0] = 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        VariationalLogisticRegression(prior="flat").fit(far, y)
        VariationalLogisticRegression(prior="flat").fit([[0.0], [0.0], [1.0], [1.0]], [0, 1, 0, 1])
        glm("poisson").set_params(prior="flat").fit(rare, counts)


def test_independent_weights_are_told_too():
    estimator = VariationalLogisticRegression(prior="flat", family="diagonal")
    with pytest.warns(ConvergenceWarning, match="perfectly"):
        estimator.fit(X, BINARY)
