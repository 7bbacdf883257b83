"""Counts without an intercept: a fit begins far from every target and still arrives."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import Normal, VariationalGLMRegressor


@pytest.mark.parametrize("seed", range(30))
def test_counts_with_a_long_tail(seed):
    rng = np.random.RandomState(seed)
    X, w = rng.standard_normal((20, 4)), rng.standard_normal(4)
    y = rng.poisson(np.exp(X @ w))
    fitted = VariationalGLMRegressor(prior=Normal(0.0, 1.0), fit_intercept=False).fit(X, y)
    assert fitted.converged_
    assert fitted.n_iter_ < 20
    assert np.all(np.abs(fitted.coef_ - w) < 5.0 * fitted.posterior_.coef.sd)
