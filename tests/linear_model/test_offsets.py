"""Offsets: known parts of the predictor, of any size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from skvi import VariationalGLMRegressor, VariationalQuantileRegressor
from skvi.likelihoods import Gaussian, StudentT
from skvi.priors import Ridge
from tests.linear_model.manners import BY_NAME, COUNTS, X, Y, each

RNG = np.random.RandomState(5)
SHIFT = RNG.standard_normal(60)
LOCATION_FAMILIES = {
    "quantile": VariationalQuantileRegressor(quantile=0.7),
    "without intercept": VariationalQuantileRegressor(fit_intercept=False),
    "given scale": VariationalGLMRegressor(likelihood=Gaussian(0.8), prior=Ridge(2.0)),
    "student_t": VariationalGLMRegressor(likelihood=StudentT()),
    "diagonal": VariationalQuantileRegressor(family="diagonal"),
}
with_offsets = each("binary", "ordinal", "poisson", "negative binomial", "gamma", "weibull")


@pytest.mark.parametrize("size", [1.0, 1e3])
@pytest.mark.parametrize("estimator", LOCATION_FAMILIES.values(), ids=LOCATION_FAMILIES)
def test_what_is_added_to_targets_and_offsets_has_no_effect(estimator, size):
    one = clone(estimator).fit(X, Y)
    added = size * SHIFT
    other = clone(estimator).fit(X, Y + added, offset=added)
    assert other.elbo_ == pytest.approx(one.elbo_, rel=1e-8)
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(other.intercept_, one.intercept_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(other.predict(X, offset=added) - added, one.predict(X), atol=1e-6)
    np.testing.assert_allclose(other.predict(X), one.predict(X), atol=1e-6)
    for refit, apart in ((False, 1e-6), ("auto", 1e-4)):  # refits end where little is to be gained
        found, expected = other.loo(refit), one.loo(refit)
        np.testing.assert_allclose(found.log_density, expected.log_density, atol=apart)
        np.testing.assert_allclose(found.pit, expected.pit, atol=apart)
    densities = (
        other.log_predictive_density(X, Y + added, offset=added),
        one.log_predictive_density(X, Y),
    )
    np.testing.assert_allclose(*densities, atol=1e-6)
    one.partial_fit(X, Y), other.partial_fit(X, Y + added, offset=added)
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-6, atol=1e-8)


def origin(fitted):
    return fitted.cut_points_ if hasattr(fitted, "cut_points_") else -np.ravel(fitted.intercept_)


@with_offsets
@pytest.mark.parametrize("family", ["full", "diagonal"])
@pytest.mark.parametrize("constant", [1e6, -1e10])
def test_large_constants_cost_no_digits(estimator, y, constant, family):
    # Offsets that are multiples of 2^-6 and a constant that is whole add up exactly.
    small = np.round(64.0 * SHIFT) / 64.0
    large = small + constant
    estimator = clone(estimator).set_params(family=family)
    rows = sparse.csr_array(X) if family == "diagonal" else X
    one, other = clone(estimator).fit(rows, y, offset=small), estimator.fit(rows, y, offset=large)
    assert other.elbo_ == pytest.approx(one.elbo_, rel=1e-9)
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-6, atol=1e-9)
    distance = 1e-15 * abs(constant)
    np.testing.assert_allclose(origin(other) - constant, origin(one), atol=1e-7 + distance)
    new = one.predict(rows, offset=small), other.predict(rows, offset=large)
    if y.dtype.kind == "U":
        np.testing.assert_array_equal(*new)
    else:
        np.testing.assert_allclose(*new, rtol=1e-6)
    one.partial_fit(rows, y, offset=small), other.partial_fit(rows, y, offset=large)
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-6, atol=1e-9)


@with_offsets
def test_without_an_offset_nothing_is_added(estimator, y):
    fitted = clone(estimator).fit(X, y, offset=SHIFT + 3.0)
    if hasattr(fitted, "predict_proba"):
        none, zeros = fitted.predict_proba(X), fitted.predict_proba(X, offset=np.zeros(60))
    else:
        none, zeros = fitted.predict(X), fitted.predict(X, offset=np.zeros(60))
    np.testing.assert_array_equal(none, zeros)


def test_intercepts_are_those_of_rows_without_an_offset():
    fitted = VariationalGLMRegressor().fit(X, COUNTS, offset=SHIFT + 3.0)
    eta = fitted.intercept_ + X @ fitted.coef_
    draws = fitted.posterior_.intercept.sample(4000, random_state=0)
    assert abs(draws.mean() - fitted.intercept_) < 5.0 * draws.std() / np.sqrt(4000)
    np.testing.assert_allclose(np.log(fitted.predict(X)), eta, atol=0.1)
    assert fitted.summary()["mean"].iloc[0] == pytest.approx(fitted.intercept_)


def test_exposures_of_any_unit():
    exposure = RNG.uniform(1.0, 3.0, 60)
    one = VariationalGLMRegressor().fit(X, COUNTS, exposure=exposure)
    other = VariationalGLMRegressor().fit(X, COUNTS, exposure=exposure * 1e100)
    assert other.elbo_ == pytest.approx(one.elbo_, rel=1e-9)
    assert other.intercept_ + np.log(1e100) == pytest.approx(one.intercept_, abs=1e-9)
    means = one.predict(X, exposure=exposure), other.predict(X, exposure=exposure * 1e100)
    np.testing.assert_allclose(*means, rtol=1e-9)


@pytest.mark.parametrize("name", ["exposure", "offset"])
def test_what_is_too_large_is_named(name):
    with pytest.raises(ValueError, match=f"{name} holds values so large"):
        VariationalGLMRegressor().fit(X, COUNTS, **{name: np.full(60, 1e160)})


def test_cut_points_with_offsets_are_the_same_in_both_places():
    estimator, y = BY_NAME["ordinal"]
    centred = X - X.mean(axis=0)
    fitted = clone(estimator).fit(centred, y, offset=SHIFT + 7.0)
    named = fitted.likelihood_parameters_["cut_points"]
    np.testing.assert_allclose(named, fitted.cut_points_, rtol=1e-12)
