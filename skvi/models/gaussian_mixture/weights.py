"""Weights of the components: Dirichlet, or truncated sticks of a Dirichlet or Pitman-Yor process.

Sticks are ordered: which component stands on which stick is part of the posterior, since the
processes put large components first. The bound is

    sum_k log Gamma(1 - d + N_k) - sum_{1 < k < K} log(a + (k - 1) d + R_k)
        + log Gamma(a + (K - 1) d + N_K) - log Gamma(1 - d + N_K) + constant

with ``R_k`` the weight of the rows on sticks k..K. Given the component on the last stick, the
others are best put in decreasing order (Kurihara, Welling and Teh, 2007); the last stick of a
truncation takes all that is left, so each component is tried there.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import gammaln

from skvi.families.dirichlet import Dirichlet

__all__ = ["Weights", "expected_log", "expected_weights", "initial", "updated"]


class Weights(NamedTuple):
    """Distribution of the mixture weights.

    Attributes
    ----------
    distribution : Dirichlet or StickBreaking
    order : ndarray of shape (K,)
        ``order[j]`` is the component on stick ``j``; the identity for a Dirichlet.
    log_normalizer : float
    """

    distribution: Any
    order: np.ndarray
    log_normalizer: float


def initial(distribution):
    """Prior weights.

    Parameters
    ----------
    distribution : Dirichlet or StickBreaking

    Returns
    -------
    Weights
    """
    order = np.arange(distribution[0].shape[0])
    return Weights(distribution, order, float(distribution.log_normalizer()))


def updated(prior, counts):
    """Posterior weights.

    Parameters
    ----------
    prior : Weights
    counts : ndarray of shape (K,)
        Expected weight of the rows of every component.

    Returns
    -------
    Weights
    """
    counts = np.maximum(counts, 0.0)
    order = prior.order
    if not isinstance(prior.distribution, Dirichlet):
        order = _best_order(prior.distribution, counts)
    distribution = prior.distribution.updated(counts[order])
    return Weights(distribution, order, float(distribution.log_normalizer()))


def expected_log(weights):
    """``E log pi_k`` by component, of shape (K,)."""
    return _by_component(weights.distribution.expected_log(), weights.order)


def expected_weights(weights):
    """``E pi_k`` by component, of shape (K,)."""
    distribution = weights.distribution
    if isinstance(distribution, Dirichlet):
        return distribution.expected_value()
    return _by_component(distribution.expected_weights(), weights.order)


def _by_component(values, order):
    result = np.empty_like(values)
    result[order] = values
    return result


def _best_order(prior, counts):
    """Component on every stick that makes the bound largest; ties keep the lower index first."""
    order = np.argsort(-counts, kind="stable")
    n_components = order.shape[0]
    if n_components == 1:
        return order
    size = counts[order]
    tail = np.append(np.cumsum(size[::-1])[::-1], 0.0)
    stick, last = np.arange(1, n_components - 1), np.arange(n_components)[:, None]
    rest = np.where(stick <= last, tail[stick], tail[stick + 1] + size[:, None])
    score = gammaln(prior.failure[-2] + size) - gammaln(prior.success[-1] + size)
    score -= np.log(prior.failure[:-2] + rest).sum(axis=1)
    chosen = n_components - 1 - int(np.argmax(score[::-1]))
    return np.append(np.delete(order, chosen), order[chosen])
