r"""
Coefficients and predictive bands
=================================

A fitted regression is a distribution. Here are the posterior of its coefficients, as a forest plot,
and the predictive distribution of the target along one column, as bands.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

from skvi import VariationalBayesianRegression

X, y = load_diabetes(return_X_y=True, as_frame=True)
X = StandardScaler().set_output(transform="pandas").fit_transform(X)
regression = VariationalBayesianRegression().fit(X, y)

# %%
# ``summary`` is a table; ``posterior_`` holds the factors themselves, with draws.

table = regression.summary()
print(table.round(2))
draws = regression.posterior_.coef.sample(1000, random_state=0)
bmi, s5 = X.columns.get_loc("bmi"), X.columns.get_loc("s5")
print(f"P(bmi matters more than s5) = {np.mean(draws[:, bmi] > draws[:, s5]):.2f}")

# %%
# Thin lines hold 90 % of the posterior of a coefficient, thick ones half of it.

half = np.quantile(draws, [0.25, 0.75], axis=0)
table = table.drop(index="intercept")
rows = np.arange(len(table))[::-1]
figure, axis = plt.subplots(layout="constrained")
axis.axvline(0.0, color="0.7", lw=1)
axis.hlines(rows, table["5%"], table["95%"], color="#1f5fa8", lw=1.5)
axis.hlines(rows, *half, color="#1f5fa8", lw=5)
axis.plot(table["mean"], rows, "o", color="white", mec="#1f5fa8")
axis.set_yticks(rows, table.index)
axis.set_xlabel("change of the target per sd of the column")
plt.show()

# %%
# Along the body-mass index, all other columns at their mean: the dark band is where the mean of the
# target lies with 90 %, the light one where a new target does.

grid = np.zeros((100, X.shape[1]))
grid[:, bmi] = np.linspace(X["bmi"].min(), X["bmi"].max(), 100)
lines = draws @ grid.T + regression.posterior_.intercept.sample(1000, random_state=0)[:, None]
mean_band = np.quantile(lines, [0.05, 0.95], axis=0)

new = X.iloc[:0].reindex(range(100), fill_value=0.0)
new["bmi"] = grid[:, bmi]
interval = regression.predict_interval(new, coverage=0.9).T

figure, axis = plt.subplots(layout="constrained")
axis.plot(X["bmi"], y, ".", color="0.6", ms=4)
axis.fill_between(new["bmi"], *interval, color="#1f5fa8", alpha=0.15, lw=0, label="a new target")
axis.fill_between(new["bmi"], *mean_band, color="#1f5fa8", alpha=0.45, lw=0, label="the mean")
axis.plot(new["bmi"], regression.predict(new), color="#1f5fa8")
axis.set_xlabel("body-mass index (sd from the mean)")
axis.set_ylabel("disease progression")
axis.legend(title="holds 90% of")
plt.show()
