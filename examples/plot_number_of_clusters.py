r"""
How many clusters, in any units
===============================

``elbo_`` of :class:`~skvi.VariationalGaussianMixture` keeps every constant and its default prior
follows the data. Two things follow: bounds of different numbers of components can be compared, and
the answer does not depend on whether a column is in metres or in millimetres.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_wine
from sklearn.mixture import BayesianGaussianMixture

from skvi import VariationalGaussianMixture

# %%
# Five measurements of 178 wines from three growers: as given, and with two columns in other units.

COLUMNS = ["alcohol", "flavanoids", "color_intensity", "hue", "od280/od315_of_diluted_wines"]
wine = load_wine(as_frame=True)
X = wine.data[COLUMNS].to_numpy()
units = np.array([1.0, 1000.0, 1.0, 0.01, 1.0])
counts = range(1, 9)


def bounds(rows):
    """ELBO for every number of components, with a Dirichlet prior of the weights."""
    return [
        VariationalGaussianMixture(k, weight_prior="dirichlet", random_state=0).fit(rows).elbo_
        for k in counts
    ]


as_given, rescaled = np.array(bounds(X)), np.array(bounds(X * units))
shift = -len(X) * np.log(units).sum()
print(f"best number of components: {counts[as_given.argmax()]} and {counts[rescaled.argmax()]}")
print(f"shift by the change of units: {(rescaled - as_given).mean():.6f}, expected {shift:.6f}")

# %%
# The lower bound of scikit-learn's mixture leaves terms out, so it cannot be compared over the
# number of components, and its default prior mixes units.

theirs = [
    BayesianGaussianMixture(n_components=k, n_init=2, max_iter=500, random_state=0)
    .fit(X)
    .lower_bound_
    for k in counts
]
print(f"BayesianGaussianMixture's bound is largest at {counts[int(np.argmax(theirs))]}")

# %%
# The curve is the same in both units once the shift of the Jacobian is taken off.

figure, axis = plt.subplots(layout="constrained")
axis.plot(counts, as_given, "o-", color="#1f5fa8", label="as given")
axis.plot(counts, rescaled - shift, "x", color="#d9731a", ms=11, mew=2, label="other units")
axis.axvline(counts[as_given.argmax()], color="0.6", lw=1, ls="--", zorder=0)
axis.set_xlabel("number of components")
axis.set_ylabel("ELBO (nats), Jacobian taken off")
axis.legend()
plt.show()

# %%
# The growers were not shown to the mixture.

best = VariationalGaussianMixture(
    counts[as_given.argmax()], weight_prior="dirichlet", random_state=0
).fit(X)
table = np.zeros((best.n_components, 3), dtype=int)
np.add.at(table, (best.predict(X), wine.target.to_numpy()), 1)
print("rows of each cluster (down) by grower (across)")
print(table)
