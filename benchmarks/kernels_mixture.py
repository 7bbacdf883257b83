"""Mixture kernels against scikit-learn: CPU seconds per iteration, one thread, interleaved.

Ours is the pass over the rows (responsibilities and statistics); the peer's figure is the
difference of two fits of BayesianGaussianMixture with different iteration counts. Also printed:
the share of the machine's matrix-product rate, the memory of one call and the gain of a second
thread. Run as ``python -m benchmarks.kernels_mixture [--large]``.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture
from threadpoolctl import threadpool_limits

from benchmarks.timing import gemm_rate
from skvi.models.gaussian_mixture.kernels import Logits, expectation_statistics

CASES = (
    ("full", 50_000, 16, 32, 100_000),
    ("full", 100_000, 8, 16, 1_000_000),
    ("full", 10_000, 64, 20, 200_000),
    ("diag", 50_000, 32, 50, 500_000),
    ("tied", 50_000, 16, 32, 100_000),
    ("spherical", 50_000, 16, 32, 100_000),
)
_REPEATS = 3


def make_rows(n_rows, n_features, n_components):
    """Rows from well separated components, with the logits that describe them."""
    rng = np.random.RandomState(0)
    mean = 3.0 * rng.standard_normal((n_components, n_features))
    label = rng.randint(n_components, size=n_rows)
    return mean[label] + rng.standard_normal((n_rows, n_features)), mean


def make_logits(mean, structure):
    """Unit covariances, equal weights."""
    n_components, n_features = mean.shape
    factor = {
        "full": np.tile(np.eye(n_features), (n_components, 1, 1)),
        "tied": np.eye(n_features),
        "diag": np.ones((n_components, n_features)),
        "spherical": np.ones(n_components),
    }[structure]
    return Logits(np.zeros(n_components), mean + 0.1, factor)


def multiply_adds(structure, n_features, n_components):
    """Useful multiply-adds per row of logits and statistics together."""
    squares = {
        "full": n_features * (n_features + 1) // 2,
        "diag": n_features,
        "tied": n_features * (n_features + 1) // n_components // 2,
        "spherical": 1,
    }[structure]
    return 2 * n_components * (1 + n_features + squares)


def peer_seconds(X, n_components, structure):
    """Seconds of one more iteration of scikit-learn."""
    return max(_fit(X, n_components, structure, 3) - _fit(X, n_components, structure, 1), 0) / 2


def _fit(X, n_components, structure, n_iterations):
    model = BayesianGaussianMixture(
        n_components=n_components,
        covariance_type=structure,
        max_iter=n_iterations,
        tol=0.0,
        init_params="random_from_data",
        random_state=0,
    )
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X)
    return time.process_time() - start


def our_seconds(X, logits, structure, n_threads=1):
    """Seconds of one pass over the rows, in equal blocks per thread: CPU of one, wall of more."""
    clock = time.process_time if n_threads == 1 else time.perf_counter
    center, ones = X.mean(axis=0, dtype=np.float64), np.ones(len(X))
    blocks = np.array_split(np.arange(len(X)), n_threads)
    spans = [slice(block[0], block[-1] + 1) for block in blocks]

    def work(span):
        return expectation_statistics(X[span], ones[span], logits, center, structure)

    with ThreadPoolExecutor(n_threads) as pool:
        start = clock()
        list(pool.map(work, spans))
        return clock() - start


def scratch_megabytes(X, logits, structure):
    """Peak memory of one call, tile scratch included."""
    tracemalloc.start()
    our_seconds(X, logits, structure)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def run_case(structure, n_rows, n_features, n_components, rates):
    """One line of the table per precision."""
    X, mean = make_rows(n_rows, n_features, n_components)
    logits = make_logits(mean, structure)
    variants = {kind: np.ascontiguousarray(X, dtype=kind) for kind in (np.float64, np.float32)}
    for rows in variants.values():
        our_seconds(rows[:100], logits, structure)
    ours = {kind: [] for kind in variants}
    theirs = []
    for _ in range(_REPEATS):
        for kind, rows in variants.items():
            ours[kind] += [our_seconds(rows, logits, structure) for _ in range(3)]
        theirs.append(peer_seconds(X, n_components, structure))
    peer = min(theirs)
    work = 2.0 * n_rows * multiply_adds(structure, n_features, n_components)
    for kind, rows in variants.items():
        best = min(ours[kind])
        memory = scratch_megabytes(rows, logits, structure)
        paired = min(our_seconds(rows, logits, structure, 2) for _ in range(5))
        print(
            f"{structure:10s} {n_rows:8d} x {n_features:2d} K={n_components:2d} "
            f"{np.dtype(kind).name:8s} {best:8.4f} s  peer {peer:7.3f} s  {peer / best:6.1f}x  "
            f"{work / best / 1e9:5.1f} GF/s ({work / best / rates[kind]:4.0%} of gemm)  "
            f"2 threads {best / paired:4.2f}x  {memory:5.2f} MB",
            flush=True,
        )


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="the sizes of the stated goals")
    large = parser.parse_args().large
    with threadpool_limits(1):
        rates = {kind: gemm_rate(kind) for kind in (np.float64, np.float32)}
        for structure, small, n_features, n_components, full in CASES:
            run_case(structure, full if large else small, n_features, n_components, rates)


if __name__ == "__main__":
    main()
