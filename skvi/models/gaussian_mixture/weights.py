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
from scipy.special import gammaln, psi

from skvi.families.dirichlet import Dirichlet

__all__ = ["Weights", "concentration", "describe", "expected_weights", "updated"]


class Weights(NamedTuple):
    """Distribution of the mixture weights.

    Attributes
    ----------
    distribution : Dirichlet or StickBreaking
    order : ndarray of shape (K,)
        ``order[j]`` is the component on stick ``j``; the identity for a Dirichlet.
    expected_log : ndarray of shape (K,)
        ``E log pi_k`` by component.
    log_normalizer : float
    """

    distribution: Any
    order: np.ndarray
    expected_log: np.ndarray
    log_normalizer: float


def describe(distribution, order=None):
    """Weights with their expected logarithms and log-normaliser.

    Parameters
    ----------
    distribution : Dirichlet or StickBreaking
    order : ndarray of shape (K,), default=None
        Component on every stick; None: in the order of the components.

    Returns
    -------
    Weights
    """
    if order is None:
        order = np.arange(distribution[0].shape[0])
    if isinstance(distribution, Dirichlet):
        values = np.append(distribution.concentration, distribution.concentration.sum())
        log_gamma, expected = gammaln(values), psi(values)
        log_normalizer = float(log_gamma[:-1].sum() - log_gamma[-1])
        return Weights(distribution, order, expected[:-1] - expected[-1], log_normalizer)
    values = np.array([*distribution, distribution.success + distribution.failure])
    if distribution.failure[-1] == 0.0:
        # A truncated stick is one for certain: these numbers make it contribute nothing.
        values[:, -1] = 1.0
    success, failure, both = gammaln(values)
    log_stick, log_rest, log_both = psi(values)
    expected = log_stick - log_both
    expected[1:] += np.cumsum(log_rest - log_both)[:-1]
    log_normalizer = float(np.sum(success + failure - both))
    return Weights(distribution, order, _by_component(expected, order), log_normalizer)


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
    if isinstance(prior.distribution, Dirichlet):
        return describe(prior.distribution.updated(counts), prior.order)
    order = _best_order(prior.distribution, counts)
    return describe(prior.distribution.updated(counts[order]), order)


def expected_weights(weights):
    """``E pi_k`` by component, of shape (K,)."""
    distribution = weights.distribution
    if isinstance(distribution, Dirichlet):
        return distribution.expected_value()
    return _by_component(distribution.expected_weights(), weights.order)


def concentration(weights):
    """Parameters of the Dirichlet, of shape (K,), or both of each stick, by component."""
    distribution = weights.distribution
    if isinstance(distribution, Dirichlet):
        return distribution.concentration
    return tuple(_by_component(field, weights.order) for field in distribution)


def _by_component(values, order):
    result = np.empty_like(values)
    result[order] = values
    return result


def _best_order(prior, counts):
    """Component on every stick that makes the bound largest; ties keep the lower index first."""
    order = np.argsort(-counts, kind="stable")
    n_components = order.shape[0]
    if n_components == 1 or prior.failure[-2] <= prior.success[-1]:
        # Nothing gains from a large last component.
        return order
    size = counts[order]
    tail = np.append(np.cumsum(size[::-1])[::-1], 0.0)
    stick, last = np.arange(1, n_components - 1), np.arange(n_components)[:, None]
    rest = np.where(stick <= last, tail[stick], tail[stick + 1] + size[:, None])
    score = gammaln(prior.failure[-2] + size) - gammaln(prior.success[-1] + size)
    score -= np.log(prior.failure[:-2] + rest).sum(axis=1)
    chosen = n_components - 1 - int(np.argmax(score[::-1]))
    return np.append(np.delete(order, chosen), order[chosen])
