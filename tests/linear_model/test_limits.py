"""Noise that is too small to be reckoned with is told of; what else ends somewhere is not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skvi import (
    VariationalBayesianRegression,
    VariationalGLMRegressor,
    VariationalQuantileRegressor,
)
from skvi.likelihoods import StudentT

RNG = np.random.RandomState(0)
X = RNG.standard_normal((100, 3))
ETA = X @ [1.0, 0.5, -1.0]


def glm(likelihood):
    return VariationalGLMRegressor(likelihood=likelihood)


EXACT = [
    (VariationalBayesianRegression(likelihood="student_t"), ETA, "scale"),
    (VariationalQuantileRegressor(), 1e3 * ETA, "scale"),
    (glm("gamma"), np.exp(ETA), "shape"),
    (glm("weibull"), np.exp(ETA), "shape"),
    (glm("tweedie"), np.exp(ETA), "dispersion"),
]
NOISY = [
    (VariationalBayesianRegression(likelihood="student_t"), ETA + RNG.standard_t(4.0, 100)),
    (VariationalBayesianRegression(likelihood=StudentT(scale=1.0)), ETA),
    (VariationalBayesianRegression(likelihood="heteroscedastic"), ETA),
    (VariationalQuantileRegressor(), ETA + 0.05 * RNG.standard_normal(100)),
    (glm("negative_binomial"), RNG.poisson(np.exp(ETA))),
    (glm("exponential"), np.exp(ETA)),
    (glm("weibull"), np.exp(ETA + 0.05 * RNG.standard_normal(100))),
]


@pytest.mark.parametrize(("estimator", "y", "name"), EXACT)
def test_rows_that_are_met_exactly(estimator, y, name):
    with pytest.warns(ConvergenceWarning, match=f"so closely that {name}, which is learned"):
        estimator.fit(X, y)
    assert estimator.converged_
    np.testing.assert_allclose(estimator.coef_, np.linalg.lstsq(
        np.column_stack([X, np.ones(100)]), np.log(y) if name != "scale" else y, rcond=None
    )[0][:3], rtol=0.01)  # fmt: skip


@pytest.mark.parametrize(("estimator", "y"), NOISY)
def test_rows_with_some_noise_and_what_is_given(estimator, y):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert estimator.fit(X, y).converged_
