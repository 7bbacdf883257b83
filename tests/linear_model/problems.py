"""Small regression problems shared by the tests of this folder."""

from __future__ import annotations

import numpy as np


def problem(n_rows=40, n_features=3, n_targets=None, seed=0, noise=0.7):
    """Rows with correlated columns away from the origin, and targets."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_features))
    X[:, 1:] += 0.6 * X[:, :1]
    coef = rng.standard_normal((n_features, n_targets or 1))
    y = 2.0 + X @ coef + noise * rng.standard_normal((n_rows, n_targets or 1))
    return X + 1.5, y if n_targets else y[:, 0]


def same_fit(first, second, rtol=1e-9):
    """Assert that two fitted regressions agree in every published number."""
    for name in ("elbo_", "coef_", "intercept_", "alpha_", "lambda_", "sigma_"):
        np.testing.assert_allclose(
            getattr(first, name), getattr(second, name), rtol=rtol, atol=rtol, err_msg=name
        )
