"""Compile the common kernels before they are needed."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np

from skvi.linear_model import VariationalBayesianRegression
from skvi.mixture import VariationalGaussianMixture

__all__ = ["warm_up"]

COVARIANCE_TYPES = ("full", "tied", "diag", "spherical")
FLOATS = (np.float64, np.float32)


def warm_up():
    """Compile the common kernels once, for float64 and float32 data.

    Worth a call while a container image is built and before a pool of processes starts: the
    compiled kernels are kept on disk where a folder can be written, and every later process
    loads them from there.

    Returns
    -------
    None

    Examples
    --------
    >>> import skvi
    >>> skvi.warm_up()
    """
    rows = np.random.RandomState(0).standard_normal((64, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for dtype in FLOATS:
            _fit_regressions(rows.astype(dtype))
        for dtype, covariance_type in product(FLOATS, COVARIANCE_TYPES):
            _fit_mixture(rows.astype(dtype), covariance_type)


def _fit_regressions(rows):
    wide = np.ascontiguousarray(rows[:8].repeat(4, axis=1))
    for X in (rows, wide):
        VariationalBayesianRegression().fit(X, X[:, 0]).predict(X, return_std=True)


def _fit_mixture(rows, covariance_type):
    mixture = VariationalGaussianMixture(
        2, covariance_type=covariance_type, max_iter=2, random_state=0
    )
    mixture.fit(rows).score_samples(rows)
