"""Gibbs steps that draw all weights at once, then all scales, then the common parameter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.noise import noise_factor

__all__ = ["BlockedSteps", "chosen"]


class BlockedState(NamedTuple):
    """Where a chain is.

    Attributes
    ----------
    weights : ndarray of shape (n_weights,)
    noise_variance : float
    mean, variance : ndarray of shape (n_weights,)
        Of the weights given the scales of the step.
    precision : ndarray of shape (n_weights,)
        Prior precisions of the next step.
    common : int
        Node of the common parameter.
    """

    weights: np.ndarray
    noise_variance: float
    mean: np.ndarray
    variance: np.ndarray
    precision: np.ndarray
    common: int

    @property
    def inclusion(self):
        """Probabilities of not being zero: one."""
        return np.ones(len(self.weights))


class BlockedSteps(NamedTuple):
    """Steps for a prior without a spike.

    Attributes
    ----------
    problem : Problem
    rng : RandomState
    """

    problem: object
    rng: object

    def begin(self, weights, noise_variance):
        """State at some weights: scales drawn given them."""
        common = int(chosen(self.problem.mixture.log_common[None], self.rng)[0])
        scales = self._scales(weights, noise_variance, common)
        return BlockedState(weights, noise_variance, weights, np.zeros(len(weights)), *scales)

    def advance(self, state):
        """State after a step."""
        problem = self.problem
        conditional = problem.quadratic.given(state.precision)
        squares = conditional.residual + float(state.precision @ conditional.mean**2)
        squares = max(squares, 1e-300)
        noise = noise_factor(problem.noise, problem.log_scale, problem.weight, squares)
        noise_variance = float(1.0 / noise.draws(self.rng, 1)[0])
        deviate = conditional.deviate(state.precision, self.rng)
        weights = conditional.mean + np.sqrt(noise_variance) * deviate
        variance = conditional.variance * noise.mean_variance
        scales = self._scales(weights, noise_variance, state.common)
        return BlockedState(weights, noise_variance, conditional.mean, variance, *scales)

    def _scales(self, weights, noise_variance, common):
        """Precisions of all weights and the node of the common parameter, drawn in turn."""
        mixture = self.problem.mixture
        squares = mixture.gathered(0.5 * weights**2 / noise_variance)
        log_q = mixture.log_weight[common] - mixture.sizes[:, None] * np.log(mixture.sd)
        node = chosen(log_q - squares[:, None] * mixture.sd**-2.0, self.rng)
        counts = np.bincount(node, minlength=len(mixture.sd))
        log_joint = mixture.log_common + mixture.log_weight @ counts
        common = int(chosen(log_joint[None], self.rng)[0])
        return mixture.spread(mixture.sd[node] ** -2.0), common


def chosen(log_weights, rng):
    """One column for every row, with probabilities in proportion to the exponentials."""
    uniform = np.maximum(rng.random_sample(log_weights.shape), 1e-300)
    return np.argmax(log_weights - np.log(-np.log(uniform)), axis=1)
