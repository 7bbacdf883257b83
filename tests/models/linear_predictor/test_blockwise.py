"""Softmax regression with independent classes: bounds, stationarity, and what it agrees with."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi import Ridge, VariationalLogisticRegression


def rows(n=600, p=5, n_classes=4, seed=0):
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n, p)) * np.array([1.0, 10.0, 0.1, 1.0, 3.0])[:p]
    logits = (X / X.std(axis=0)) @ rng.standard_normal((p, n_classes))
    return X, (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)


def fit(X, y, family, **options):
    return VariationalLogisticRegression(prior=Ridge(1.0), family=family, **options).fit(X, y)


def test_the_bound_rises_and_stays_below_that_of_all_covariances():
    X, y = rows()
    blockwise, full = fit(X, y, "blockwise"), fit(X, y, "full")
    history = blockwise.elbo_history_
    assert np.all(np.diff(history) >= -1e-9 * (1.0 + abs(history[-1])))
    assert blockwise.converged_
    # the K symmetric logits have one common shift more, whose prior no target changes
    assert blockwise.elbo_ < full.elbo_
    sd = full.posterior_.coef.sd
    assert np.max(np.abs(blockwise.coef_ - full.coef_) / sd) < 0.15
    np.testing.assert_allclose(blockwise.predict_proba(X), full.predict_proba(X), atol=0.02)


def test_the_fit_is_a_stationary_point_of_its_bound():
    X, y = rows(p=3)
    fitted = fit(X, y, "blockwise", tol=1e-7)
    model, state = fitted._model, fitted._state
    prior, posterior = state.prior, state.posterior

    def bound(moved):
        summary = None
        for block in fitted._rows:
            part = model.summarize(block, moved)
            summary = part if summary is None else type(part)(*map(np.add, summary, part))
        return sum(model.bound(prior, moved, summary).values())

    best, rng = bound(posterior), np.random.RandomState(0)
    assert best == pytest.approx(fitted.elbo_, abs=1e-6)
    for _ in range(5):
        step = 0.1 * posterior.sds() * rng.standard_normal(len(posterior.mean))
        both = [bound(posterior._replace(mean=posterior.mean + s * step)) for s in (1.0, -1.0)]
        slope, curvature = both[0] - both[1], 2.0 * best - sum(both)
        assert curvature > 0.0
        assert abs(slope) < 0.02 * curvature
    for factor in (0.97, 1.03):
        assert bound(posterior._replace(root=factor * posterior.root)) < best


def test_coefficients_are_relative_to_the_mean_of_all_classes():
    X, y = rows()
    fitted = fit(X, y, "blockwise")
    np.testing.assert_allclose(fitted.coef_.sum(axis=0), 0.0, atol=1e-10)
    draws = fitted.posterior_.coef.sample(4000, random_state=0)
    np.testing.assert_allclose(draws.sum(axis=1), 0.0, atol=1e-10)
    np.testing.assert_allclose(draws.std(axis=0), fitted.posterior_.coef.sd, rtol=0.06)


def test_sparse_rows_give_the_same_answer():
    X, y = rows()
    dense, thin = fit(X, y, "blockwise"), fit(sparse.csr_array(X), y, "blockwise")
    assert thin.elbo_ == pytest.approx(dense.elbo_, abs=1e-5)
    np.testing.assert_allclose(thin.predict_proba(X), dense.predict_proba(X), atol=1e-6)


def test_leave_one_out_sees_the_optimism_if_not_its_exact_size():
    """Covariances of independent classes are not those of the truth: a third too much here."""
    X, y = rows(n=300)
    optimism = []
    for family in ("blockwise", "full"):
        fitted = fit(X, y, family)
        optimism.append(fitted.log_predictive_density(X, y).sum() - fitted.loo().elpd)
    assert 0.7 < optimism[0] / optimism[1] < 1.5


def test_many_products_choose_it_by_themselves():
    X, y = rows(n=11000, p=5, n_classes=3)
    wide = np.tile(X, (1, 44)) + np.random.RandomState(1).standard_normal((11000, 220))
    fitted = VariationalLogisticRegression(prior=Ridge(10.0), tol=1e-2).fit(wide, y)
    assert fitted._model.blockwise
    assert fitted.coef_.shape == (3, 220)
