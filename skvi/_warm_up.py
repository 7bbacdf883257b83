"""Compile what the estimators use, once, before it is needed."""

from __future__ import annotations

import numpy as np

__all__ = ["warm_up"]


def warm_up() -> None:
    """Compile the common kernels, for float64 and float32 rows, into the cache on disk.

    For container builds and before process pools: the first fit of a new process is then as quick
    as the second.

    Examples
    --------
    >>> import skvi
    >>> skvi.warm_up()
    """
    from skvi.linear_model import VariationalBayesianRegression
    from skvi.mixture import VariationalGaussianMixture

    rows = np.random.RandomState(0).standard_normal((600, 3))
    for dtype in (np.float64, np.float32):
        X = rows.astype(dtype)
        y = X[:, 0] + rows[:, 1]
        VariationalBayesianRegression().fit(X, y).predict_interval(X[:2])
        for covariance_type in ("full", "tied", "diag", "spherical"):
            mixture = VariationalGaussianMixture(
                2, covariance_type=covariance_type, n_init=2, tol=0.1, random_state=0
            )
            mixture.fit(X).score_samples(X)
