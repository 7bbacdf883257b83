"""Peak memory of a fit beyond the table itself, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

__all__ = ["run"]

# The high-water mark is read from /proc: that of getrusage is inherited from the parent process.
_CODE = """
import re
import numpy as np
from skvi import VariationalBayesianRegression, VariationalGaussianMixture

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

rng = np.random.RandomState(0)
small = rng.standard_normal((3000, {columns}))
estimator = {estimator}
{fit_small}
X = rng.standard_normal(({rows}, {columns}))
y = X[:, 0] + 1.0
X[:] = X
before = peak()
{fit}
print(peak() - before)
"""

CASES = [
    # name, rows, columns, estimator, fit
    ("regression 1,000,000 x 50", 1_000_000, 50, "VariationalBayesianRegression()", "X, y"),
    (
        "mixture full 1,000,000 x 8 K=16", 1_000_000, 8,
        "VariationalGaussianMixture(16, max_iter=5, tol=0.0, random_state=0)", "X",
    ),
    (
        "mixture full 200,000 x 64 K=20", 200_000, 64,
        "VariationalGaussianMixture(20, max_iter=3, tol=0.0, random_state=0)", "X",
    ),
    (
        "mixture diag 500,000 x 32 K=50", 500_000, 32,
        "VariationalGaussianMixture(50, covariance_type='diag', max_iter=3, tol=0.0, "
        "random_state=0)", "X",
    ),
]  # fmt: skip


def run():
    """Rows of the table: megabytes beyond the table."""
    results = []
    for name, rows, columns, estimator, arguments in CASES:
        small = arguments.replace("X", "small").replace("y", "small[:, 0]")
        code = _CODE.format(
            rows=rows, columns=columns, estimator=estimator,
            fit=f"estimator.fit({arguments})", fit_small=f"estimator.fit({small})",
        )  # fmt: skip
        usual = {k: v for k, v in os.environ.items() if not k.startswith("MALLOC_")}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=usual
        )
        results.append({"what": name, "megabytes": float(done.stdout), "promise": 64})
    return results
