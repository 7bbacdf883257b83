"""Regressions to be fitted under priors with scales of their own."""

from __future__ import annotations

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import evaluate
from skvi.models.shrinkage.regression import ShrinkageRegressionModel

__all__ = ["correlated", "fitted", "orthogonal", "rows"]


def rows(n_rows=60, n_columns=6, seed=0, size=1.0, correlation=0.0):
    """A table with three columns that matter."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns))
    X += correlation * rng.standard_normal((n_rows, 1))
    w = np.zeros(n_columns)
    w[:3] = size * np.array([1.0, -0.6, 0.3])[: min(3, n_columns)]
    return 2.0 * X + 1.0, 3.0 + X @ w + rng.standard_normal(n_rows)


def correlated(n_rows, n_columns, correlation, seed=0):
    """Columns in a row, each correlated with the next; two matter."""
    rng = np.random.RandomState(seed)
    index = np.arange(n_columns)
    factor = np.linalg.cholesky(correlation ** np.abs(index[:, None] - index))
    X = rng.standard_normal((n_rows, n_columns)) @ factor.T
    w = np.zeros(n_columns)
    w[0], w[n_columns // 2] = 0.5, 0.4
    return X, X @ w + rng.standard_normal(n_rows)


def orthogonal(n_rows=40, n_columns=5, seed=0):
    """Columns with means of zero that are orthogonal to each other."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns))
    X = np.linalg.qr(X - X.mean(axis=0))[0] * np.sqrt(n_rows)
    w = np.linspace(-1.0, 1.0, n_columns)
    return X, X @ w + rng.standard_normal(n_rows)


def fitted(X, y, prior, family="auto", noise=None, n_iter=500, tol=1e-9, fit_intercept=True):
    """Model, state and bounds of a fit."""
    square_root = X.shape[0] < X.shape[1]
    model = ShrinkageRegressionModel(
        prior, noise, family, fit_intercept, n_features=X.shape[1], square_root=square_root
    )
    summary = model.start(ArrayBlocks(X, y[:, None], np.ones(len(y))), None)
    prior = model.prior(model.facts(summary))
    state = evaluate(model, prior, summary)
    history = [state.bound]
    for _ in range(n_iter):
        state = evaluate(model, prior, summary, state.posterior)
        history.append(state.bound)
        if abs(history[-1] - history[-2]) < tol:
            break
    return model, state, np.array(history)
