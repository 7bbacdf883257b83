"""Coverage of 90 % intervals, and false selections, on sparse truths.

    python -m benchmarks.accuracy.sparse_intervals

100 rows, 50 or 200 columns, five coefficients that are not zero (uniform between 0.3 and 2 in
size, of either sign), noise one; 100 data sets. ``oracle`` is least squares on the five columns.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from skvi import RegularizedHorseshoe, SpikeSlab, VariationalBayesianRegression

_SETS, _ROWS, _SIGNALS = 100, 100, 5


def make_data(p, seed):
    """Rows, new rows and the truth."""
    rng = np.random.RandomState(seed)
    w = np.zeros(p)
    w[:_SIGNALS] = rng.choice([-1.0, 1.0], _SIGNALS) * rng.uniform(0.3, 2.0, _SIGNALS)
    X, new = rng.standard_normal((_ROWS, p)), rng.standard_normal((200, p))
    return X, X @ w + rng.standard_normal(_ROWS), new, new @ w + rng.standard_normal(200), w


def oracle(X, y, w):
    """Whether the t intervals of least squares on the right columns cover."""
    A = np.column_stack([np.ones(_ROWS), X[:, :_SIGNALS]])
    inverse = np.linalg.inv(A.T @ A)
    coef = inverse @ (A.T @ y)
    df = _ROWS - A.shape[1]
    sd = np.sqrt(np.sum((y - A @ coef) ** 2) / df * np.diag(inverse))
    return np.abs(coef[1:] - w[:_SIGNALS]) <= stats.t(df).ppf(0.95) * sd[1:]


def main():
    """Print one line per prior and number of columns."""
    for p in (50, 200):
        for prior in (RegularizedHorseshoe(), RegularizedHorseshoe(5), SpikeSlab()):
            parts = {name: [] for name in ("signals", "zeros", "predictions", "oracle")}
            selected = []
            for seed in range(_SETS):
                X, y, new, targets, w = make_data(p, seed)
                fit = VariationalBayesianRegression(prior=prior, random_state=0).fit(X, y)
                table = fit.summary().iloc[1:]
                covered = (table["5%"] <= w) & (w <= table["95%"])
                parts["signals"].append(covered[:_SIGNALS].mean())
                parts["zeros"].append(covered[_SIGNALS:].mean())
                low, high = fit.predict_interval(new).T
                parts["predictions"].append(np.mean((low <= targets) & (targets <= high)))
                parts["oracle"].append(oracle(X, y, w).mean())
                if hasattr(fit, "inclusion_probability_"):
                    support = fit.get_support()
                    selected.append((support[:_SIGNALS].sum(), support[_SIGNALS:].sum()))
            line = "  ".join(f"{name} {np.mean(part):.3f}" for name, part in parts.items())
            if selected:
                right, wrong = np.sum(selected, axis=0)
                line += (
                    f"  found {right / _SETS:.2f} of 5, false share {wrong / (right + wrong):.3f}"
                )
            print(f"p={p:3}  {prior!s:40} {line}", flush=True)


if __name__ == "__main__":
    main()
