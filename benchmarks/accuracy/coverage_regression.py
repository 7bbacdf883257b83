"""Coverage of 90% intervals of the default linear regression on simulated data.

    python benchmarks/accuracy/coverage_regression.py [n_sets] [setting ...]

For every size (n, p) and every setting, data sets are drawn with ``X ~ N(0, 1)`` and an intercept;
printed are the shares of true weights and of new targets inside their central 90% intervals, for
the default priors and for scikit-learn's BayesianRidge and ARDRegression.
"""

from __future__ import annotations

import sys
import warnings

import numpy as np
from scipy.special import ndtri
from sklearn.linear_model import ARDRegression, BayesianRidge
from threadpoolctl import threadpool_limits

from skvi.inference.protocol import Block
from skvi.models.linear_regression import LinearRegressionModel, coefficients, predictive
from skvi.priors import Ridge

SIZES = [(8, 3), (12, 5), (15, 10), (20, 15), (50, 200)]
SETTINGS = {
    "w~N(0,1), sigma=1": lambda p: (1.0, 1.0),
    "R2=.2": lambda p: (1.0, np.sqrt(p * 0.8 / 0.2)),
    "R2=.5": lambda p: (1.0, np.sqrt(p)),
    "R2=.8": lambda p: (1.0, np.sqrt(p * 0.2 / 0.8)),
    "R2=.9": lambda p: (1.0, np.sqrt(p * 0.1 / 0.9)),
}
N_NEW = 5


def simulate(rng, n, p, setting):
    """Training rows, new rows and the true weights."""
    weight_sd, noise_sd = SETTINGS[setting](p)
    X = rng.standard_normal((n + N_NEW, p))
    coef = weight_sd * rng.standard_normal(p)
    y = 1.0 + X @ coef + noise_sd * rng.standard_normal(n + N_NEW)
    return X[:n], y[:n], X[n:], y[n:], coef


def ours(X, y, X_new):
    """Distribution functions of the weights and of new targets under the default priors."""
    n, p = X.shape
    model = LinearRegressionModel(Ridge(), n_features=p, square_root=p > n)
    summary = model.summarize(Block(X, y[:, None], np.ones(n), 0), None)
    posterior = model.update(model.prior(model.facts(summary)), summary)
    return coefficients(posterior), predictive(X_new, posterior)


def inside(distribution, truth):
    """Which true values lie in the central 90% interval."""
    level = distribution.cdf(truth)
    return (level >= 0.05) & (level <= 0.95)


def inside_sklearn(estimator, X, y, X_new, y_new, coef):
    """The same for a scikit-learn estimator, from its Gaussian posterior."""
    estimator.fit(X, y)
    mean, sd = estimator.predict(X_new, return_std=True)
    covariance = estimator.sigma_
    variance = np.zeros(X.shape[1])
    kept = getattr(estimator, "lambda_", None)
    if isinstance(estimator, ARDRegression):
        variance[kept < estimator.threshold_lambda] = np.diag(covariance)
    else:
        variance = np.diag(covariance)
    z = ndtri(0.95)
    within = np.abs(estimator.coef_ - coef) <= z * np.sqrt(variance)
    return within, np.abs(mean - y_new) <= z * sd


def main(n_sets=2000, settings=None, peers=True):
    """Print the table."""
    warnings.simplefilter("ignore")
    for setting in settings or SETTINGS:
        for n, p in SIZES:
            rng = np.random.RandomState(0)
            hits = {"ours": [], "BayesianRidge": [], "ARDRegression": []}
            for index in range(n_sets):
                X, y, X_new, y_new, coef = simulate(rng, n, p, setting)
                weights, new = ours(X, y, X_new)
                hits["ours"].append((inside(weights, coef).mean(), inside(new, y_new).mean()))
                if not peers or (p > n and index >= 20):
                    continue
                for peer in (BayesianRidge(), ARDRegression()):
                    within, predicted = inside_sklearn(peer, X, y, X_new, y_new, coef)
                    hits[type(peer).__name__].append((within.mean(), predicted.mean()))
            parts = [
                f"{name} {np.mean(values, axis=0)[0]:.3f} {np.mean(values, axis=0)[1]:.3f}"
                for name, values in hits.items()
                if values
            ]
            print(f"{setting:20s} n={n:<3d} p={p:<4d} " + "   ".join(parts), flush=True)


if __name__ == "__main__":
    with threadpool_limits(1):
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000, sys.argv[2:] or None)
