"""Simulation-based calibration of the posteriors of linear predictors.

    python -m benchmarks.accuracy.calibration_linear_predictor [n_sets] [problem ...]

Weights are drawn from their prior ``N(0, 1)``, targets given them, and the posterior distribution
function is taken at the true weights: uniform if posteriors are right (Talts et al., 2018).
Hyper-parameters are given, but for the cut-points of ordered classes, which are learned. The table
goes to ``benchmarks/results/calibration_linear_predictor.md``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import chisquare
from threadpoolctl import threadpool_limits

from skvi import VariationalBayesianRegression, VariationalGLMRegressor
from skvi.likelihoods import Gaussian
from skvi.priors import Normal
from tests.linear_model.references.cases import PROBLEMS, contrasts, estimator

RESULTS = Path(__file__).parents[1] / "results" / "calibration_linear_predictor.md"
N_COLUMNS = 4
SIZES = (20, 80)
CLASSES = {"bernoulli": 2, "softmax": 3, "ordinal": 4}
MORE_SIZE = 0.3
_BINS = 20
_HEAD = """Simulation-based calibration, 4 correlated columns, weights `N(0, 1)`
(`python -m benchmarks.accuracy.calibration_linear_predictor`): chi-square p of the ranks of all
coefficients in 20 bins, the least p of a single coefficient times their number (at most one), share
of true coefficients in central 90 % intervals, and standard deviation of standard scores. Of
several classes, the coefficients of the first. The last three have weights `N(0, 0.3^2)` and
intercepts (with `N(0, 1)` variances differ by so much that the millionth which squared residuals
count as more tells: heteroscedastic standard deviations are then 10 % too large). "errors" counts
fits that ended in an error; the other columns are of the rest.

| likelihood | n / p | data sets | errors | p, all | p, least | inside 90 % | sd of scores |
|---|---|---|---|---|---|---|---|
"""


def _binomial(X, eta, rng):
    trials = np.full(len(X), 5.0)
    y = rng.binomial(5, 1.0 / (1.0 + np.exp(-eta[:, 0])))
    prior = Normal(0.0, MORE_SIZE**2)
    return VariationalGLMRegressor(likelihood="binomial", prior=prior).fit(X, y, exposure=trials)


def _normal(X, eta, rng):
    y = eta[:, 0] + rng.standard_normal(len(X))
    prior = Normal(0.0, MORE_SIZE**2)
    return VariationalBayesianRegression(likelihood=Gaussian(), prior=prior).fit(X, y)


def _heteroscedastic(X, eta, rng):
    y = eta[:, 0] + np.exp(0.5 * eta[:, 1]) * rng.standard_normal(len(X))
    prior = Normal(0.0, MORE_SIZE**2)
    return VariationalBayesianRegression(likelihood="heteroscedastic", prior=prior).fit(X, y)


MORE = {"binomial": _binomial, "normal": _normal, "heteroscedastic": _heteroscedastic}


def rank(name, n_rows, seed):
    """Posterior distribution function at the true coefficients of one data set."""
    rng = np.random.RandomState(seed)
    shape = n_rows, N_COLUMNS
    X = np.sqrt(0.5) * (rng.standard_normal(shape) + rng.standard_normal((n_rows, 1)))
    known = name in PROBLEMS
    n_predictors = PROBLEMS[name].n_predictors if known else 2
    weights = (1.0 if known else MORE_SIZE) * rng.standard_normal((N_COLUMNS, n_predictors))
    eta = X @ weights
    if not known:
        fit, truth = MORE[name](X, eta, rng), weights[:, 0]
        return ndtr((truth - fit.coef_) / fit.posterior_.coef.sd)
    y = PROBLEMS[name].draw(eta if n_predictors > 1 else eta[:, 0], rng)
    fit = estimator(name)
    if name in CLASSES:  # declared: a class may have no row
        fit.partial_fit(X, y.astype(int), classes=np.arange(CLASSES[name]))
    else:
        fit.fit(X, y)
    sd = np.sqrt(np.diagonal(fit.sigma_, axis1=-2, axis2=-1))
    truth = weights[:, 0]
    if weights.shape[1] > 1:
        truth = weights @ contrasts(3)[0]
    return ndtr((truth - np.atleast_2d(fit.coef_)[0]) / np.atleast_2d(sd)[0])


def p_value(ranks):
    """Of the chi-square test that ranks are uniform."""
    return chisquare(np.histogram(ranks, _BINS, (0.0, 1.0))[0]).pvalue


def line(name, n_rows, n_sets):
    """Line of the table."""
    ranks, n_failed = [], 0
    for seed in range(n_sets):
        try:
            ranks.append(rank(name, n_rows, seed))
        except ValueError:
            n_failed += 1
    ranks = np.array(ranks)
    least = min(1.0, N_COLUMNS * min(p_value(column) for column in ranks.T))
    inside = np.mean((ranks > 0.05) & (ranks < 0.95))
    scores = ndtri(np.clip(ranks, 1e-12, 1.0 - 1e-12)).std()
    counts = f"{n_rows // N_COLUMNS} | {n_sets} | {n_failed}"
    uniform = f"{p_value(ranks.ravel()):.3f} | {least:.3f}"
    return f"| {name} | {counts} | {uniform} | {inside:.3f} | {scores:.3f} |"


def main(n_sets=500, names=None):
    """Print one line per likelihood and size, and write the table if it is whole."""
    lines = []
    for name in names or [*PROBLEMS, *MORE]:
        for n_rows in SIZES:
            lines.append(line(name, n_rows, n_sets))
            print(lines[-1], flush=True)
    if not names:
        RESULTS.write_text(_HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, sys.argv[2:])
