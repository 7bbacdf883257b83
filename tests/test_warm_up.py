"""Warming up compiles what fits need, once, returns nothing and raises no warning."""

from __future__ import annotations

import subprocess
import sys

import numba
import pytest

CODE = """
import gc
import skvi
from numba.core.dispatcher import Dispatcher

def compiled():
    kernels = [thing for thing in gc.get_objects() if isinstance(thing, Dispatcher)]
    ours = [kernel for kernel in kernels if kernel.py_func.__module__.startswith("skvi")]
    return sum(len(kernel.signatures) for kernel in ours)

assert skvi.warm_up() is None
first = compiled()
skvi.warm_up()
again = compiled()

import numpy as np
from scipy import sparse
from skvi import (
    VariationalBayesianRegression,
    VariationalGaussianMixture,
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
    VariationalQuantileRegressor,
)

rows = np.random.RandomState(1).standard_normal((6000, 9))
rows[:, 0] += 40.0 * np.arange(6000) // 500
for dtype in (np.float32, np.float64):
    X = rows.astype(dtype)
    VariationalBayesianRegression().fit(X, X[:, 1])
    VariationalBayesianRegression().fit(sparse.csr_array(X), X[:, 1])
    for covariance_type in ("full", "tied", "diag", "spherical"):
        for n_components, n_init in ((3, 2), (12, 1)):
            VariationalGaussianMixture(
                n_components, covariance_type=covariance_type, n_init=n_init, tol=1e6,
                random_state=0,
            ).fit(X).predict(X)

rng = np.random.RandomState(2)
for dtype in (np.float32, np.float64):
    X = rng.standard_normal((700, 5)).astype(dtype)
    noisy = X[:, 0] + rng.standard_normal(700)
    for table in (X, sparse.csr_array(X)):
        for classes in (noisy > 0.3, np.digitize(noisy, [-0.5, 0.5, 1.0])):
            VariationalLogisticRegression().fit(table, classes).predict_proba(table)
    wide = rng.standard_normal((40, 90)).astype(dtype)
    VariationalLogisticRegression().fit(wide, wide[:, 0] > 0.1).predict_proba(wide)
    VariationalOrdinalRegression().fit(X, np.digitize(noisy, [-0.5, 0.5])).predict_proba(X)
    for likelihood in ("poisson", "negative_binomial", "gamma"):
        model = VariationalGLMRegressor(likelihood=likelihood)
        model.fit(X, np.floor(np.exp(np.abs(noisy)))).predict_interval(X[:9])
    for likelihood in ("student_t", "heteroscedastic"):
        VariationalBayesianRegression(likelihood=likelihood).fit(X, noisy).predict(X)
    VariationalQuantileRegressor().fit(X, noisy).predict(X)
print(first > 0, again == first, compiled() == first)
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_warm_up_compiles_all_and_once():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "True"]
