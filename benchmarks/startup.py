"""Import time and the first fit of a process, with a warm and with a cold kernel cache."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

__all__ = ["run"]

_IMPORT = """
import time
import sklearn
start = time.perf_counter()
import skvi
print(time.perf_counter() - start)
"""

_FIT = """
import time
import numpy as np
from skvi import {name}
X = np.random.RandomState(0).standard_normal((2000, 4))
y = X[:, 0]
def fit():
    start = time.perf_counter()
    {call}
    return time.perf_counter() - start
first = fit()
print(first - fit())
"""

_CALLS = {
    "VariationalBayesianRegression": "VariationalBayesianRegression().fit(X, y)",
    "VariationalLogisticRegression": "VariationalLogisticRegression().fit(X, y > 0.0)",
    "VariationalGLMRegressor": "VariationalGLMRegressor().fit(X, np.floor(np.exp(y)))",
    "VariationalOrdinalRegression": "VariationalOrdinalRegression().fit(X, np.sign(y.round()))",
    "VariationalQuantileRegressor": "VariationalQuantileRegressor().fit(X, y + X[:, 1] ** 3)",
    "VariationalGaussianMixture": "VariationalGaussianMixture(3, random_state=0).fit(X)",
}


def _seconds(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    return float(done.stdout)


def run():
    """Rows of the table: seconds, with the promise beside them."""
    rows = [("import skvi after sklearn", [_seconds(_IMPORT) for _ in range(5)], 0.15)]
    for name, call in _CALLS.items():
        code = _FIT.format(name=name, call=call)
        cold = []
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                cold.append(_seconds(code, NUMBA_CACHE_DIR=folder))
        _seconds(code)
        warm = [_seconds(code) for _ in range(5)]
        rows.append((f"{name}: first fit over the second, warm cache", warm, 0.4))
        rows.append((f"{name}: first fit over the second, cold cache", cold, 4.0))
    return [
        {"what": what, "seconds": statistics.median(values), "promise": promise}
        for what, values, promise in rows
    ]
