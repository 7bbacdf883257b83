"""Compile what the estimators use, once, before it is needed."""

from __future__ import annotations

import numpy as np
from scipy import sparse

__all__ = ["warm_up"]


def warm_up() -> None:
    """Compile the common kernels, for float64 and float32 rows, into the cache on disk.

    For container builds and before process pools: the first fit of a new process then compiles
    nothing, and takes a few tenths of a second more than the second, to load what is there.

    Examples
    --------
    >>> import skvi
    >>> skvi.warm_up()
    """
    from skvi.linear_model import VariationalBayesianRegression
    from skvi.mixture import VariationalGaussianMixture

    rows = np.random.RandomState(0).standard_normal((2100, 3))
    for dtype in (np.float64, np.float32):
        X = rows.astype(dtype)
        y = X[:, 0] + rows[:, 1]
        VariationalBayesianRegression().fit(X, y).predict_interval(X[:2])
        VariationalBayesianRegression().fit(sparse.csr_array(X), y)
        for covariance_type in ("full", "tied", "diag", "spherical"):
            mixture = VariationalGaussianMixture(
                2, covariance_type=covariance_type, n_init=2, tol=0.1, random_state=0
            )
            mixture.fit(X[:600]).score_samples(X[:600])
    # Many components far apart, for the pass that leaves out those far from a row.
    places = np.repeat(np.eye(16, 12), 256, axis=0) * 100.0
    places += np.random.RandomState(0).standard_normal(places.shape)
    for covariance_type in ("full", "diag"):
        VariationalGaussianMixture(
            16, covariance_type=covariance_type, tol=1e6, random_state=0
        ).fit(places)
