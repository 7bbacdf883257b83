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

__all__ = ["Weights", "best_order", "concentration", "describe", "expected_weights", "updated"]


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
        Leading axes are several mixtures at once.
    order : ndarray of shape (..., K), default=None
        Component on every stick; None: in the order of the components.

    Returns
    -------
    Weights
    """
    if order is None:
        order = np.arange(distribution[0].shape[-1])
    if isinstance(distribution, Dirichlet):
        values = distribution.concentration
        whole = values.sum(axis=-1)
        log_normalizer = gammaln(values).sum(axis=-1) - gammaln(whole)
        return Weights(distribution, order, psi(values) - psi(whole)[..., None], log_normalizer)
    values = np.array([*distribution, distribution.success + distribution.failure])
    if distribution.failure.item(-1) == 0.0:
        # A truncated stick is one for certain: these numbers make it contribute nothing.
        values[..., -1] = 1.0
    success, failure, both = gammaln(values)
    log_stick, log_rest, log_both = psi(values)
    expected = log_stick - log_both
    log_rest -= log_both
    expected[..., 1:] += log_rest.cumsum(axis=-1)[..., :-1]
    success += failure
    success -= both
    log_normalizer = success.sum(axis=-1)
    return Weights(distribution, order, _by_component(expected, order), log_normalizer)


def updated(prior, counts):
    """Posterior weights.

    Parameters
    ----------
    prior : Weights
    counts : ndarray of shape (..., K)
        Expected weight of the rows of every component; leading axes are several mixtures at once.

    Returns
    -------
    Weights
    """
    counts = np.maximum(counts, 0.0)
    if isinstance(prior.distribution, Dirichlet):
        return describe(prior.distribution.updated(counts), prior.order)
    order = best_order(prior.distribution, counts)
    return describe(prior.distribution.updated(_in_order(counts, order)), order)


def best_order(prior, counts):
    """Component on every stick that makes the bound largest; ties keep the lower index first.

    Parameters
    ----------
    prior : StickBreaking
    counts : ndarray of shape (..., K)

    Returns
    -------
    ndarray of shape (..., K)
    """
    order = (-counts).argsort(axis=-1, kind="stable")
    n_components = order.shape[-1]
    if n_components == 1 or prior.failure[-2] <= prior.success[-1]:
        # Nothing gains from a large last component.
        return order
    size = _in_order(counts, order)
    tail = np.zeros((*size.shape[:-1], n_components + 1))
    tail[..., :-1] = size[..., ::-1].cumsum(axis=-1)[..., ::-1]
    stick, last = np.arange(1, n_components - 1), np.arange(n_components)[:, None]
    without = tail[..., None, stick + 1] + size[..., None]
    rest = np.where(stick <= last, tail[..., None, stick], without)
    score = gammaln(prior.failure[-2] + size) - gammaln(prior.success[-1] + size)
    score -= np.log(prior.failure[:-2] + rest).sum(axis=-1)
    chosen = n_components - 1 - score[..., ::-1].argmax(axis=-1)[..., None]
    others = np.arange(n_components - 1)
    others = others + (others >= chosen)
    return _in_order(order, np.concatenate([others, chosen], axis=-1))


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
    result = np.empty(values.shape)
    result[_places(order)] = values
    return result


def _in_order(values, order):
    return values[_places(order)]


def _places(order):
    """The index that ``order`` is of the last axis, beside its leading axes."""
    if order.ndim == 1:
        return order
    sizes = order.shape[:-1]
    leading = (np.arange(n).reshape(-1, *[1] * (len(sizes) - i)) for i, n in enumerate(sizes))
    return *leading, order
