"""Conditional refresh: draws of the scales, and exact posteriors of the weights given them.

Factorised posteriors have variances that are too small, as weights and their scales are cut apart.
``E_q p(w | scales, y)`` is closer to the truth, jointly, than the factor ``q(w)`` whatever the
problem. Here some chains begin at draws of ``q`` and take Gibbs steps, of which the first are left
out: what remains of the error of ``q`` after that is small, and the rest are dependent draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.gibbs import single_sites
from skvi.models.shrinkage.noise import noise_factor

__all__ = ["Refreshed", "refreshed"]

_CHAINS, _LEFT_OUT, _STEPS = 8, 40, 2
_SITES = 10  # steps are cheaper there, and shorter


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
    steps = single_sites(problem, rng) if mixture.has_spike else _blocked(problem, rng)
    every = _STEPS * (_SITES if mixture.has_spike else 1)
    kept = []
    for chain in range(chains):
        count = n_draws // chains + (chain < n_draws % chains)
        state = steps.begin(*start(rng))
        for step in range(_LEFT_OUT + every * count):
            state = steps.advance(state)
            if step >= _LEFT_OUT and (step - _LEFT_OUT + 1) % every == 0:
                kept.append(steps.shown(state))
    draws, noise_variance, mean, variance, inclusion = (
        np.array(part) for part in zip(*kept, strict=True)
    )
    return Refreshed(draws, noise_variance, mean, variance, np.mean(inclusion, axis=0))


class _blocked(NamedTuple):
    """Steps that draw all weights at once, then all scales, then the common parameter."""

    problem: object
    rng: object

    def begin(self, weights, noise_variance):
        """State at some weights: scales drawn given them."""
        mixture = self.problem.mixture
        common = self._choice(mixture.log_common[None])[0]
        return self._with_scales(weights, noise_variance, common)

    def advance(self, state):
        """State after a step."""
        problem, mixture, rng = self.problem, self.problem.mixture, self.rng
        precision, common = state[4], state[5]
        conditional = problem.quadratic.given(precision)
        squares = conditional.residual + float(precision @ conditional.mean**2)
        noise = noise_factor(problem.noise, problem.log_scale, problem.weight, squares)
        noise_variance = 1.0 / noise.draws(rng, 1)[0]
        deviate = np.sqrt(noise_variance) * conditional.deviate(precision, rng)
        weights = conditional.mean + deviate
        following = self._with_scales(weights, noise_variance, common)
        expected = conditional.variance * (noise.weight @ _mean_variance(noise))
        return (weights, noise_variance, conditional.mean, expected, *following[4:])

    def shown(self, state):
        """What is kept of a state."""
        return (*state[:4], np.ones(len(state[0])))

    def _with_scales(self, weights, noise_variance, common):
        mixture = self.problem.mixture
        squares = mixture.gathered(0.5 * weights**2 / noise_variance)
        log_q = mixture.log_weight[common] - mixture.sizes[:, None] * np.log(mixture.sd)
        node = self._choice(log_q - squares[:, None] * mixture.sd**-2.0)
        counts = np.bincount(node, minlength=len(mixture.sd))
        common = self._choice((mixture.log_common + mixture.log_weight @ counts)[None])[0]
        precision = mixture.spread(mixture.sd[node] ** -2.0)
        return weights, noise_variance, None, None, precision, common

    def _choice(self, log_weights):
        """One node for every row, with probabilities in proportion to exponentials."""
        uniform = np.maximum(self.rng.random_sample(log_weights.shape), 1e-300)
        return np.argmax(log_weights - np.log(-np.log(uniform)), axis=1)


def _mean_variance(noise):
    """Mean noise variance at every piece; that of the mean precision where there is none."""
    if np.isinf(noise.shape) or noise.shape <= 1.0:
        return noise.variance
    return noise.variance * noise.shape / (noise.shape - 1.0)
