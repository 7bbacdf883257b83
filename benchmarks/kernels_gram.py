"""Speed of the weighted Gram kernels beside scikit-learn's BayesianRidge and the machine's GEMM.

One thread, processor seconds (so that a busy machine disturbs them little), minimum over
interleaved repeats; the gain from two threads is in wall time and means something on an idle
machine only. "fit" adds what an evidence ridge still has to do after the Gram: one
eigendecomposition of the p x p scatter. Run with ``--large`` for the full sizes (1M x 16, 1M x 50,
100k x 500) instead of a tenth to a fifth of the rows.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from functools import reduce

import numpy as np
from sklearn.linear_model import BayesianRidge
from threadpoolctl import threadpool_limits

from skvi.numerics.gram import centred_kernel, centred_moments
from skvi.numerics.moments import Moments

__all__ = []

_BLOCK_ROWS = 32768
_SMALL = ((200_000, 16), (100_000, 50), (10_000, 500))
_LARGE = ((1_000_000, 16), (1_000_000, 50), (100_000, 500))


def gram(X, y, pool=None):
    """Moments of all rows, block by block."""

    def block(start):
        rows = slice(start, start + _BLOCK_ROWS)
        return centred_moments(X[rows], y[rows], None, unit_weights=True)

    starts = range(0, len(X), _BLOCK_ROWS)
    return reduce(Moments.merged, (pool.map if pool else map)(block, starts))


def ridge(X, y):
    """The Gram and the eigendecomposition that every later step is made of."""
    moments = gram(X, y)
    return np.linalg.eigh(moments.scatter[:-1, :-1])


def seconds(*functions, repeats, clock=time.process_time):
    """Minimum time of each function, interleaved."""
    times = np.full((repeats, len(functions)), np.inf)
    for r in range(repeats):
        for f, function in enumerate(functions):
            start = clock()
            function()
            times[r, f] = clock() - start
    return times.min(axis=0)


def gemm_rate(dtype):
    """Rate of a square matrix product, in GF/s."""
    A = np.random.RandomState(0).normal(size=(1024, 1024)).astype(dtype)
    out = np.empty_like(A)
    return 2 * 1024**3 / seconds(lambda: np.matmul(A, A, out=out), repeats=8)[0] / 1e9


def report(n_rows, n_features, dtype, repeats):
    """Print one line of the table."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n_rows, n_features)).astype(dtype)
    y = X @ rng.normal(size=(n_features, 1)) + rng.normal(size=(n_rows, 1))
    target = y[:, 0].astype(dtype)
    gram(X, y)
    peer, fit, one = np.min(
        [
            np.concatenate(
                [
                    seconds(lambda: BayesianRidge().fit(X, target), repeats=1),
                    seconds(lambda: ridge(X, y), lambda: gram(X, y), repeats=4),
                ]
            )
            for _ in range(repeats)
        ],
        axis=0,
    )
    with ThreadPoolExecutor(2) as pool:
        alone, together = seconds(
            lambda: gram(X, y), lambda: gram(X, y, pool), repeats=5, clock=time.perf_counter
        )
    rate = n_rows * n_features * (n_features + 1) / one / 1e9
    print(
        f"{n_rows:>8} x {n_features:<4} {np.dtype(dtype).name:8} {peer:8.3f} {one:8.4f} {fit:8.4f}"
        f" {peer / one:6.1f}x {peer / fit:6.1f}x {rate:6.1f} {100 * rate / gemm_rate(dtype):5.0f} %"
        f" {X.nbytes / one / 1e9:5.1f} {alone / together:6.2f}"
    )


def report_kernel(n_rows, n_features, dtype):
    """Print the rate of the kernel matrix of wide data."""
    X = np.random.RandomState(0).normal(size=(n_rows, n_features)).astype(dtype)
    weights, mean = np.ones(n_rows), X.mean(axis=0)
    product = np.empty((n_rows, n_rows), dtype)
    ours, blas = seconds(
        lambda: centred_kernel(X, weights, mean),
        lambda: np.matmul(X, X.T, out=product),
        repeats=3,
    )
    rate = n_rows * (n_rows + 1) * n_features / ours / 1e9
    print(
        f"kernel matrix {n_rows} x {n_features} {np.dtype(dtype).name}: {ours:.3f} s,"
        f" {rate:.1f} GF/s;"
        f" uncentred BLAS product {blas:.3f} s"
    )


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    with threadpool_limits(1):
        print(
            "           case dtype     sklearn     Gram Gram+eig  ratio   fit   GF/s of GEMM  GB/s"
            " two threads"
        )
        for n_rows, n_features in _LARGE if arguments.large else _SMALL:
            for dtype in (np.float64, np.float32):
                report(n_rows, n_features, dtype, repeats=2)
        for dtype in (np.float64, np.float32):
            report_kernel(1000, 5000, dtype)


if __name__ == "__main__":
    main()
