"""Rows and estimators for what every estimator of a linear predictor must do alike."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import (
    VariationalBayesianRegression,
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
    VariationalQuantileRegressor,
)

RNG = np.random.RandomState(0)
X = RNG.standard_normal((60, 3))
Y = X[:, 0] + RNG.standard_normal(60)
COUNTS = RNG.poisson(np.exp(1.0 + 0.3 * X[:, 0])).astype(float)
TIMES = np.exp(0.3 * Y)
BINARY = np.where(Y > 0.0, "yes", "no")
CLASSES = np.array(["a", "b", "c"])[np.digitize(Y, [-0.5, 0.5])]

BY_NAME = {
    "binary": (VariationalLogisticRegression(), BINARY),
    "softmax": (VariationalLogisticRegression(), CLASSES),
    "ordinal": (VariationalOrdinalRegression(), CLASSES),
    "poisson": (VariationalGLMRegressor(), COUNTS),
    "negative binomial": (VariationalGLMRegressor(likelihood="negative_binomial"), COUNTS),
    "gamma": (VariationalGLMRegressor(likelihood="gamma"), TIMES),
    "weibull": (VariationalGLMRegressor(likelihood="weibull"), TIMES),
    "quantile": (VariationalQuantileRegressor(quantile=0.3), Y),
    "student_t": (VariationalBayesianRegression(likelihood="student_t"), Y),
    "heteroscedastic": (VariationalBayesianRegression(likelihood="heteroscedastic"), Y),
}


def each(*names):
    """Parametrization over estimators and targets by name; all where there are no names."""
    cases = [pytest.param(*BY_NAME[name], id=name) for name in names or BY_NAME]
    return pytest.mark.parametrize(("estimator", "y"), cases)


def said(fitted, rows):
    """What a fitted estimator says of rows."""
    if hasattr(fitted, "predict_proba"):
        return [fitted.predict_proba(rows)]
    mean, std = fitted.predict(rows, return_std=True)
    return [mean, std, fitted.predict_interval(rows)]


def assert_finite(fitted, rows):
    """Assert that the bound and what is said of rows are numbers."""
    assert np.isfinite(fitted.elbo_)
    assert all(np.all(np.isfinite(values)) for values in said(fitted, rows))
