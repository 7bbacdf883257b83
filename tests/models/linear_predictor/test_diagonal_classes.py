"""Softmax regression with independent weights: the bound, its top, and what it agrees with."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi import SVI, VariationalLogisticRegression
from skvi.models.linear_predictor.diagonal_classes import DiagonalClassesModel
from tests.models.linear_predictor.test_blockwise import fit, rows


def test_the_bound_rises_and_stays_below_those_of_more_covariances():
    X, y = rows()
    diagonal, blockwise = fit(X, y, "diagonal"), fit(X, y, "blockwise")
    history = diagonal.elbo_history_
    assert np.all(np.diff(history) >= -1e-9 * (1.0 + abs(history[-1])))
    assert diagonal.converged_
    assert blockwise.elbo_ - 2.0 < diagonal.elbo_ < blockwise.elbo_
    sd = blockwise.posterior_.coef.sd
    assert np.max(np.abs(diagonal.coef_ - blockwise.coef_) / sd) < 0.1
    np.testing.assert_allclose(diagonal.predict_proba(X), blockwise.predict_proba(X), atol=0.01)


def test_the_fit_is_a_stationary_point_of_its_bound():
    X, y = rows(p=3)
    fitted = fit(X, y, "diagonal", tol=1e-7)
    model, prior, posterior = fitted._model, fitted._state.prior, fitted._state.posterior
    assert isinstance(model, DiagonalClassesModel)

    def bound(moved):
        parts = [model.summarize(block, moved) for block in fitted._rows]
        summary = type(parts[0])(*(sum(fields) for fields in zip(*parts, strict=True)))
        return sum(model.bound(prior, moved, summary).values())

    best = bound(posterior)
    assert best == pytest.approx(fitted.elbo_, abs=1e-6)
    for i in range(len(posterior.mean)):
        step = 0.1 * np.eye(len(posterior.mean))[i] * posterior.root
        both = [bound(posterior._replace(mean=posterior.mean + s * step)) for s in (1.0, -1.0)]
        slope, curvature = both[0] - both[1], 2.0 * best - sum(both)
        assert curvature > 0.0
        assert abs(slope) < 0.02 * curvature
        for factor in (0.9, 1.1):
            root = posterior.root.copy()
            root[i] *= factor
            assert bound(posterior._replace(root=root)) < best


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_rows_give_the_same_answer(fit_intercept):
    X, y = rows()
    X = np.where(np.abs(X) > 0.5, X, 0.0)
    dense, thin = (
        fit(A, y, "diagonal", fit_intercept=fit_intercept) for A in (X, sparse.csr_array(X))
    )
    np.testing.assert_allclose(thin.predict_proba(X), dense.predict_proba(X), atol=5e-3)
    np.testing.assert_allclose(thin.coef_, dense.coef_, atol=0.2 * dense.posterior_.coef.sd.max())


def test_constant_columns_have_no_coefficient():
    X, y = rows()
    with_constant = fit(np.column_stack([X, np.full(len(X), 3.0)]), y, "diagonal")
    np.testing.assert_array_equal(with_constant.coef_[:, -1], 0.0)
    np.testing.assert_allclose(with_constant.coef_[:, :-1], fit(X, y, "diagonal").coef_, rtol=1e-6)


def test_draws_have_the_standard_deviations_that_are_shown():
    X, y = rows()
    fitted = fit(X, y, "diagonal")
    draws = fitted.posterior_.coef.sample(4000, random_state=0)
    np.testing.assert_allclose(draws.sum(axis=1), 0.0, atol=1e-10)
    np.testing.assert_allclose(draws.std(axis=0), fitted.posterior_.coef.sd, rtol=0.06)
    intercepts = fitted.posterior_.intercept.sample(4000, random_state=0)
    np.testing.assert_allclose(intercepts.std(axis=0), fitted.posterior_.intercept.sd, rtol=0.06)


def test_many_columns_of_text_with_several_classes():
    rng = np.random.RandomState(0)
    X = sparse.random(600, 4000, density=0.01, format="csr", random_state=rng)
    y = rng.randint(3, size=600)
    topics = np.zeros((600, 4000), dtype=bool)
    for k in range(3):  # twenty words of its own
        topics[np.ix_(y == k, np.arange(20 * k, 20 * k + 20))] = True
    X = sparse.csr_array(X + sparse.csr_array(topics * (rng.uniform(size=topics.shape) < 0.2)))
    X = sparse.vstack([X, X], format="csr")  # more rows than are put into a basis
    fitted = VariationalLogisticRegression(max_iter=400).fit(X[:1100], np.tile(y, 2)[:1100])
    assert isinstance(fitted._model, DiagonalClassesModel)
    assert fitted.score(X, np.tile(y, 2)) > 0.9
    found = np.argsort(fitted.coef_, axis=1)[:, -10:]
    assert all(np.mean(found[k] // 20 == k) >= 0.9 for k in range(3))


def test_parts_and_random_steps_come_near():
    X, y = rows(n=2000)
    whole = fit(X, y, "diagonal")
    random = fit(X, y, "diagonal", solver=SVI(batch_size=256), max_iter=60, random_state=0)
    parts = VariationalLogisticRegression(prior=whole.prior, family="diagonal")
    for low in range(0, 2000, 500):
        part = slice(low, low + 500)
        parts.partial_fit(X[part], y[part], classes=np.unique(y))
    for other in (random, parts):
        np.testing.assert_allclose(other.predict_proba(X), whole.predict_proba(X), atol=0.08)
