"""VariationalGaussianMixture beside scikit-learn's BayesianGaussianMixture: same data and dtype."""

from __future__ import annotations

import itertools
import time
import warnings

import numpy as np
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture
from threadpoolctl import threadpool_limits

from benchmarks.rescore import rescore
from benchmarks.scaling import two_processes
from benchmarks.timing import compare, gemm_rate, read_bandwidth, seconds
from skvi import VariationalGaussianMixture

__all__ = ["run"]

CASES = [
    # rows, columns, components, covariance, dtype, separation, repeats, peer iterations, floor, aim
    (100_000, 16, 32, "full", np.float64, 2.0, 3, 4, 16, 25),
    (100_000, 16, 32, "full", np.float64, 0.7, 3, 4, 16, 25),
    (100_000, 16, 32, "full", np.float32, 2.0, 3, 4, 28, 45),
    (1_000_000, 8, 16, "full", np.float64, 2.0, 3, 3, 25, 45),
    (200_000, 64, 20, "full", np.float64, 2.0, 3, 3, 5, 9),
    (500_000, 32, 50, "diag", np.float64, 2.0, 3, 3, 8, 15),
]
SMALL = (1, 2, 3, 5)


def make_data(n_rows, n_columns, n_components, dtype, separation=2.0):
    """Overlapping Gaussian clusters of different shapes and sizes."""
    rng = np.random.RandomState(0)
    weights = rng.dirichlet(np.full(n_components, 5.0))
    labels = rng.choice(n_components, size=n_rows, p=weights)
    means = separation * rng.standard_normal((n_components, n_columns))
    shapes = rng.standard_normal((n_components, n_columns, n_columns)) / np.sqrt(n_columns)
    shapes += 0.5 * np.eye(n_columns)
    X = np.empty((n_rows, n_columns), dtype=dtype)
    for k in range(n_components):
        rows = labels == k
        X[rows] = means[k] + rng.standard_normal((rows.sum(), n_columns)) @ shapes[k].T
    return X


def run(scale=1.0):
    """Time every case; ``scale`` below one shrinks the number of rows."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    with threadpool_limits(1):
        gemm = {d: gemm_rate(d) for d in (np.float64, np.float32)}
        bandwidth = read_bandwidth()
        for n, *case in CASES:
            rows.append(_case(int(n * scale), *case, gemm, bandwidth))
        rows.append(_threads(int(100_000 * scale)))
        rows += [_small(K) for K in SMALL]
    return rows


def _ours(K, covariance, iterations, **options):
    return VariationalGaussianMixture(
        K,
        covariance_type=covariance,
        n_init=1,
        max_iter=iterations,
        tol=0.0,
        random_state=0,
        **options,
    )


def _theirs(K, covariance, iterations):
    return BayesianGaussianMixture(
        n_components=K,
        covariance_type=covariance,
        max_iter=iterations,
        tol=0.0,
        init_params="random_from_data",
        random_state=0,
    )


def _per_iteration(make, X, few, many):
    """Seconds of one iteration inside a fit: the difference between a long and a short fit."""
    short = seconds(lambda: make(few).fit(X))
    long = seconds(lambda: make(many).fit(X))
    return (long - short) / (many - few)


def _case(n, D, K, covariance, dtype, separation, repeats, iterations, floor, aim, gemm, bandwidth):
    X = make_data(n, D, K, dtype, separation)
    _ours(K, covariance, 2).fit(X)
    _theirs(K, covariance, 1).fit(X[: 100 * K])
    result = compare(
        lambda: _per_iteration(lambda m: _ours(K, covariance, m), X, 2, 12),
        lambda: _per_iteration(lambda m: _theirs(K, covariance, m), X, 1, 1 + iterations),
        repeats,
    )
    n_features = (D + 1) * (D + 2) // 2 if covariance == "full" else 2 * D + 1
    ceiling = max(4.0 * n * K * n_features / gemm[dtype], X.nbytes / bandwidth)
    return {
        "workload": f"mixture {covariance} {n:,} x {D} K={K} {np.dtype(dtype).name}, per iteration",
        "ours_s": result.ours,
        "peer_s": result.theirs,
        "ratio": result.ratio,
        "range": (result.lowest, result.highest),
        "floor": floor,
        "aim": aim,
        "ceiling_share": ceiling / result.ours,
        "note": "overlapping clusters" if separation < 1.0 else "",
    }


def _threads(n):
    X = make_data(n, 16, 32, np.float64)
    one, two = (lambda m, j=jobs: _ours(32, "full", m, n_jobs=j) for jobs in (1, 2))
    two(2).fit(X)
    result = compare(
        lambda: _per_iteration(two, X, 2, 42), lambda: _per_iteration(one, X, 2, 42), 15
    )
    same = np.array_equal(one(4).fit(X).means_, two(4).fit(X).means_)
    most = two_processes(_thread_task, n)
    return {
        "workload": f"mixture full {n:,} x 16 K=32, two threads over one",
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
    """What one process of two does: an iteration with one thread, which it times itself."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    X = make_data(n, 16, 32, np.float64)
    return lambda: _per_iteration(lambda m: _ours(32, "full", m), X, 2, 42)


def _small(K):
    """Whole fits of a small table, five at a time; both sides have the same seeds."""
    X = load_iris().data
    iterations = {"ours": [], "theirs": []}

    def fits(name, make):
        for seed in itertools.count():
            iterations[name].append(make(seed).fit(X).n_iter_)
            yield

    ours = fits("ours", lambda seed: VariationalGaussianMixture(K, random_state=seed))
    theirs = fits("theirs", lambda seed: BayesianGaussianMixture(n_components=K, random_state=seed))
    next(ours), next(theirs)
    result = compare(lambda: next(ours), lambda: next(theirs), 41, calls=5)
    typical = {name: int(np.median(counts)) for name, counts in iterations.items()}
    return {
        "workload": f"mixture full 150 x 4 K={K}, whole fit, defaults, seeds 1 to 205",
        "ours_s": result.ours,
        "peer_s": result.theirs,
        "ratio": result.ratio,
        "range": (result.lowest, result.highest),
        "floor": 1,
        "aim": 1,
        "ceiling_share": None,
        "note": f"{typical['ours']} against {typical['theirs']} iterations",
    }


class Clock:
    """Callback that notes when each bound was reached."""

    def __init__(self):
        self.record = []

    def setup(self, estimator, context):
        """Start the clock."""
        self.start = time.perf_counter()

    def teardown(self, estimator, context):
        """Nothing to put away."""

    def on_fit_task_begin(self, estimator, context):
        """Nothing to note yet."""

    def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
        """Note the time and the bound."""
        if fitted_estimator is not None:
            self.record.append((time.perf_counter() - self.start, fitted_estimator.elbo_))


def time_to_bound(n=100_000, D=16, K=32):
    """Seconds until our bound passes that of the peer's best of five, re-scored completely."""
    X = make_data(n, D, K, np.float64)
    with threadpool_limits(1):
        peer = BayesianGaussianMixture(n_components=K, n_init=5, random_state=0)
        theirs = seconds(lambda: peer.fit(X))
        clock = Clock()
        ours = VariationalGaussianMixture(
            K, n_init=5, random_state=0, weight_prior="dirichlet_process"
        ).set_callbacks(clock)
        whole = seconds(lambda: ours.fit(X))
    target = rescore(ours, X, peer.predict_proba(X))
    reached = [t for t, bound in clock.record if bound >= target]
    return {
        "workload": f"time to the same complete bound, n_init=5, {n:,} x {D} K={K}",
        "ours_s": reached[0] if reached else float("nan"),
        "peer_s": theirs,
        "ratio": theirs / reached[0] if reached else float("nan"),
        "range": None,
        "floor": 20,
        "aim": 60,
        "ceiling_share": None,
        "note": f"one run; peer {target:.1f}, ours {ours.elbo_:.1f} after {whole:.1f} s",
    }
