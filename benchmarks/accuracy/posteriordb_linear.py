"""Linear models of posteriordb against their exact posteriors.

    python benchmarks/accuracy/posteriordb_linear.py

Reads ``../shared/data/posteriordb`` relative to the repository, or ``$SKVI_DATA/posteriordb``.
Printed are the largest error of a mean in posterior standard deviations, the largest relative
error of a standard deviation, and the relative error of the log evidence where it is known.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np

from skvi.inference.protocol import Block
from skvi.models.linear_regression import LinearRegressionModel, coefficients, noise_moments
from skvi.priors import Flat, HalfCauchy, HalfStudentT, Normal

DEFAULT = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PRIORS = {
    "kidiq": (Flat(), HalfCauchy(2.5)),
    "earnings": (Flat(), Flat()),
    "mesquite": (Flat(), Flat()),
    "nes": (Flat(), Flat()),
    "sesame": (Flat(), Flat()),
    "arK": (Normal(0.0, 100.0), HalfCauchy(2.5)),
    "sblrc": (Normal(0.0, 100.0), HalfStudentT(np.inf, 10.0)),
}


def fit(X, y, prior, noise):
    """Posterior and bound of one data set."""
    block = Block(X, y[:, None], np.ones(len(y)), 0)
    model = LinearRegressionModel(prior, noise, fit_intercept=False, n_features=X.shape[1])
    summary = model.summarize(block, None)
    resolved = model.prior(model.facts(summary))
    reread = model.needs_square_root(resolved, summary)
    if reread:
        model.square_root = True
        summary = model.summarize(block, None)
        resolved = model.prior(model.facts(summary))
    posterior = model.update(resolved, summary)
    return posterior, sum(model.bound(resolved, posterior, summary).values()), reread


def main():
    """Print one line per posterior."""
    folder = Path(os.environ.get("SKVI_DATA", DEFAULT)) / "posteriordb"
    for entry in json.loads((folder / "index.json").read_text()):
        family = next((key for key in PRIORS if entry["name"].startswith(key)), None)
        if family is None:
            continue
        data = np.load(folder / entry["file"], allow_pickle=False)
        X, y = np.ascontiguousarray(data["X"], dtype=float), data["y"].astype(float)
        posterior, bound, reread = fit(X, y, *PRIORS[family])
        weights, noise = coefficients(posterior), noise_moments(posterior)
        mean = np.append(weights.mean(), noise.mean)
        sd = np.append(weights.std(), noise.sd)
        error = np.max(np.abs(mean - data["exact_mean"]) / data["exact_sd"])
        ratio = np.max(np.abs(sd / data["exact_sd"] - 1.0))
        evidence = entry.get("log_evidence")
        gap = "" if evidence is None else f"  evidence {bound:.5f} error {bound / evidence - 1:.1e}"
        print(f"{entry['name']:36s} mean {error:.1e} sd  sd {ratio:.1e}  reread {reread}{gap}")


if __name__ == "__main__":
    main()
