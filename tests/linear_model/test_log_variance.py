"""Regression with a predictor of the log variance: an ascent whose curvatures are not positive."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import VariationalBayesianRegression
from skvi.priors import Ridge


def problem(seed, n_rows=60):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n_rows, 8))
    eta = X[:, :3] @ [1.0, -0.5, 0.2]
    return X, eta + 0.5 * np.exp(0.3 * X[:, 0]) * rng.normal(size=n_rows)


def fitted(X, y, prior="ridge"):
    return VariationalBayesianRegression(likelihood="heteroscedastic", prior=prior).fit(X, y)


@pytest.mark.parametrize("n_rows", [30, 60])
@pytest.mark.parametrize("seed", range(12))
def test_every_fit_climbs_to_the_top(seed, n_rows):
    # With the precision given there is nothing to balance: another route to the same place.
    X, y = problem(seed, n_rows)
    model = fitted(X, y)
    given = fitted(X, y, Ridge(model.lambda_))
    assert model.converged_
    assert given.converged_
    assert 0.0 < given.elbo_ - model.elbo_ < 3.0
