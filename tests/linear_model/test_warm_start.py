"""A warm start goes on where the last fit ended."""

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

RNG = np.random.RandomState(0)
X = RNG.standard_normal((200, 4)) * [1.0, 10.0, 0.1, 1.0] + [0.0, 5.0, 0.0, -3.0]
ETA = X[:, 0] + 0.05 * X[:, 1]
COUNTS = RNG.poisson(np.exp(0.5 * ETA)).astype(float)
CLASSES = np.digitize(ETA + RNG.logistic(size=200), [-0.5, 1.0])
NOISY = 3.0 + 20.0 * ETA + 10.0 * RNG.standard_t(4.0, 200)

ESTIMATORS = {
    "logistic": (VariationalLogisticRegression(), (CLASSES > 0).astype(int)),
    "softmax": (VariationalLogisticRegression(), CLASSES),
    "blockwise": (VariationalLogisticRegression(family="blockwise"), CLASSES),
    "diagonal": (VariationalLogisticRegression(family="diagonal"), (CLASSES > 0).astype(int)),
    "diagonal classes": (VariationalLogisticRegression(family="diagonal"), CLASSES),
    "svi": (VariationalLogisticRegression(solver="svi", random_state=0), (CLASSES > 0).astype(int)),
    "ordinal": (VariationalOrdinalRegression(), CLASSES),
    "poisson": (VariationalGLMRegressor(likelihood="poisson"), COUNTS),
    "negative binomial": (VariationalGLMRegressor(likelihood="negative_binomial"), COUNTS),
    "weibull": (VariationalGLMRegressor(likelihood="weibull"), COUNTS + 0.5),
    "quantile": (VariationalQuantileRegressor(), NOISY),
    "student_t": (VariationalBayesianRegression(likelihood="student_t"), NOISY),
    "heteroscedastic": (VariationalBayesianRegression(likelihood="heteroscedastic"), NOISY),
    "normal": (VariationalBayesianRegression(), NOISY),
    "mean field": (VariationalBayesianRegression(family="mean_field"), NOISY),
}
every = pytest.mark.parametrize("name", ESTIMATORS)


def estimator_of(name, **options):
    estimator, y = ESTIMATORS[name]
    return clone(estimator).set_params(warm_start=True, **options), y


@every
def test_the_same_rows_again_take_hardly_a_step(name):
    estimator, y = estimator_of(name)
    estimator.fit(X, y)
    n_iter, bound = estimator.n_iter_, estimator.elbo_
    coef, sds = estimator.coef_, estimator.posterior_.coef.sd
    estimator.fit(X, y)
    if name not in ("normal", "mean field"):
        assert estimator.n_iter_ <= max(2, n_iter // 3)
    if name == "svi":
        return
    assert estimator.elbo_ >= bound - 1e-3
    np.testing.assert_allclose(estimator.coef_ / sds, coef / sds, atol=0.02)


@every
def test_other_rows_give_what_a_new_fit_gives(name):
    if name == "svi":
        return
    estimator, y = estimator_of(name, tol=1e-5)
    estimator.fit(X[:100], y[:100])
    if name != "heteroscedastic":  # has several optima
        more = 1.2 * X + 1.0
        estimator.fit(more, y)
        fresh = clone(estimator).fit(more, y)
        assert estimator.elbo_ == pytest.approx(fresh.elbo_, abs=0.02)
    estimator.set_params(prior="flat").fit(X, y)
    fresh = clone(estimator).fit(X, y)
    assert estimator.elbo_ == pytest.approx(fresh.elbo_, abs=0.02)


@every
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_few_iterations_at_a_time_get_there(name):
    if name in ("normal", "mean field", "svi"):
        return
    estimator, y = estimator_of(name)
    whole = clone(estimator).fit(X, y)
    estimator.set_params(max_iter=3)
    for _ in range(60):
        if estimator.fit(X, y).converged_:
            break
    assert estimator.converged_
    assert estimator.elbo_ >= whole.elbo_ - 0.2


def test_other_columns_and_other_targets_begin_anew():
    estimator, y = estimator_of("poisson")
    estimator.fit(X, y)
    estimator.fit(X[:, :2], y)
    assert estimator.coef_.shape == (2,)
    huge = np.floor(y * 1e6)
    estimator.fit(X[:, :2], huge)
    assert estimator.elbo_ == pytest.approx(clone(estimator).fit(X[:, :2], huge).elbo_, abs=0.1)
    estimator.set_params(likelihood="gamma").fit(X, y + 1.0)
    assert estimator.elbo_ == clone(estimator).fit(X, y + 1.0).elbo_
    wide = RNG.standard_normal((20, 400))
    labels = VariationalLogisticRegression(warm_start=True).fit(wide, wide[:, 0] > 0.0)
    bound = labels.elbo_
    assert labels.fit(wide, wide[:, 0] > 0.0).elbo_ == bound


def test_without_it_every_fit_is_new():
    estimator, y = estimator_of("logistic")
    estimator.set_params(warm_start=False).fit(X, y)
    n_iter = estimator.n_iter_
    assert estimator.fit(X, y).n_iter_ == n_iter > 1
