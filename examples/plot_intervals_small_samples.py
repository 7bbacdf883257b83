r"""
Intervals that hold with few rows
=================================

A 90 % predictive interval should contain a new target nine times out of ten. ``BayesianRidge``
plugs in point estimates of the noise and of the prior scale, as if they were known; with few rows
they are not, and its intervals are too short. :class:`~skvi.VariationalBayesianRegression`
averages over both.

We draw many small data sets from a linear model and count how often one new target falls inside.
"""

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from sklearn.linear_model import BayesianRidge

from skvi import VariationalBayesianRegression

COVERAGE = 0.9
N_COLUMNS, N_REPEATS = 5, 120
rng = np.random.RandomState(0)

# %%
# Every repeat has its own coefficients, its own rows and its own noise.


def draw(n_rows):
    """A training set and 50 new rows from one random linear model."""
    coef = rng.normal(size=N_COLUMNS)
    X = rng.normal(size=(n_rows + 50, N_COLUMNS))
    y = X @ coef + rng.normal(size=n_rows + 50)
    return X[:n_rows], y[:n_rows], X[n_rows:], y[n_rows:]


def share_inside(n_rows):
    """Share of new targets inside the intervals of both regressions."""
    inside = np.zeros(2)
    for _ in range(N_REPEATS):
        X, y, X_new, y_new = draw(n_rows)
        ours = VariationalBayesianRegression().fit(X, y)
        low, high = ours.predict_interval(X_new, COVERAGE).T
        mean, sd = BayesianRidge().fit(X, y).predict(X_new, return_std=True)
        half = norm.ppf(0.5 + COVERAGE / 2) * sd
        inside += [
            np.mean((low < y_new) & (y_new < high)),
            np.mean(np.abs(y_new - mean) < half),
        ]
    return inside / N_REPEATS


sizes = [8, 12, 20, 40]
shares = np.array([share_inside(n) for n in sizes])
for n, (ours, theirs) in zip(sizes, shares, strict=True):
    print(f"{n:3d} rows: {ours:.3f} against {theirs:.3f} of BayesianRidge")

# %%
# The fewer the rows, the larger the difference; with many rows both agree.

figure, axis = plt.subplots(layout="constrained")
axis.axhline(COVERAGE, color="0.2", ls="--", lw=1)
axis.text(sizes[0], COVERAGE - 0.004, "promised", va="top")
axis.plot(sizes, shares[:, 0], "o-", color="#1f5fa8", label="VariationalBayesianRegression")
axis.plot(sizes, shares[:, 1], "s-", color="#d9731a", label="BayesianRidge")
axis.set_xscale("log")
axis.set_xticks(sizes, [str(n) for n in sizes])
axis.minorticks_off()
axis.set_xlabel("training rows (5 columns)")
axis.set_ylabel("new targets inside a 90% interval")
axis.legend(loc="lower right")
plt.show()
