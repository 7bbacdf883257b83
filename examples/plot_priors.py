r"""
Densities and shrinkage of the priors
=====================================

What a prior believes of one coefficient, and what it makes of one normal estimate of it: the
posterior mean given an estimate with standard deviation one. Scales are given, not learned.
"""

import matplotlib.pyplot as plt
import numpy as np

from skvi import (
    ARD,
    AdaptiveShrinkage,
    Horseshoe,
    Laplace,
    RegularizedHorseshoe,
    SpikeSlab,
    StudentT,
)

PRIORS = [
    ARD(),
    Laplace(1.0),
    StudentT(3.0, 1.0),
    Horseshoe(0.5),
    RegularizedHorseshoe(0.5, slab=2.0),
    SpikeSlab(0.3, slab=2.0),
    AdaptiveShrinkage([0.0, 0.5, 1.0, 2.0, 4.0], [0.6, 0.1, 0.1, 0.1, 0.1]),
]
w = np.linspace(-5.0, 5.0, 400)

figure, axes = plt.subplots(2, len(PRIORS), figsize=(14, 5), sharex=True, sharey="row")
for prior, (above, below) in zip(PRIORS, axes.T, strict=True):
    above.semilogy(w, np.exp(prior.log_density(w)), lw=1.5)
    above.set_title(type(prior).__name__, fontsize=9)
    spike = np.mean(prior.sample(4000, 1, random_state=0) == 0.0)
    if spike > 0.0:
        above.vlines(0.0, 1e-3, spike, color="C1")
    below.plot(w, w, color="0.8", lw=1)
    below.plot(w, prior.shrunk(w), lw=1.5)
    below.set_xlabel("estimate")
    print(f"{type(prior).__name__:22} an estimate of 1 becomes {prior.shrunk(1.0):.2f}, "
          f"of 5 {prior.shrunk(5.0):.2f}")  # fmt: skip
axes[0, 0].set_ylim(1e-3, 10.0)
axes[0, 0].set_ylabel("density (bar: mass at zero)")
axes[1, 0].set_ylabel("posterior mean")
figure.tight_layout()
plt.show()

# %%
# Before any rows are seen: how much of the variance of a target 20 columns would explain, in draws
# from the prior.

for prior in (Laplace(), StudentT(), Horseshoe(), RegularizedHorseshoe(), SpikeSlab()):
    signal = (prior.sample(2000, 20, random_state=0) ** 2).sum(axis=1)
    share = np.quantile(signal / (1.0 + signal), [0.1, 0.5, 0.9])
    print(f"{type(prior).__name__:22} 10 %, 50 %, 90 % of draws: {share.round(2)}")
