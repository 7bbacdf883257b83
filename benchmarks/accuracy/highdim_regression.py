"""More columns than rows: test errors beside LassoCV and ElasticNetCV.

    python -m benchmarks.accuracy.highdim_regression

Reads ``../shared/data/highdim`` relative to the repository, or ``$SKVI_DATA/highdim``: octane
numbers from spectra and expressions of a gene, ten splits each. Columns are standardised within
the training rows. Printed are test errors, their paired differences from the better peer with
standard errors, and the coverage of 90 % intervals.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import ElasticNetCV, LassoCV
from sklearn.preprocessing import StandardScaler

from skvi import VariationalBayesianRegression

DEFAULT = Path(__file__).resolve().parents[2].parent / "shared" / "data"
PRIORS = (
    "ridge",
    "grouped_ridge",
    "laplace",
    "student_t",
    "horseshoe",
    "regularized_horseshoe",
    "spike_slab",
    "adaptive_shrinkage",
    "ard",
)


def splits(data):
    """Standardised training and test rows of every split."""
    X, y = data["X"].astype(np.float64), data["y"].astype(np.float64)
    for test in data["test_index"]:
        train = np.setdiff1d(np.arange(len(y)), test)
        scaler = StandardScaler().fit(X[train])
        yield scaler.transform(X[train]), y[train], scaler.transform(X[test]), y[test]


def main():
    """Print one line per data set and estimator."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    folder = Path(os.environ.get("SKVI_DATA", DEFAULT)) / "highdim"
    peers = {"lasso": LassoCV(), "elastic net": ElasticNetCV(l1_ratio=[0.1, 0.5, 0.9, 1.0])}
    for name in ("gasoline_nir", "trim32"):
        data = np.load(folder / f"{name}.npz", allow_pickle=False)
        errors, covered = {}, {}
        for X, y, new, targets in splits(data):
            for key, peer in peers.items():
                error = np.sqrt(np.mean((targets - peer.fit(X, y).predict(new)) ** 2))
                errors.setdefault(key, []).append(error)
            for key in PRIORS:
                fit = VariationalBayesianRegression(prior=key, random_state=0).fit(X, y)
                error = np.sqrt(np.mean((targets - fit.predict(new)) ** 2))
                errors.setdefault(key, []).append(error)
                low, high = fit.predict_interval(new).T
                covered.setdefault(key, []).append(np.mean((low <= targets) & (targets <= high)))
        best = min(peers, key=lambda key: np.mean(errors[key]))
        for key, values in errors.items():
            line = f"{name:14} {key:22} RMSE {np.mean(values):.4f}"
            if key in covered:
                gap = np.array(values) - errors[best]
                line += (
                    f"  less {best}: {gap.mean():+.4f} +- {gap.std(ddof=1) / len(gap) ** 0.5:.4f}"
                )
                line += f"  coverage {np.mean(covered[key]):.3f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()
