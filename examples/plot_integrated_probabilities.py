r"""
Probabilities that know what they do not know
=============================================

A logistic regression with a point estimate is as sure of a row far from the training rows as of one
among them. :class:`~skvi.VariationalLogisticRegression` averages the probability over the posterior
of its coefficients: where these are not known, it is nearer to one half.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import log_loss

from skvi import VariationalLogisticRegression

rng = np.random.RandomState(0)


def draw(n_rows, n_columns=2):
    """Rows and labels of a random logistic model."""
    coef = 2.0 * rng.normal(size=n_columns) / np.sqrt(n_columns)
    X = rng.normal(size=(n_rows, n_columns))
    return X, (rng.uniform(size=n_rows) < 1 / (1 + np.exp(-X @ coef))).astype(int)


def plug_in(model, X):
    """Probabilities at the posterior mean of the coefficients."""
    return 1 / (1 + np.exp(-(X @ model.coef_[0] + model.intercept_[0])))


# %%
# Thirty rows in two columns. Lines of equal probability at the posterior mean are parallel;
# averaged over the posterior they fan out.

X, y = draw(30)
model = VariationalLogisticRegression().fit(X, y)
axis_values = np.linspace(-8, 8, 161)
grid = np.stack(np.meshgrid(axis_values, axis_values), axis=-1)
maps = {
    "at the posterior mean": plug_in(model, grid.reshape(-1, 2)),
    "averaged over the posterior": model.predict_proba(grid.reshape(-1, 2))[:, 1],
}
figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
for axis, (name, values) in zip(axes, maps.items(), strict=True):
    shape = grid.shape[:2]
    levels = np.array([0, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98, 1])
    drawn = axis.contourf(*grid.T, values.reshape(shape).T, levels, cmap="RdBu_r", alpha=0.7)
    axis.scatter(*X.T, c=y, cmap="RdBu_r", edgecolor="k", s=25)
    axis.set_title(name)
figure.colorbar(drawn, ax=axes, label="probability of the second class")
plt.show()

# %%
# Does it pay? Over many random problems with forty rows and eight columns we score both on new rows
# with the logarithmic loss, and compare with what ``loo()`` promised from the training rows alone.

scores = []
for _ in range(60):
    X, y = draw(1040, 8)
    X, X_new, y, y_new = X[:40], X[40:], y[:40], y[40:]
    model = VariationalLogisticRegression().fit(X, y)
    scores.append(
        [
            log_loss(y_new, plug_in(model, X_new), labels=[0, 1]),
            log_loss(y_new, model.predict_proba(X_new)[:, 1], labels=[0, 1]),
            -model.loo().elpd / len(y),
            -model.log_predictive_density(X, y).mean(),
        ]
    )
names = ["new rows, plug-in", "new rows, averaged", "leave one out", "training rows"]
for name, score in zip(names, np.mean(scores, axis=0), strict=True):
    print(f"{name:20} {score:.3f} nats per row")
assert np.mean(scores, axis=0)[1] < np.mean(scores, axis=0)[0]

# %%
# Training rows flatter the model. Leave-one-out costs no refit and takes most of that back; with so
# few rows for each column not all of it, for the strength of the shrinkage has seen every row.
