r"""
Day by day, worker by worker, all at once
=========================================

A linear regression needs of its rows only an additive summary. So ``partial_fit`` over the days of
a stream, :func:`~skvi.merge` over workers and one ``fit`` on everything end in the same posterior,
default priors included. With a forgetting factor old rows fade, and the fit follows a drift.
"""

import matplotlib.pyplot as plt
import numpy as np

from skvi import VariationalBayesianRegression, merge

rng = np.random.RandomState(0)
X = rng.normal(size=(600, 3))
y = X @ [1.0, -2.0, 0.5] + 4.0 + rng.normal(size=600)
parts = [(X[low : low + 100], y[low : low + 100]) for low in range(0, 600, 100)]

# %%
# Three ways to one posterior.

batch = VariationalBayesianRegression().fit(X, y)
merged = merge([VariationalBayesianRegression().fit(*part) for part in parts])
stream = VariationalBayesianRegression()
for part in parts:
    stream.partial_fit(*part)
for name, model in {"fit": batch, "partial_fit": stream, "merge": merged}.items():
    print(f"{name:12} log evidence {model.elbo_:.8f}  coefficients {model.coef_}")
np.testing.assert_allclose([stream.elbo_, merged.elbo_], batch.elbo_, rtol=1e-10)

# %%
# ``fit`` also takes the parts themselves, from anything that can be iterated over again: a list of
# memory maps, or an object that reads one file after the other.

chunks = VariationalBayesianRegression().fit(parts)
np.testing.assert_allclose(chunks.elbo_, batch.elbo_, rtol=1e-10)

# %%
# Now the second coefficient drifts. Each day every old row counts 0.7 of what it did.

days = np.arange(60)
truth = np.where(days < 20, -2.0, np.minimum(-2.0 + 0.15 * (days - 20), 1.0))
fading, keeping = VariationalBayesianRegression(), VariationalBayesianRegression()
seen = {"forgetting_factor=0.7": [], "forgetting_factor=1": []}
for slope in truth:
    X_day = rng.normal(size=(30, 3))
    y_day = X_day @ [1.0, slope, 0.5] + rng.normal(size=30)
    fading.partial_fit(X_day, y_day, forgetting_factor=0.7)
    keeping.partial_fit(X_day, y_day)
    for name, model in zip(seen, (fading, keeping), strict=True):
        factor = model.posterior_.coef
        seen[name].append((factor.mean[1], factor.sd[1]))

# %%
# The bands are two posterior standard deviations wide on either side.

figure, axis = plt.subplots(layout="constrained")
for (name, values), color in zip(seen.items(), ["#1f5fa8", "#d9731a"], strict=True):
    mean, sd = np.transpose(values)
    axis.plot(days, mean, color=color, label=name)
    axis.fill_between(days, mean - 2 * sd, mean + 2 * sd, color=color, alpha=0.2, lw=0)
axis.plot(days, truth, "k--", lw=1, label="truth")
axis.set_xlabel("day")
axis.set_ylabel("second coefficient")
axis.legend()
plt.show()
