"""Leave-one-out log densities of every likelihood against fits without each row.

    python -m benchmarks.accuracy.leave_one_out

Three tables of 60 rows and 8 correlated columns per likelihood, all hyper-parameters learned. The
table goes to ``benchmarks/results/leave_one_out.md``.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from time import perf_counter

import numpy as np
from scipy.special import expit
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from skvi import (
    VariationalBayesianRegression,
    VariationalGLMRegressor,
    VariationalLogisticRegression,
    VariationalOrdinalRegression,
    VariationalQuantileRegressor,
)
from skvi.likelihoods import Gaussian

RESULTS = Path(__file__).resolve().parents[1] / "results" / "leave_one_out.md"

_HEAD = """``loo().elpd`` and ``loo(refit=False).elpd`` (closed forms) minus that of 60 fits of 59
rows, in nats: the largest of three tables of 60 rows and 8 columns, everything learned
(`python -m benchmarks.accuracy.leave_one_out`). "row" is the largest error of one log density
under ``loo()``. Milliseconds are means, one thread.

| likelihood | loo() | closed form | row | loo() (ms) | closed form (ms) | 60 fits (ms) |
|---|---|---|---|---|---|---|
"""


def targets(X, eta, rng):
    """An estimator and targets for every likelihood."""
    n, mean = len(eta), np.exp(0.5 * eta)

    def glm(likelihood):
        return VariationalGLMRegressor(likelihood=likelihood)

    def regression(likelihood):
        return VariationalBayesianRegression(likelihood=likelihood)

    grades = np.digitize(eta + rng.logistic(size=n), [-0.5, 1.0])
    labels = (rng.uniform(size=n) < expit(eta)).astype(int)
    noise = rng.standard_normal(n)
    return {
        "bernoulli": (VariationalLogisticRegression(), labels),
        "probit": (glm("probit"), labels),
        "softmax": (VariationalLogisticRegression(), grades),
        "ordinal": (VariationalOrdinalRegression(), grades),
        "poisson": (glm("poisson"), rng.poisson(mean)),
        "negative_binomial": (glm("negative_binomial"), rng.poisson(mean * rng.gamma(1.0, 1.0, n))),
        "gamma": (glm("gamma"), mean * rng.gamma(2.0, 1.0, n)),
        "tweedie": (glm("tweedie"), rng.poisson(mean).astype(float)),
        "weibull": (glm("weibull"), mean * rng.weibull(1.5, n)),
        "exponential": (glm("exponential"), mean * rng.exponential(size=n)),
        "normal": (regression(Gaussian()), eta + noise),
        "student_t": (regression("student_t"), eta + rng.standard_t(4.0, n)),
        "quantile": (VariationalQuantileRegressor(), eta + noise),
        "heteroscedastic": (regression("heteroscedastic"), eta + np.exp(0.5 * X[:, 0]) * noise),
    }


def problem(seed, n_rows=60, n_columns=8):
    """Correlated columns, and a predictor."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns)) + rng.standard_normal((n_rows, 1))
    X *= np.sqrt(0.5)
    weights = 0.6 * rng.standard_normal(n_columns) / np.sqrt(0.125 * n_columns)
    return X, 0.5 + X @ weights, rng


def errors(estimator, X, y):
    """Errors of both kinds of ``elpd``, of the worst row, and seconds."""
    fit = clone(estimator).fit(X, y)
    clock = [perf_counter()]
    found = fit.loo()
    clock.append(perf_counter())
    closed = fit.loo(refit=False)
    clock.append(perf_counter())
    refits = np.empty(len(X))
    for row in range(len(X)):
        kept = np.arange(len(X)) != row
        without = clone(estimator).fit(X[kept], y[kept])
        refits[row] = without.log_predictive_density(X[[row]], y[[row]])[0]
    clock.append(perf_counter())
    worst = np.max(np.abs(found.log_density - refits))
    total = refits.sum()
    return [found.elpd - total, closed.elpd - total, worst, *np.diff(clock)]


def main():
    """Print one line per likelihood, and write the table."""
    warnings.simplefilter("ignore")
    tables = []
    for seed in range(4):  # the first compiles
        X, eta, rng = problem(seed)
        cases = targets(X, eta, rng).items()
        tables.append({name: errors(estimator, X, y) for name, (estimator, y) in cases})
    lines = []
    for name in tables[0]:
        found = np.array([table[name] for table in tables[1:]])
        most = found[np.argmax(np.abs(found[:, :2]), axis=0), [0, 1]]
        seconds = 1e3 * found[:, 3:].mean(axis=0)
        lines.append(
            f"| {name} | {most[0]:+.3f} | {most[1]:+.3f} | {found[:, 2].max():.3f} | "
            f"{seconds[0]:.0f} | {seconds[1]:.0f} | {seconds[2]:.0f} |"
        )
        print(lines[-1], flush=True)
    RESULTS.write_text(_HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
