r"""
Counts with exposure, and more spread than a Poisson
====================================================

Shops are watched for different numbers of hours; how many customers come depends on two columns and
on much that is not in the table. A Poisson regression takes all spread beyond its mean for signal:
its intervals are too short. A negative binomial learns how much there is.

``exposure`` multiplies the mean, so that coefficients are of rates, and predictions are whole
numbers with probabilities.
"""

import matplotlib.pyplot as plt
import numpy as np

from skvi import VariationalGLMRegressor

rng = np.random.RandomState(0)
X = rng.normal(size=(600, 2))
hours = rng.uniform(1, 8, size=600)
unseen = rng.gamma(2.5, 1 / 2.5, size=600)
y = rng.poisson(hours * unseen * np.exp(0.8 + 0.5 * X[:, 0] - 0.3 * X[:, 1]))
train, test = slice(0, 300), slice(300, None)

# %%
# One fit of each, with the hours as exposure. The truth is that the spread goes with the square of
# the mean, with a dispersion of 2.5.

models = {}
for likelihood in ("poisson", "negative_binomial"):
    model = VariationalGLMRegressor(likelihood=likelihood)
    models[likelihood] = model.fit(X[train], y[train], exposure=hours[train])
    low, high = model.predict_interval(X[test], 0.9, exposure=hours[test]).T
    inside = np.mean((low <= y[test]) & (y[test] <= high))
    density = model.log_predictive_density(X[test], y[test], exposure=hours[test]).mean()
    print(f"{likelihood:18} bound {model.elbo_:8.1f}, leave one out {model.loo().elpd:8.1f} nats;")
    print(f"{'':18} new rows: {density:.2f} nats each, {inside:.2f} inside 90% intervals")
print(models["negative_binomial"].likelihood_parameters_)
assert models["negative_binomial"].loo().elpd > models["poisson"].loo().elpd

# %%
# No new rows are needed to see it: leave-one-out probability integral transforms, from the one fit,
# pile up at both ends where targets vary more than the model allows. On the right, what both say
# of a new shop in four hours.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
colors = {"poisson": "#d9731a", "negative_binomial": "#1f5fa8"}
counts = np.arange(45)
for shift, (name, model) in zip((-0.2, 0.2), models.items(), strict=True):
    style = {"color": colors[name], "label": name.replace("_", " ")}
    left.hist(model.loo().pit, bins=np.linspace(0, 1, 11), histtype="step", lw=2, **style)
    probability = model.predict_dist([[0.5, 0.0]], exposure=[4.0]).pmf(counts[:, None])[:, 0]
    right.bar(counts + shift, probability, width=0.4, **style)
left.axhline(30, color="0.2", ls="--", lw=1)
left.set_xlabel("leave-one-out probability integral transform")
left.set_ylabel("training rows")
right.set_xlabel("customers in four hours")
right.set_ylabel("probability")
right.legend()
plt.show()
