"""Scales of the weights' own, and the weights that go with them, for a site that stays as it is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.scales import local_factors

__all__ = ["MixtureScale", "settled_scales"]

_SWEEPS, _SETTLED = 12, 1e-3  # of the logarithms of precisions


class MixtureScale(NamedTuple):
    """Factors of the scales, in the terms of :class:`~skvi.models.linear_predictor.scale.Scale`.

    Attributes
    ----------
    precision : ndarray of shape (n_active,)
        Means of the inverse squares of the scales; one where a weight has none.
    log_precision : float
        Minus twice the mean logarithm of the scales, averaged over weights.
    divergence : float
    variance : float
        Not used.
    log_weight : ndarray of shape (n_nodes,)
    common : ndarray of shape (n_common,)
    """

    precision: np.ndarray
    log_precision: float
    divergence: float
    variance: float
    log_weight: np.ndarray
    common: np.ndarray


def settled_scales(prior, known, weights):
    """Weights and scales that agree, or nearly: sweeps of one and the other.

    Parameters
    ----------
    prior : Prior
        With a mixture.
    known : MixtureScale or None
        Where to begin.
    weights : callable
        ``weights(precision)`` gives the mean and the root of the covariance.

    Returns
    -------
    mean, root : ndarray
    scale : MixtureScale
    """
    mixture = prior.mixture
    if isinstance(known, MixtureScale):
        precision, log_weight = known.precision, known.log_weight
    else:
        precision = np.ones(len(prior.mean))
        precision[prior.features] = max(float(len(mixture.unit)), 1.0)
        log_weight = mixture.expected_log_weight(np.exp(mixture.log_common))
    for _ in range(_SWEEPS):
        mean, root = weights(precision)
        scale = _factors(prior, mean, root, log_weight)
        ratio = scale.precision[prior.features] / precision[prior.features]
        precision, log_weight = scale.precision, scale.log_weight
        if np.max(np.abs(np.log(ratio)), initial=0.0) < _SETTLED:
            break
    return mean, root, scale


def _factors(prior, mean, root, log_weight):
    mixture, features = prior.mixture, prior.features
    if root.ndim == 1:
        variance = root**2
    elif root.ndim == 3:
        variance = np.einsum("kij,kij->kj", root, root).ravel()
    else:
        variance = np.einsum("ij,ij->j", root, root)
    squares = prior.scaled * ((mean - prior.mean) ** 2 + variance)
    local = local_factors(mixture, 0.5 * squares[features], log_weight)
    common, log_weight, value = mixture.common_factor(local.counts)
    precision = np.ones(len(mean))
    precision[features] = mixture.spread(local.precision)
    log_precision = -2.0 * float(mixture.sizes @ local.log_sd) / max(prior.n_scaled, 1)
    divergence = -(local.entropy + value)
    return MixtureScale(precision, log_precision, divergence, 1.0, log_weight, common)
