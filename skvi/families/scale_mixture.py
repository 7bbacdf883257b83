"""Normal weights whose standard deviations are drawn from a common grid.

    w_j | k, m ~ N(0, unit_j^2 sd_k^2),   P(k | m) = exp(log_weight_mk),   P(m) = exp(log_common_m)

one ``k`` for every weight, or for every group of weights, and one ``m``, the value of a common
parameter, for all. On a logarithmic grid a sum over nodes is a trapezoid rule, whose error falls
exponentially with their density (0.35 in the logarithm: 2e-4 of the density, or less), so that this
one law stands for the Laplace, Student-t, horseshoe, spike-and-slab and further priors. A first
node of standard deviation zero is a spike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp, xlogy

__all__ = ["ScaleMixture", "normalised"]


class ScaleMixture(NamedTuple):
    """The prior of some weights, measured as the model measures them.

    Attributes
    ----------
    unit : ndarray of shape (n_weights,)
        What weights are measured in; positive.
    sd : ndarray of shape (n_nodes,)
        Increasing; the first may be zero.
    log_weight : ndarray of shape (n_common, n_nodes)
        Log probabilities of the nodes at each value of the common parameter.
    log_common : ndarray of shape (n_common,)
        Log probabilities of these.
    common : ndarray of shape (n_common,)
        The values.
    groups : ndarray of shape (n_weights,) or None
        Which weights share a node: numbers from zero; None where every weight has its own.
    learned : bool
        Whether the probabilities of the nodes are those with the largest bound, ``log_weight``
        being where they start.
    """

    unit: np.ndarray
    sd: np.ndarray
    log_weight: np.ndarray
    log_common: np.ndarray
    common: np.ndarray
    groups: np.ndarray | None = None
    learned: bool = False

    @property
    def has_spike(self):
        """Whether a weight can be exactly zero."""
        return bool(self.sd[0] == 0.0)

    @property
    def sizes(self):
        """Number of weights that share each node."""
        if self.groups is None:
            return np.ones(len(self.unit))
        return np.bincount(self.groups).astype(np.float64)

    def gathered(self, values):
        """Sums over the weights of each group."""
        return values if self.groups is None else np.bincount(self.groups, weights=values)

    def spread(self, values):
        """The value of its group for every weight."""
        return values if self.groups is None else values[self.groups]

    def expected_log_weight(self, common_weight):
        """Mean log probabilities of the nodes, of shape (n_nodes,)."""
        used = common_weight > 0.0
        return common_weight[used] @ self.log_weight[used]

    def common_factor(self, counts):
        """Factor of the common parameter where nodes have been taken so often.

        Parameters
        ----------
        counts : ndarray of shape (n_nodes,)

        Returns
        -------
        weight : ndarray of shape (n_common,)
            Its probabilities.
        log_weight : ndarray of shape (n_nodes,)
            Mean log probabilities of the nodes; the learned ones where they are.
        value : float
            Mean log probability of the nodes less the divergence of the factor.
        """
        if self.learned:
            log_weight = np.log(np.maximum(counts, 1e-300) / counts.sum())
            return np.ones(1), log_weight, float(np.sum(xlogy(counts, counts / counts.sum())))
        log_joint = self.log_common + self.log_weight @ counts
        normalizer = logsumexp(log_joint)
        weight = np.exp(log_joint - normalizer)
        return weight, self.expected_log_weight(weight), float(normalizer)

    def log_density(self, w):
        """Marginal log density of a weight of unit one; infinite at zero under a spike.

        Parameters
        ----------
        w : ndarray

        Returns
        -------
        ndarray of the shape of ``w``
        """
        weight = logsumexp(self.log_common[:, None] + self.log_weight, axis=0)
        start = int(self.has_spike)
        sd, square = self.sd[start:], np.asarray(w, dtype=np.float64)[..., None] ** 2
        terms = weight[start:] - np.log(sd) - 0.5 * np.log(2.0 * np.pi) - 0.5 * square / sd**2
        density = logsumexp(terms, axis=-1)
        return np.where(np.asarray(w) == 0.0, np.inf, density) if start else density

    def shrunk(self, estimate, precision=1.0):
        """Posterior mean of a weight of which there is one normal estimate.

        Parameters
        ----------
        estimate : ndarray
        precision : float, default=1.0
            Of the estimates, in units of the inverse square of the unit of the weight.

        Returns
        -------
        ndarray of the shape of ``estimate``
        """
        weight = logsumexp(self.log_common[:, None] + self.log_weight, axis=0)
        estimate = np.asarray(estimate, dtype=np.float64)[..., None]
        ratio = precision * self.sd**2
        log_odds = weight - 0.5 * np.log1p(ratio)
        log_odds = log_odds - 0.5 * precision * estimate**2 / (1.0 + ratio)
        probability = np.exp(log_odds - logsumexp(log_odds, axis=-1, keepdims=True))
        return np.sum(probability * estimate * ratio / (1.0 + ratio), axis=-1)

    def sample(self, n_samples, rng):
        """Draws of all weights.

        Parameters
        ----------
        n_samples : int
        rng : RandomState

        Returns
        -------
        ndarray of shape (n_samples, n_weights)
        """
        n_groups = len(self.sizes)
        common = rng.choice(len(self.common), size=n_samples, p=np.exp(self.log_common))
        cumulative = np.cumsum(np.exp(self.log_weight), axis=1)
        cumulative /= cumulative[:, -1:]
        uniform = rng.random_sample((n_samples, n_groups))
        node = np.empty((n_samples, n_groups), dtype=np.intp)
        for index, value in enumerate(common):
            node[index] = np.searchsorted(cumulative[value], uniform[index])
        node = np.minimum(node, len(self.sd) - 1)
        sd = self.sd[node] if self.groups is None else self.sd[node][:, self.groups]
        return rng.standard_normal(sd.shape) * sd * self.unit


def normalised(log_values):
    """Logarithms of probabilities in proportion to some values, over the last axis."""
    return log_values - logsumexp(log_values, axis=-1, keepdims=True)
