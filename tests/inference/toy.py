"""A mixture of two known normals with unknown weights: the smallest model with local latents.

x_i | z_i ~ N(location[z_i], 1), z_i ~ Categorical(weights), weights ~ Dirichlet(1, 1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln, logsumexp


class Counts(NamedTuple):
    count: np.ndarray
    row_bound: np.ndarray


class Weights(NamedTuple):
    concentration: np.ndarray


class ToyMixture:
    rereads_rows = True

    def __init__(self, location=(-1.0, 1.0)):
        self.location_ = np.array(location)

    def prior(self, facts):
        return Weights(np.ones(2))

    def start(self, blocks, rng):
        return Counts(np.array([blocks.total_weight, 0.0]), np.array(-1e300))

    def summarize(self, block, posterior):
        c = posterior.concentration
        logits = digamma(c) - digamma(c.sum()) - 0.5 * (block.X - self.location_) ** 2
        logits -= 0.5 * np.log(2 * np.pi)
        log_norm = logsumexp(logits, axis=1, keepdims=True)
        resp = np.exp(logits - log_norm)
        density = -0.5 * (block.X - self.location_) ** 2 - 0.5 * np.log(2 * np.pi)
        entropy = -np.sum(resp * (logits - log_norm), axis=1)
        row = np.sum(resp * density, axis=1) + entropy
        return Counts(block.weights @ resp, np.array(block.weights @ row))

    def update(self, prior, summary, posterior=None):
        return Weights(prior.concentration + summary.count)

    def bound(self, prior, posterior, summary):
        a, b = prior.concentration, posterior.concentration
        log_z = [np.sum(gammaln(c)) - gammaln(np.sum(c)) for c in (a, b)]
        return {"rows": float(summary.row_bound), "weights": float(log_z[1] - log_z[0])}

    def location(self, posterior):
        c = posterior.concentration
        mean = c / c.sum()
        return mean, np.sqrt(mean * (1 - mean) / (1 + c.sum()))
