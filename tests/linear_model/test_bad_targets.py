"""Targets and arguments that linear predictors cannot take, and those that look as if not."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from skvi import (
    VariationalBayesianRegression,
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
    VariationalQuantileRegressor,
)
from skvi.likelihoods import (
    Categorical,
    Heteroscedastic,
    NegativeBinomial,
    Ordinal,
    Poisson,
    Tweedie,
)

RNG = np.random.RandomState(0)
X = RNG.standard_normal((40, 3))
COUNTS = RNG.poisson(np.exp(1.0 + 0.5 * X[:, 0])).astype(float)
TIMES = RNG.weibull(1.5, 40) + 0.1
BINARY = (X[:, 0] + RNG.logistic(size=40) > 0.0).astype(int)


def glm(likelihood):
    return VariationalGLMRegressor(likelihood=likelihood)


OUTSIDE = [
    (glm("poisson"), COUNTS - 1.0, "y holds -1"),
    (glm("negative_binomial"), COUNTS + 0.5, "expected counts"),
    (glm("binomial"), BINARY + 1.0, "2 successes in 1 trials"),
    (glm("probit"), BINARY - 0.5, "expected counts"),
    (glm("gamma"), COUNTS * 0.0, "y holds 0; expected positive"),
    (glm("tweedie"), -COUNTS - 1.0, "at least 0"),
    (glm("weibull"), TIMES - TIMES.min(), "y holds 0; expected positive"),
    (glm("exponential"), np.column_stack([TIMES, BINARY + 1.0]), "second column of y holds 2"),
    (glm("exponential"), np.column_stack([TIMES, BINARY, BINARY]), "y has 3 columns"),
    (VariationalLogisticRegression(), np.zeros(40), "y holds the one class"),
    (VariationalOrdinalRegression(), ["a"] * 40, "y holds the one class"),
    (VariationalLogisticRegression(), TIMES, "Unknown label type"),
    (VariationalLogisticRegression(), np.column_stack([BINARY, BINARY]), "y should be a 1d array"),
    (VariationalQuantileRegressor(), np.column_stack([TIMES, TIMES]), "y should be a 1d array"),
]

ESTIMATORS = [
    (VariationalLogisticRegression(), BINARY.astype(float)),
    (VariationalOrdinalRegression(), BINARY.astype(float)),
    (glm("poisson"), COUNTS),
    (glm("weibull"), TIMES),
    (VariationalQuantileRegressor(), TIMES),
    (VariationalBayesianRegression(likelihood="student_t"), TIMES),
]
every = pytest.mark.parametrize(("estimator", "y"), ESTIMATORS)


@pytest.mark.parametrize(("estimator", "y", "message"), OUTSIDE)
def test_targets_outside_the_support_are_refused(estimator, y, message):
    with pytest.raises(ValueError, match=message):
        clone(estimator).fit(X, y)


@every
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["X", "y", "sample_weight", "offset"])
def test_what_is_not_finite_is_named(estimator, y, bad, where):
    arguments = {"X": X.copy(), "y": y.copy(), "sample_weight": np.ones(40)}
    if not isinstance(estimator, VariationalBayesianRegression):
        arguments["offset"] = np.zeros(40)
    if where not in arguments:
        return
    arguments[where][3] = bad
    with pytest.raises(ValueError, match=rf"\b{where}\b|Input {where}|Negative values"):
        clone(estimator).fit(**arguments)


@every
def test_weights_of_zero_alone_are_refused(estimator, y):
    with pytest.raises(ValueError, match="sample_weight is zero for all rows"):
        clone(estimator).fit(X, y, sample_weight=np.zeros(40))


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_exposures_are_positive(value):
    exposure = np.ones(40)
    exposure[5] = value
    with pytest.raises(ValueError, match="exposure"):
        glm("poisson").fit(X, COUNTS, exposure=exposure)
    fitted = glm("poisson").fit(X, COUNTS, exposure=np.ones(40))
    with pytest.raises(ValueError, match="exposure"):
        fitted.predict(X, exposure=exposure)


@pytest.mark.parametrize("name", ["exposure", "offset"])
def test_vectors_beside_rows_have_one_number_per_row(name):
    fitted = glm("poisson").fit(X, COUNTS)
    for wrong in (np.ones(39), np.ones((40, 2)), 1.0, [], [1.0], np.ones((40, 1, 1))):
        message = rf"{name} has shape \({str(np.atleast_1d(wrong).shape)[1:-1]}\); expected one"
        with pytest.raises(ValueError, match=message):
            glm("poisson").fit(X, COUNTS, **{name: wrong})
        with pytest.raises(ValueError, match=message):
            fitted.predict(X, **{name: wrong})


SERVED_ELSEWHERE = [
    (Categorical(3), r"likelihood=Categorical\(.*; use VariationalLogisticRegression"),
    (Ordinal(3), r"likelihood=Ordinal\(.*; use VariationalOrdinalRegression"),
    (Heteroscedastic(), r"likelihood=Heteroscedastic\(.*; use VariationalBayesianRegression"),
]


@pytest.mark.parametrize(("likelihood", "message"), SERVED_ELSEWHERE, ids=repr)
def test_likelihoods_that_another_estimator_serves(likelihood, message):
    with pytest.raises(ValueError, match=message):
        glm(likelihood).fit(X, COUNTS)


class TwoPredictors(Poisson):
    n_predictors = 2


def test_a_likelihood_of_several_predictors_is_refused():
    with pytest.raises(ValueError, match=r"TwoPredictors\(\) has 2 predictors in a row"):
        glm(TwoPredictors()).fit(X, COUNTS)


def test_exposure_needs_a_likelihood_that_knows_it():
    with pytest.raises(ValueError, match="exposure is not allowed"):
        glm("gamma").fit(X, TIMES, exposure=np.ones(40))


def test_offsets_need_one_predictor():
    y = np.arange(40) % 3
    with pytest.raises(ValueError, match="offset is not allowed"):
        VariationalLogisticRegression().fit(X, y, offset=np.zeros(40))


def test_survival_targets_as_structured_arrays():
    seen = BINARY.astype(bool)
    kind = [("event", bool), ("time", float)]
    structured = np.array(list(zip(seen, TIMES, strict=True)), dtype=kind)
    first = glm("weibull").fit(X, structured)
    second = glm("weibull").fit(X, np.column_stack([TIMES, seen]))
    np.testing.assert_array_equal(first.coef_, second.coef_)
    with pytest.raises(ValueError, match="expected one of booleans"):
        glm("weibull").fit(X, structured[["time"]])


def test_labels_that_were_not_declared_are_refused_later():
    fitted = VariationalLogisticRegression().partial_fit(X, BINARY, classes=[0, 1])
    before = fitted.elbo_
    with pytest.raises(ValueError, match="y holds the label 2"):
        fitted.partial_fit(X, BINARY + 1)
    assert fitted.elbo_ == before
    with pytest.raises(ValueError, match="cannot change"):
        fitted.partial_fit(X, BINARY, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="y holds the label 8"):
        fitted.log_predictive_density(X, BINARY + 7)


@pytest.mark.parametrize("name", ["negative_binomial", "tweedie"])
def test_zeros_alone_tell_no_dispersion(name):
    with pytest.raises(ValueError, match="y holds nothing but 0, which tells nothing of the disp"):
        glm(name).fit(X, np.zeros(40))


@pytest.mark.parametrize(
    "likelihood", ["poisson", NegativeBinomial(1.0), Tweedie(1.5, 1.0), "binomial"]
)
def test_zeros_alone_predict_small_means(likelihood):
    model = glm(likelihood).fit(X, np.zeros(40))
    assert np.all(model.predict(X) < 0.1)
    assert np.all(model.predict_dist(X).cdf(np.zeros(40)) > 0.9)
    assert np.isfinite(model.loo().elpd)
