"""VariationalBayesianRegression beside scikit-learn's BayesianRidge: same data and dtype."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import BayesianRidge
from threadpoolctl import threadpool_limits

from benchmarks.scaling import two_processes
from benchmarks.timing import compare, gemm_rate, read_bandwidth
from skvi import VariationalBayesianRegression

__all__ = ["run"]

CASES = [
    # rows, columns, dtype, repeats, floor, aim
    (1_000_000, 50, np.float64, 3, 25, 50),
    (1_000_000, 50, np.float32, 3, 20, 55),
    (100_000, 500, np.float64, 5, 9, 13),
    (2_000, 5_000, np.float64, 3, 7, 10),
    (150, 4, np.float64, 41, 0.5, 1),
]


def make_data(n_rows, n_columns, dtype):
    """A dense linear problem with unit noise and some signal in every column."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n_rows, n_columns)).astype(dtype)
    coef = rng.standard_normal(n_columns) / np.sqrt(n_columns)
    y = X @ coef + rng.standard_normal(n_rows)
    return X, y.astype(dtype)


def run(scale=1.0):
    """Time every case; ``scale`` below one shrinks the number of rows."""
    rows = []
    with threadpool_limits(1):
        gemm = {d: gemm_rate(d) for d in (np.float64, np.float32)}
        bandwidth = read_bandwidth()
        for n, p, dtype, repeats, floor, aim in CASES:
            rows.append(
                _case(
                    int(n * scale) if n > 10_000 else n,
                    p,
                    dtype,
                    repeats,
                    floor,
                    aim,
                    gemm[dtype],
                    bandwidth,
                )
            )
    rows.append(_threads(int(1_000_000 * scale)))
    return rows


def _case(n, p, dtype, repeats, floor, aim, gemm, bandwidth):
    X, y = make_data(n, p, dtype)
    ours, theirs = VariationalBayesianRegression(), BayesianRidge()
    ours.fit(X, y)
    theirs.fit(X[:100], y[:100])
    calls = 10 if n < 1000 else 1
    result = compare(lambda: ours.fit(X, y), lambda: theirs.fit(X, y), repeats, calls)
    flops, traffic = min(n, p) * n * p, X.nbytes
    ceiling = max(flops / gemm, traffic / bandwidth)
    return {
        "workload": f"regression {n:,} x {p:,} {np.dtype(dtype).name}",
        "ours_s": result.ours,
        "peer_s": result.theirs,
        "ratio": result.ratio,
        "range": (result.lowest, result.highest),
        "floor": floor,
        "aim": aim,
        "ceiling_share": ceiling / result.ours,
        "note": f"coef agree to {np.max(np.abs(ours.coef_ - theirs.coef_)):.1e}",
    }


def _threads(n):
    X, y = make_data(n, 50, np.float64)
    one, two = (VariationalBayesianRegression(n_jobs=jobs) for jobs in (1, 2))
    two.fit(X, y)
    with threadpool_limits(1):
        result = compare(lambda: two.fit(X, y), lambda: one.fit(X, y), 15)
    same = np.array_equal(one.coef_, two.coef_)
    most = two_processes(_thread_task, n)
    return {
        "workload": f"regression {n:,} x 50, two threads over one",
        "ours_s": result.ours,
        "peer_s": result.theirs,
        "ratio": result.ratio,
        "range": (result.lowest, result.highest),
        "floor": 1.6,
        "aim": 1.9,
        "ceiling_share": result.ratio / most,
        "note": f"{'same bits' if same else 'BITS DIFFER'}; two processes reach {most:.1f}x",
    }


def _thread_task(n):
    """What one process of two does: a fit with one thread."""
    X, y = make_data(n, 50, np.float64)
    estimator = VariationalBayesianRegression(n_jobs=1)
    return lambda: estimator.fit(X, y)
