r"""
Priors as hyperparameters
=========================

Priors are objects with ``get_params``, so a grid search can choose among them, and among their
parameters. Two scores compare them: the held-out log predictive density, and the log evidence of
the training rows, which needs no held-out rows because it already pays for the prior.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

from skvi import Flat, Ridge, VariationalBayesianRegression

X, y = load_diabetes(return_X_y=True)
X = StandardScaler().fit_transform(X)


def log_density(estimator, X, y):
    """Mean log predictive density of held-out targets, in nats per row."""
    return estimator.log_predictive_density(X, y).mean()


# %%
# Over kinds of priors: a scale that is learned, one that is fixed, none at all.

search = GridSearchCV(
    VariationalBayesianRegression(),
    {"prior": [Ridge(), Ridge(alpha=10.0), Flat()]},
    scoring=log_density,
    cv=10,
).fit(X, y)
for row in range(3):
    prior = search.cv_results_["params"][row]["prior"]
    print(f"{prior!s:20} {search.cv_results_['mean_test_score'][row]:.4f} nats per row")

# %%
# Over the parameter of one of them, with the double underscore of scikit-learn.

alphas = np.logspace(-1, 4, 26)
search = GridSearchCV(
    VariationalBayesianRegression(prior=Ridge()),
    {"prior__alpha": alphas},
    scoring=log_density,
    cv=10,
).fit(X, y)
held_out = search.cv_results_["mean_test_score"]
evidence = np.array(
    [VariationalBayesianRegression(prior=Ridge(alpha=a)).fit(X, y).elbo_ for a in alphas]
)

# %%
# Held-out rows tell little between small values of ``alpha``; the evidence does, and with
# ``alpha=None`` it is averaged over, which costs neither folds nor a grid. The vertical line is at
# the ratio of the posterior means of the two precisions then.

learned = VariationalBayesianRegression().fit(X, y)
figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
titles = ["ten folds: log predictive density", "training rows: log evidence"]
for axis, values, title in zip(axes, [held_out, evidence], titles, strict=True):
    axis.plot(alphas, values, ".-", color="#1f5fa8")
    axis.plot(alphas[values.argmax()], values.max(), "o", ms=11, mfc="none", mec="#d9731a", mew=2)
    axis.axvline(learned.lambda_ / learned.alpha_, color="0.6", ls="--", lw=1)
    axis.set_xscale("log")
    axis.set_xlabel("alpha")
    axis.set_title(title)
axes[0].set_ylabel("nats per row")
axes[1].set_ylabel("nats")
plt.show()
