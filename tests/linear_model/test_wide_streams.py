"""Further rows after a fit in the basis of fewer rows than columns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from skvi import VariationalGLMRegressor, VariationalLogisticRegression
from skvi.likelihoods import Gaussian, Poisson
from skvi.priors import Normal, Ridge
from tests.linear_model.manners import each

RNG = np.random.RandomState(11)
WIDE = RNG.standard_normal((120, 330)) * np.linspace(0.5, 2.0, 330)
Y = WIDE[:, :3].sum(axis=1) + RNG.standard_normal(120)


@pytest.mark.parametrize("prior", [Ridge(3.0), Normal(0.0, np.linspace(0.01, 0.1, 330))], ids=type)
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_what_is_quadratic_is_exact(prior, kind):
    glm = VariationalGLMRegressor(likelihood=Gaussian(0.8), prior=prior, fit_intercept=False)
    X = kind(WIDE)
    whole = clone(glm).fit(X, Y)
    parts = clone(glm).fit(X[:50], Y[:50])
    assert parts._model.basis is not None
    parts.partial_fit(X[50:], Y[50:])
    assert parts.elbo_ == pytest.approx(whole.elbo_, rel=1e-8)
    np.testing.assert_allclose(parts.coef_, whole.coef_, atol=1e-7)
    np.testing.assert_allclose(parts.posterior_.coef.sd, whole.posterior_.coef.sd, rtol=1e-6)
    for a, b in zip(parts.predict(X, True), whole.predict(X, True), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


@each("binary", "softmax", "ordinal", "poisson", "negative binomial", "quantile", "student_t")
def test_rows_of_hardly_any_weight_change_hardly_anything(estimator, y):
    X = WIDE[:60]
    fitted = clone(estimator).set_params(prior=Ridge(50.0), tol=1e-6).fit(X, y)
    assert fitted._model.basis is not None
    coef, sd, elbo = fitted.coef_.copy(), fitted.posterior_.coef.sd, fitted.elbo_
    fitted.partial_fit(X, y, sample_weight=np.full(60, 1e-9))
    assert fitted.elbo_ == pytest.approx(elbo, abs=0.01)
    np.testing.assert_array_less(np.abs(fitted.coef_ - coef), 0.01 * sd)
    np.testing.assert_allclose(fitted.posterior_.coef.sd, sd, rtol=0.02)  # of linear response


@pytest.mark.parametrize("prior", ["ridge", Ridge(300.0)], ids=repr)
def test_parts_come_close_to_the_whole(prior):
    counts = RNG.poisson(np.exp(0.2 * Y)).astype(float)
    glm = VariationalGLMRegressor(likelihood=Poisson(), prior=prior)
    whole = clone(glm).fit(WIDE, counts)
    parts = clone(glm).fit(WIDE[:60], counts[:60]).partial_fit(WIDE[60:], counts[60:])
    distance = np.abs(parts.coef_ - whole.coef_) / whole.posterior_.coef.sd
    assert np.max(distance) < 0.5
    before = parts.coef_.copy()
    parts.partial_fit(WIDE[:10], counts[:10])
    assert np.all(np.isfinite(parts.coef_))
    assert np.any(parts.coef_ != before)


def test_too_many_weights_are_refused():
    X = RNG.standard_normal((30, 1600))
    fitted = VariationalLogisticRegression().fit(X, np.arange(30) % 3)
    with pytest.raises(ValueError, match="fewer rows than columns with 3200 weights; begin with"):
        fitted.partial_fit(X, np.arange(30) % 3)
