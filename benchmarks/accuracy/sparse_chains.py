"""Horseshoe regressions against long Gibbs chains of another parametrisation.

    python -m benchmarks.accuracy.sparse_chains

60 rows, 20 columns correlated with their neighbours, four that matter; three data sets for every
correlation. The chains are those of the inverse-Gamma augmentation (Makalic and Schmidt, 2016),
40,000 steps, with the same priors of noise and common scale. Printed are the root mean square and
the largest of errors of means, in posterior standard deviations, and the mean, least and largest
ratio of standard deviations, for both families, and with refresh.
"""

from __future__ import annotations

import numpy as np

from skvi import Gamma, Horseshoe, VariationalBayesianRegression

_STEPS, _LEFT_OUT, _SIZE = 40_000, 2_000, 4
_SHAPE, _RATE = 2.0, 2.0


def make_data(correlation, seed, n=60, p=20):
    """Rows with four columns that matter."""
    rng = np.random.RandomState(seed)
    index = np.arange(p)
    factor = np.linalg.cholesky(correlation ** np.abs(index[:, None] - index))
    X = rng.standard_normal((n, p)) @ factor.T
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    w = np.zeros(p)
    w[[0, 5, 10, 15]] = [2.0, -1.5, 1.0, 0.5]
    return X, X @ w + rng.standard_normal(n)


def chain(X, y, seed):
    """Means and standard deviations of the weights by Gibbs steps."""
    rng = np.random.RandomState(seed)
    n, p = X.shape
    G, h, r = X.T @ X, X.T @ (y - y.mean()), y - y.mean()
    scale = _SIZE / (p - _SIZE) / np.sqrt(n)
    local, common = np.ones(p), scale**2
    first = second = 0.0
    for step in range(_STEPS + _LEFT_OUT):
        factor = np.linalg.cholesky(G + np.diag(1.0 / (local * common)))
        mean = np.linalg.solve(factor.T, np.linalg.solve(factor, h))
        left = r @ r - h @ mean
        noise = (_RATE + 0.5 * left) / rng.gamma(_SHAPE + 0.5 * n)
        w = mean + np.sqrt(noise) * np.linalg.solve(factor.T, rng.standard_normal(p))
        nu = (1.0 + 1.0 / local) / rng.gamma(1.0, size=p)
        local = (1.0 / nu + 0.5 * w**2 / (common * noise)) / rng.gamma(1.0, size=p)
        xi = (1.0 / scale**2 + 1.0 / common) / rng.gamma(1.0)
        common = (1.0 / xi + 0.5 * np.sum(w**2 / local) / noise) / rng.gamma(0.5 * (p + 1.0))
        if step >= _LEFT_OUT:
            first, second = first + w, second + w**2
    mean = first / _STEPS
    return mean, np.sqrt(second / _STEPS - mean**2)


def main():
    """Print one line per correlation and way of fitting."""
    ways = {
        "gaussian": {"family": "gaussian", "refresh": 0, "noise_prior": Gamma(_SHAPE, _RATE)},
        "coordinate": {"family": "coordinate", "refresh": 0},
        "refreshed": {"family": "gaussian", "refresh": 300, "noise_prior": Gamma(_SHAPE, _RATE)},
    }
    for correlation in (0.0, 0.5, 0.9):
        found = {name: [] for name in ways}
        for seed in range(3):
            X, y = make_data(correlation, seed)
            mean, sd = chain(X, y, seed)
            for name, options in ways.items():
                fit = VariationalBayesianRegression(
                    prior=Horseshoe(_SIZE), random_state=0, **options
                ).fit(X, y)
                found[name].append(((fit.coef_ - mean) / sd, fit.posterior_.coef.sd / sd))
        for name, pairs in found.items():
            bias, ratio = (np.concatenate(part) for part in zip(*pairs, strict=True))
            print(
                f"correlation {correlation}  {name:10}  error of means rms "
                f"{np.sqrt(np.mean(bias**2)):.3f} largest {np.max(np.abs(bias)):.3f}  "
                f"ratio of sds mean {ratio.mean():.3f} least {ratio.min():.3f} "
                f"largest {ratio.max():.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
