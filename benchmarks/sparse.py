"""Sparse priors beside scikit-learn's ARDRegression and LassoCV, and NumPyro's ADVI."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import ARDRegression, LassoCV
from threadpoolctl import threadpool_limits

from benchmarks.timing import compare
from skvi import (
    ARD,
    AdaptiveShrinkage,
    RegularizedHorseshoe,
    SpikeSlab,
    VariationalBayesianRegression,
)

__all__ = ["run"]

_SLAB = 2.0


def make_data(n_rows, n_columns, n_signals):
    """Independent columns of which few matter."""
    rng = np.random.RandomState(0)
    X = rng.standard_normal((n_rows, n_columns))
    coef = np.zeros(n_columns)
    coef[rng.choice(n_columns, n_signals, replace=False)] = rng.standard_normal(n_signals)
    return X, X @ coef + rng.standard_normal(n_rows), coef


def run(scale=1.0):
    """Time every case; ``scale`` below one shrinks the number of rows of the largest."""
    with threadpool_limits(1):
        return [
            _relevance(int(100_000 * scale), 200, 20, 5, 4, 6),
            _relevance(2_000, 1_000, 50, 3, 12, 18),
            _selection("adaptive shrinkage", AdaptiveShrinkage()),
            _selection("spike and slab", SpikeSlab()),
            _horseshoe(int(10_000 * scale), 500),
        ]


def _row(workload, result, floor, aim, note):
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


def _error(estimator, coef):
    return np.sqrt(np.sum((estimator.coef_ - coef) ** 2))


def _relevance(n, p, n_signals, repeats, floor, aim):
    X, y, coef = make_data(n, p, n_signals)
    ours = VariationalBayesianRegression(prior=ARD(), refresh=0)
    theirs = ARDRegression()
    ours.fit(X[:500], y[:500])
    result = compare(lambda: ours.fit(X, y), lambda: theirs.fit(X, y), repeats)
    note = f"error of coef {_error(ours, coef):.3f}, theirs {_error(theirs, coef):.3f}"
    return _row(f"ARD {n:,} x {p:,}", result, floor, aim, note)


def _selection(name, prior):
    X, y, coef = make_data(500, 20_000, 20)
    ours, theirs = VariationalBayesianRegression(prior=prior), LassoCV(cv=5)
    ours.fit(X[:50, :100], y[:50])
    result = compare(lambda: ours.fit(X, y), lambda: theirs.fit(X, y), 3)
    note = (
        f"beside LassoCV; error of coef {_error(ours, coef):.3f}, theirs {_error(theirs, coef):.3f}"
    )
    return _row(f"{name} 500 x 20,000", result, 1, 3.3, note)


def _horseshoe(n, p):
    """The same model on both sides: standardised columns, and no refresh."""
    X, y, _ = make_data(n, p, 20)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    prior = RegularizedHorseshoe(20, slab=_SLAB)
    ours = VariationalBayesianRegression(prior=prior, refresh=0).fit(X, y)
    workload = f"regularised horseshoe {n:,} x {p:,}"
    try:
        from benchmarks.stochastic_horseshoe import adam

        task, bound = adam(X, y, 20, _SLAB)
    except ImportError:
        nothing = compare(lambda: ours.fit(X, y), lambda: float("nan"), 3)
        return _row(workload, nothing, 10, 30, "NumPyro is not installed")
    result = compare(lambda: ours.fit(X, y), task, 3)
    note = f"beside NumPyro's AutoNormal; bound {ours.elbo_:.1f}, theirs {bound:.1f}"
    return _row(workload, result, 10, 30, note)
