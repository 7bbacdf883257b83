"""Posterior moments by importance sampling, written to ``posteriors.json``.

    python -m tests.linear_model.references.make_references [problem ...]

Draws come from a Student-t distribution with the moments of draws before, the first of which were
about the mode. Kept are means and standard deviations of the coefficients, as estimators show them,
the log evidence, and the effective number of draws: a mean is then right to
``1 / sqrt(effective number)`` standard deviations, the log evidence to about that many nats.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln
from threadpoolctl import threadpool_limits

from tests.linear_model.references.cases import (
    DESIGNS,
    PROBLEMS,
    contrasts,
    estimator,
    rows,
)

PATH = Path(__file__).parent / "posteriors.json"
N_DRAWS = 400_000
CHUNK = 4000
DF = 12.0
MOST_ROUNDS = 50


def log_joint(weights, X, y, log_density, n_predictors):
    """Log joint density of targets and weights of shape (n_draws, n_weights)."""
    p = X.shape[1]
    prior = -0.5 * np.sum(weights**2, axis=1) - 0.5 * weights.shape[1] * np.log(2.0 * np.pi)
    eta = np.einsum("np,sdp->nsd", X, weights.reshape(-1, n_predictors, p), optimize=True)
    y = y[:, None] if y.ndim == 1 else y[:, None, :]
    return prior + log_density(y, eta if n_predictors > 1 else eta[..., 0]).sum(axis=0)


def sample(log_target, mean, covariance, n_draws, rng):
    """Draws of a Student-t distribution with the logs of their weights."""
    size, root = len(mean), np.linalg.cholesky(covariance * (DF - 2.0) / DF)
    noise = rng.standard_normal((n_draws, size)) / np.sqrt(rng.chisquare(DF, (n_draws, 1)) / DF)
    draws = mean + noise @ root.T
    log_proposal = gammaln(0.5 * (DF + size)) - gammaln(0.5 * DF)
    log_proposal -= 0.5 * size * np.log(DF * np.pi) + np.log(np.diag(root)).sum()
    log_proposal = log_proposal - 0.5 * (DF + size) * np.log1p(np.sum(noise**2, axis=1) / DF)
    parts = [log_target(draws[low : low + CHUNK]) for low in range(0, n_draws, CHUNK)]
    return draws, np.concatenate(parts) - log_proposal


def posterior(log_target, size, seed=0):
    """Draws, normalised weights, log evidence and effective number of draws."""
    rng = np.random.default_rng(seed)
    mode = minimize(lambda w: -log_target(w[None])[0], np.zeros(size), method="BFGS")
    mean, covariance = mode.x, 0.1 * np.eye(size)
    for _ in range(MOST_ROUNDS):
        draws, logs = sample(log_target, mean, covariance, N_DRAWS // 20, rng)
        shares, tempered = tempered_shares(logs)
        mean = shares @ draws
        covariance = (shares[:, None] * (draws - mean)).T @ (draws - mean)
        if not tempered and 1.0 / np.sum(shares**2) > 0.5 * len(draws):
            break
    draws, logs = sample(log_target, mean, covariance, N_DRAWS, rng)
    shares = np.exp(logs - logs.max())
    log_evidence = logs.max() + np.log(shares.mean())
    shares /= shares.sum()
    return draws, shares, float(log_evidence), float(1.0 / np.sum(shares**2))


def tempered_shares(logs):
    """Normalised weights, to a power below one while fewer than a twentieth would count."""
    power = 1.0
    while True:
        shares = np.exp(power * (logs - logs.max()))
        shares /= shares.sum()
        if 1.0 / np.sum(shares**2) > 0.05 * len(logs):
            return shares, power < 1.0
        power *= 0.8


def shown(name, draws):
    """Coefficients as estimators show them: those of classes, where there are several."""
    if PROBLEMS[name].n_predictors == 1:
        return draws
    by_class = np.einsum("kd,sdp->skp", contrasts(3), draws.reshape(len(draws), 2, -1))
    return by_class.reshape(len(draws), -1)


def summary(values, shares, log_evidence, effective):
    """Moments of the coefficients."""
    mean = shares @ values
    sd = np.sqrt(shares @ (values - mean) ** 2)
    return {
        "mean": [round(float(v), 6) for v in mean],
        "sd": [round(float(v), 6) for v in sd],
        "log_evidence": round(log_evidence, 4),
        "effective_draws": round(effective),
    }


def reference(name, design):
    """Posterior of one problem; of ordered classes, at the cut-points of a fit and at random ones.

    Random cut-points have a flat prior in the first of them and in the logs of their gaps.
    """
    X, y = rows(name, design)
    problem = PROBLEMS[name]
    size = X.shape[1] * problem.n_predictors
    if name != "ordinal":
        found = posterior(partial(log_joint, X=X, y=y, log_density=problem.log_density,
                                  n_predictors=problem.n_predictors), size)  # fmt: skip
        return summary(shown(name, found[0]), *found[1:])
    X = X - X.mean(axis=0)
    cuts = estimator(name).fit(X, y).cut_points_
    given = partial(problem.log_density, cuts=cuts)
    found = posterior(partial(log_joint, X=X, y=y, log_density=given, n_predictors=1), size)
    whole = posterior(partial(_with_cuts, X=X, y=y), size + len(cuts))
    return {
        **summary(*found),
        "cut_points": [round(float(c), 6) for c in cuts],
        "random_cut_points": summary(whole[0][:, :size], *whole[1:]),
    }


def _with_cuts(weights, X, y):
    p = X.shape[1]
    w, first, gaps = weights[:, :p], weights[:, p], np.exp(weights[:, p + 1 :])
    cuts = np.column_stack([first, first[:, None] + np.cumsum(gaps, axis=1)])
    prior = -0.5 * np.sum(w**2, axis=1) - 0.5 * p * np.log(2.0 * np.pi)
    ends = np.column_stack([np.full(len(w), -700.0), cuts, np.full(len(w), 700.0)])
    eta, code = X @ w.T, y.astype(int)
    upper, lower = ends.T[code + 1] - eta, ends.T[code] - eta
    logs = -np.logaddexp(0.0, -upper) - np.logaddexp(0.0, lower)
    return prior + (logs + np.log(-np.expm1(lower - upper))).sum(axis=0)


def main(names):
    """Write what is asked for; keep the rest."""
    known = json.loads(PATH.read_text()) if PATH.exists() else {}
    for name in names or PROBLEMS:
        for design in DESIGNS:
            found = known.setdefault(name, {})[design] = reference(name, design)
            print(f"{name:18s} {design:9s} {found['effective_draws'] / N_DRAWS:.0%} effective",
                  flush=True)  # fmt: skip
        PATH.write_text(json.dumps(known, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    with threadpool_limits(1):
        main(sys.argv[1:])
