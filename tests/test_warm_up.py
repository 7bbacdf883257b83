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
from skvi import VariationalBayesianRegression, VariationalGaussianMixture

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
print(first > 0, again == first, compiled() == first)
"""


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
def test_warm_up_compiles_all_and_once():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["True", "True", "True"]
