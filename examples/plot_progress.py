r"""
Watching a fit
==============

:class:`~skvi.ELBOMonitor` is a scikit-learn callback that records the bound of every iteration.
Callbacks are set with ``set_callbacks`` and can be combined, for example with
``sklearn.callback.ProgressBar``, which needs ``rich``.

Here three ways to fit the same mixture are compared by their bounds.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning

from skvi import CAVI, SVI, ELBOMonitor, Memoized, VariationalGaussianMixture

X = PCA(8, random_state=0).fit_transform(load_digits().data)

# %%
# One iteration reads all rows once, whatever the solver. Coordinate ascent moves the posterior once
# in an iteration, the memoized solver after each of ten batches, stochastic steps after every 128
# rows; the bounds of the latter are estimates, all but the last.

solvers = {
    "CAVI": CAVI(accelerate=False),
    "Memoized": Memoized(n_batches=10),
    "SVI": SVI(batch_size=128, forgetting_rate=0.7),
}
histories = {}
for name, solver in solvers.items():
    monitor = ELBOMonitor()
    mixture = VariationalGaussianMixture(
        10, solver=solver, n_init=1, max_iter=40, random_state=1
    ).set_callbacks(monitor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # forty iterations may not be enough
        mixture.fit(X)
    log = monitor.get_logs()
    histories[name] = np.array([entry["elbo"] for entry in log.data])
    print(f"{name:10} {mixture.n_iter_:3d} iterations, ELBO {mixture.elbo_:.2f}")

# %%
# The bound of the first two never falls.

figure, axis = plt.subplots(layout="constrained")
for (name, history), style in zip(histories.items(), ["o-", "s-", "^-"], strict=True):
    axis.plot(np.arange(1, len(history) + 1), history / len(X), style, ms=4, label=name)
axis.set_xlabel("passes over the rows")
axis.set_ylabel("ELBO (nats per row)")
axis.legend()
plt.show()
