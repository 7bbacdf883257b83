"""Conditional refresh: draws of the scales, and exact posteriors of the weights given them.

Factorised posteriors have variances that are too small, as weights and their scales are cut apart.
``E_q p(w | scales, y)`` is closer to the truth, jointly, than the factor ``q(w)`` whatever the
problem. Here some chains begin at draws of ``q`` and take Gibbs steps, of which the first are left
out: what remains of the error of ``q`` after that is small, and the rest are dependent draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.blocked_steps import BlockedSteps
from skvi.models.shrinkage.single_sites import SingleSites

__all__ = ["Refreshed", "refreshed"]

_CHAINS, _LEFT_OUT = 4, 100
_FEWEST, _MOST, _SITES = 3, 15, 20  # steps from one draw to the next
_SECONDS, _OF_STEP, _OF_PRODUCT = 0.8, 1e-4, 2e-10  # wanted; of a step, as it was measured


class Refreshed(NamedTuple):
    """Draws, and the moments of the weights given the scales at each of them.

    Attributes
    ----------
    draws : ndarray of shape (n_draws, n_weights)
        In the weights' unit.
    noise_variance : ndarray of shape (n_draws,)
    mean, variance : ndarray of shape (n_draws, n_weights)
        Of the weights, given all but them (but for themselves, where they can be zero).
    inclusion : ndarray of shape (n_weights,)
        Probabilities of not being zero.
    """

    draws: np.ndarray
    noise_variance: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    inclusion: np.ndarray


def refreshed(problem, start, n_draws, rng):
    """Draws from the posterior, by chains that begin at draws of the factors.

    Parameters
    ----------
    problem : Problem
    start : callable
        ``start(rng)`` gives a draw of the weights, and one of the noise variance, from ``q``.
    n_draws : int
    rng : RandomState

    Returns
    -------
    Refreshed
    """
    mixture = problem.mixture
    chains = min(_CHAINS, n_draws)
    steps = (SingleSites if mixture.has_spike else BlockedSteps)(problem, rng)
    every = _SITES if mixture.has_spike else _between(problem, n_draws)
    kept, inclusion, n_seen = [], 0.0, 0
    for chain in range(chains):
        count = n_draws // chains + (chain < n_draws % chains)
        state = steps.begin(*start(rng))
        for step in range(_LEFT_OUT + every * count):
            state = steps.advance(state)
            if step >= _LEFT_OUT:
                inclusion, n_seen = inclusion + state.inclusion, n_seen + 1
            if step >= _LEFT_OUT and (step - _LEFT_OUT + 1) % every == 0:
                kept.append(state)
    return Refreshed(
        np.array([state.weights for state in kept]),
        np.array([state.noise_variance for state in kept]),
        np.array([state.mean for state in kept]),
        np.array([state.variance for state in kept]),
        inclusion / n_seen,
    )


def _between(problem, n_draws):
    """Steps from one draw to the next: as many as take no time to speak of."""
    n_rows, p = len(problem.quadratic.columns[0]), len(problem.mixture.unit)
    seconds = _OF_STEP + _OF_PRODUCT * float(min(n_rows, p)) ** 2 * p
    return int(np.clip(_SECONDS / (n_draws * seconds), _FEWEST, _MOST))
