"""Generalised linear models of posteriordb against their gold answers.

    python -m benchmarks.accuracy.generalised_linear

Reads ``../shared/data/posteriordb`` relative to the repository, or ``$SKVI_DATA/posteriordb``, and
the references of ``tests/linear_model/references``. The tables go to
``benchmarks/results/generalised_linear.md``: errors of posterior means in posterior standard
deviations, ratios of standard deviations, and nats from the log evidence down to the bound.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from skvi import VariationalGLMRegressor, VariationalLogisticRegression
from skvi.priors import Flat
from tests.linear_model.references.cases import DESIGNS, PROBLEMS, estimator, rows
from tests.linear_model.references.make_references import posterior

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("SKVI_DATA", ROOT.parent / "shared" / "data")) / "posteriordb"
REFERENCES = ROOT / "tests" / "linear_model" / "references" / "posteriors.json"
RESULTS = ROOT / "benchmarks" / "results" / "generalised_linear.md"

# Where the prior is uniform on a box: log of its density, of which the posterior fills no corner.
POSTERIORS = {
    "wells_data-wells_dist100ars_model": (VariationalLogisticRegression, None),
    "GLM_Poisson_Data-GLM_Poisson_model": (
        VariationalGLMRegressor,
        -np.log(40.0) - 3.0 * np.log(20.0),
    ),
}
_HEAD = """Largest error of a posterior mean in posterior standard deviations, ratios of standard
deviations, and log evidence minus the bound (`python -m benchmarks.accuracy.generalised_linear`),
default tolerance.

"""


def moments(fit):
    """Means and standard deviations of the coefficients, flat."""
    sd = np.sqrt(np.diagonal(fit.sigma_, axis1=-2, axis2=-1))
    return np.ravel(fit.coef_), np.ravel(sd)


def compared(fit, mean, sd, evidence=None, constant=0.0):
    """Error of the means, least and largest ratio of the standard deviations, and the gap."""
    own_mean, own_sd = moments(fit)
    error, ratio = np.max(np.abs(own_mean - mean) / sd), own_sd / sd
    gap = "" if evidence is None else f"{evidence - fit.elbo_ - constant:.4f}"
    return f"{error:.4f} | {ratio.min():.4f} | {ratio.max():.4f} | {gap}"


def design(data):
    """Columns and targets as stored, or the four powers of a year and counts."""
    if "X" in data.files:
        return np.ascontiguousarray(data["X"], dtype=float), data["y"]
    return np.vander(data["data_year"], 4, increasing=True), data["data_C"].astype(float)


def posteriordb():
    """Lines of the table of gold draws."""
    lines = []
    for entry in json.loads((DATA / "index.json").read_text()):
        if entry["name"] not in POSTERIORS:
            continue
        kind, constant = POSTERIORS[entry["name"]]
        data = np.load(DATA / entry["file"], allow_pickle=False)
        fit = kind(prior=Flat(), fit_intercept=False).fit(*design(data))
        evidence = entry.get("log_evidence") if constant is not None else None
        cells = compared(fit, data["mean"], data["sd"], evidence, constant or 0.0)
        noise = np.max(data["mcse_mean"] / data["sd"])
        lines.append(f"| {entry['name']}, gold draws | {cells} | {noise:.4f} |")
        lines.append(f"| {entry['name']}, importance sampling | {against_draws(data, fit)} |")
    return lines


def against_draws(data, fit):
    """Cells of a comparison with 400,000 draws of our own; weights have a flat prior."""
    X, y = design(data)
    log_density = PROBLEMS["bernoulli" if "X" in data.files else "poisson"].log_density

    def log_target(weights):
        parts = np.array_split(weights, max(1, len(weights) // 500))
        return np.concatenate([log_density(y[:, None], X @ part.T).sum(axis=0) for part in parts])

    draws, shares, evidence, effective = posterior(log_target, X.shape[1])
    mean = shares @ draws
    cells = compared(fit, mean, np.sqrt(shares @ (draws - mean) ** 2), evidence)
    return f"{cells} | {effective**-0.5:.4f}"


def sampled():
    """Lines of the table of references by importance sampling."""
    lines, known = [], json.loads(REFERENCES.read_text())
    for name in PROBLEMS:
        for design in DESIGNS:
            X, y = rows(name, design)
            gold = known[name][design]
            fit = estimator(name).fit(X - X.mean(axis=0) if name == "ordinal" else X, y)
            evidence = None if name == "tweedie" else gold["log_evidence"]
            noise = gold["effective_draws"] ** -0.5
            cells = compared(fit, np.array(gold["mean"]), np.array(gold["sd"]), evidence)
            lines.append(f"| {name}, {design} | {cells} | {noise:.4f} |")
            if name == "ordinal":
                gold = gold["random_cut_points"]
                cells = compared(fit, np.array(gold["mean"]), np.array(gold["sd"]))
                noise = gold["effective_draws"] ** -0.5
                lines.append(f"| {name}, {design}, random cut-points | {cells} | {noise:.4f} |")
    return lines


def main():
    """Print the tables and write them."""
    names = "| posterior | mean | least sd ratio | largest sd ratio | gap (nats) | gold's error |"
    head = f"{names}\n|---|---|---|---|---|---|\n"
    text = _HEAD + head + "\n".join([*posteriordb(), *sampled()]) + "\n"
    print(text)
    RESULTS.write_text(text)


if __name__ == "__main__":
    main()
