"""Linear predictors beside scikit-learn's point estimates: same data and dtype, in turn."""

from __future__ import annotations

import statistics

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from threadpoolctl import threadpool_limits

from benchmarks.stochastic_peer import adam
from benchmarks.timing import Comparison, compare, seconds
from skvi import VariationalGLMRegressor, VariationalLogisticRegression
from skvi.priors import Normal

__all__ = ["run"]


def correlated_rows(n_rows, n_columns, seed=0):
    """Columns with a correlation of one half, and weights of 0.3."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns)) + rng.standard_normal((n_rows, 1))
    X /= np.sqrt(2.0)
    return X, 0.3 * rng.standard_normal(n_columns), rng


def logistic_data(n_rows, n_columns):
    """Labels of two classes."""
    X, coef, rng = correlated_rows(n_rows, n_columns)
    return X, (rng.uniform(size=n_rows) < 1.0 / (1.0 + np.exp(-X @ coef))).astype(int)


def poisson_data(n_rows, n_columns):
    """Counts whose logarithmic means have a standard deviation of one half."""
    X, coef, rng = correlated_rows(n_rows, n_columns)
    eta = X @ coef
    return X, rng.poisson(np.exp(0.5 * (eta - eta.mean()) / eta.std())).astype(float)


def softmax_data(n_rows, n_columns, n_classes=10):
    """Labels of many classes."""
    X, _, rng = correlated_rows(n_rows, n_columns)
    logits = X @ (0.3 * rng.standard_normal((n_columns, n_classes)))
    return X, np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)


def text_data(n_rows, n_columns, n_words=100):
    """Tf-idf rows of length one: words of a document are drawn from Zipf's law."""
    rng = np.random.RandomState(0)
    share = 1.0 / np.arange(1.0, n_columns + 1.0)
    levels = np.cumsum(share / share.sum())
    n_drawn = int(1.3 * n_words)  # many of them twice
    words = np.searchsorted(levels, rng.uniform(size=(n_rows, n_drawn)))
    words = np.minimum(words, n_columns - 1)
    starts = np.arange(0, words.size + 1, n_drawn, dtype=np.int32)
    parts = np.ones(words.size), words.astype(np.int32).ravel(), starts
    counts = sparse.csr_array(parts, shape=(n_rows, n_columns))
    counts.sum_duplicates()
    frequency = np.bincount(counts.indices, minlength=n_columns)
    counts.data *= np.log((1.0 + n_rows) / (1.0 + frequency))[counts.indices] + 1.0
    length = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    counts.data /= np.repeat(length, np.diff(counts.indptr))
    coef = 3.0 * rng.standard_normal(n_columns)
    eta = counts @ coef
    y = rng.uniform(size=n_rows) < 1.0 / (1.0 + np.exp(-(eta - eta.mean())))
    return sparse.csr_array(counts), y.astype(int)


def run(scale=1.0):
    """Time every case; ``scale`` below one shrinks the number of rows."""
    with threadpool_limits(1):
        million, tenth = int(1_000_000 * scale), int(100_000 * scale)
        return [
            _logistic(million),
            _logistic_bound(tenth),
            _poisson(million),
            _softmax(tenth),
            _text(tenth, int(50_000 * min(1.0, 10.0 * scale))),
            _small(),
        ]


def _row(workload, result, floor, aim, note):
    """One row of the table: the ratio is the peer's time over ours."""
    return {
        "workload": workload,
        "ours_s": result.ours,
        "peer_s": result.theirs,
        "ratio": result.ratio,
        "range": (result.lowest, result.highest),
        "floor": floor,
        "aim": aim,
        "ceiling_share": None,
        "note": note,
    }


def _against(ours, theirs, X, y, repeats, calls=1):
    """Both fits in turn, after one of few rows that nothing is compiled in."""
    few = slice(0, min(len(y), 5000))
    ours.fit(X[few], y[few])
    theirs.fit(X[few], y[few])
    return compare(lambda: ours.fit(X, y), lambda: theirs.fit(X, y), repeats, calls)


def _apart(ours, theirs):
    """How far our means are from the point estimates, in posterior standard deviations."""
    sd = ours.posterior_["coef"].sd
    return f"means within {np.max(np.abs(ours.coef_ - theirs.coef_) / sd):.2g} sd of the peer's"


def _logistic(n):
    X, y = logistic_data(n, 50)
    ours, theirs = VariationalLogisticRegression(), LogisticRegression(solver="lbfgs")
    result = _against(ours, theirs, X, y, 3)
    note = f"lbfgs, full covariance; {_apart(ours, theirs)}"
    return _row(f"logistic {n:,} x 50", result, 0.91, 1.43, note)


def _logistic_bound(n):
    """Our time to our bound, against ten thousand steps of Adam to a lower one."""
    X, y = logistic_data(n, 50)
    ours = VariationalLogisticRegression(prior=Normal(0.0, 1.0), fit_intercept=False)
    ours.fit(X[:5000], y[:5000])
    workload = f"logistic {n:,} x 50, bound"
    try:
        theirs, bound = adam(X, y)
    except ImportError:
        taken = statistics.median(seconds(lambda: ours.fit(X, y)) for _ in range(5))
        note = f"NumPyro is not installed; ours: ELBO {ours.elbo_:.1f}"
        missing = Comparison(taken, np.nan, np.nan, np.nan, np.nan)
        return _row(workload, missing, 6, 20, note) | {"range": None}
    result = compare(lambda: ours.fit(X, y), theirs, 5)
    note = f"NumPyro, 10,000 steps, compiled: ELBO {bound:.1f}; ours {ours.elbo_:.1f}"
    return _row(workload, result, 6, 20, note)


def _poisson(n):
    X, y = poisson_data(n, 50)
    ours, theirs = VariationalGLMRegressor(likelihood="poisson"), PoissonRegressor(alpha=1e-6)
    result = _against(ours, theirs, X, y, 3)
    return _row(f"poisson {n:,} x 50", result, 0.67, 1.25, _apart(ours, theirs))


def _softmax(n):
    X, y = softmax_data(n, 50)
    ours, theirs = VariationalLogisticRegression(), LogisticRegression(solver="lbfgs")
    result = _against(ours, theirs, X, y, 3)
    difference = np.mean(ours.predict(X) != theirs.predict(X))
    note = f"lbfgs; labels differ in {difference:.2%} of rows"
    return _row(f"softmax {n:,} x 50, 10 classes", result, 0.25, 0.67, note)


def _text(n, n_columns):
    X, y = text_data(n, n_columns)
    ours = VariationalLogisticRegression(family="diagonal")
    peers = {name: LogisticRegression(solver=name) for name in ("lbfgs", "liblinear")}
    taken = {name: seconds(lambda peer=peer: peer.fit(X, y)) for name, peer in peers.items()}
    fastest = min(taken, key=taken.get)
    result = _against(ours, peers[fastest], X, y, 3)
    others = ", ".join(f"{name} {time:.2g} s" for name, time in taken.items())
    note = f"diagonal, against {fastest} ({others}); {X.nnz / n:.0f} non-zeros a row"
    return _row(f"logistic, text {n:,} x {n_columns:,}", result, 0.25, 0.67, note)


def _small():
    X, y = logistic_data(500, 10)
    ours, theirs = VariationalLogisticRegression(), LogisticRegression()
    result = _against(ours, theirs, X, y, 41, calls=10)
    return _row("logistic 500 x 10, warm", result, 0.33, 1, _apart(ours, theirs))
