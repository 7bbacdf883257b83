"""Best of five starts against scikit-learn's best of five, both by the complete bound.

scikit-learn gets its own default start (converged k-means) and the prior that ours uses, and its
responsibilities are re-scored with the complete bound.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import BayesianGaussianMixture

from benchmarks.rescore import rescore
from skvi import VariationalGaussianMixture

__all__ = ["compare_bounds", "main", "tables"]

DATA = Path(os.environ.get("SKVI_DATA", Path(__file__).parents[3] / "shared" / "data"))


def tables():
    """Name, rows and number of components of every data set."""
    clustering = DATA / "clustering"
    faithful = pd.read_csv(clustering / "old_faithful.csv.gz").select_dtypes("number").to_numpy()
    galaxies = pd.read_csv(clustering / "galaxies.csv.gz").select_dtypes("number").to_numpy()
    asterisk = np.load(clustering / "asterisk_k8.npz")["X"]
    digits = PCA(10, random_state=0).fit_transform(load_digits().data)
    return [
        ("old_faithful", faithful[:, -2:].astype(float), 2),
        ("old_faithful", faithful[:, -2:].astype(float), 6),
        ("galaxies", galaxies[:, -1:] / 1000.0, 3),
        ("galaxies", galaxies[:, -1:] / 1000.0, 6),
        ("asterisk_k8", asterisk, 8),
        ("iris", load_iris().data, 3),
        ("wine", load_wine().data, 3),
        ("digits, 10 components", digits, 10),
        ("digits, 10 components", digits, 20),
    ]


def compare_bounds(X, n_components, covariance_type="full", weight_prior="dirichlet_process",
                   seed=0):  # fmt: skip
    """Our bound and scikit-learn's, each the best of five starts."""
    ours = VariationalGaussianMixture(
        n_components, covariance_type=covariance_type, weight_prior=weight_prior, n_init=5,
        random_state=seed,
    ).fit(X)  # fmt: skip
    prior = ours._state.prior.components.distribution
    kinds = {"dirichlet_process": "dirichlet_process", "dirichlet": "dirichlet_distribution"}
    options = {}
    if covariance_type == "full":
        options = {
            "mean_precision_prior": float(np.ravel(prior.mean_precision)[0]),
            "degrees_of_freedom_prior": float(np.ravel(prior.degrees_of_freedom)[0]),
            "covariance_prior": np.asarray(prior.scale_matrix).reshape(-1, *[X.shape[1]] * 2)[0],
        }
    best = -np.inf
    for start in range(5):
        peer = BayesianGaussianMixture(
            n_components=n_components, covariance_type=covariance_type, max_iter=1000,
            weight_concentration_prior_type=kinds[weight_prior], weight_concentration_prior=1.0,
            random_state=100 * seed + start, **options,
        ).fit(X)  # fmt: skip
        best = max(best, rescore(ours, X, peer.predict_proba(X)))
    return ours.elbo_, best


def main():
    """Print one line per data set; the last column must never be negative."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows = []
    print(f"{'data':24} {'K':>3} {'ours':>12} {'peer':>12} {'gain':>9}")
    for name, X, n_components in tables():
        for seed in range(2):
            ours, theirs = compare_bounds(X, n_components, seed=seed)
            rows.append((name, n_components, ours, theirs))
            print(f"{name:24} {n_components:3} {ours:12.2f} {theirs:12.2f} {ours - theirs:9.2f}")
    return rows


if __name__ == "__main__":
    main()
