"""Family "gaussian": a joint normal of the weights given the noise, free factors of their scales.

    q(w, sigma^2) q(k_1) ... q(k_G) q(m)

Given the expected precisions ``t`` of the weights, ``q(w, sigma^2)`` is the posterior of a linear
regression with these precisions, exactly; given that, the scales have the factors of
:mod:`skvi.models.shrinkage.scales`. One sweep does both and the common parameter; the bound is that
of the factors it leaves. As sweeps can be slow, each scale and its weights are taken on to where
they agree while the others stay, and a sweep from there that lowers the bound is taken back.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.shrinkage.noise import NoiseFactor, noise_factor
from skvi.models.shrinkage.quadratic import Conditional
from skvi.models.shrinkage.scales import local_factors, settled_precisions

__all__ = ["GaussianFactors", "Problem", "gaussian_sweep"]

_ROUNDING = 1e-10


class Problem(NamedTuple):
    """What does not change while factors do.

    Attributes
    ----------
    quadratic : Gram or Root
    mixture : ScaleMixture
    noise : prior object
    log_scale : float
        Logarithm of the unit of the target.
    weight : float
        Number of rows.
    constant : float
        Of the log likelihood and the intercept.
    """

    quadratic: object
    mixture: object
    noise: object
    log_scale: float
    weight: float
    constant: float


class GaussianFactors(NamedTuple):
    """Factors after a sweep.

    Attributes
    ----------
    precision : ndarray of shape (n_weights,)
        Expected prior precisions that ``q(w, sigma^2)`` belongs to.
    conditional : Conditional
    noise : NoiseFactor
    common : ndarray of shape (n_common,)
    log_weight : ndarray of shape (n_nodes,)
    half_squares : ndarray of shape (n_weights,)
    following, proposed : ndarray of shape (n_weights,)
        Precisions that the next sweep takes where it must not fall, and those it tries first.
    terms : dict of str to float
    """

    precision: np.ndarray
    conditional: Conditional
    noise: NoiseFactor
    common: np.ndarray
    log_weight: np.ndarray
    half_squares: np.ndarray
    following: np.ndarray
    proposed: np.ndarray
    terms: dict

    @property
    def bound(self):
        """Sum of the terms."""
        return sum(self.terms.values())


def gaussian_sweep(problem, factors=None):
    """Factors after one more sweep, or the first.

    Parameters
    ----------
    problem : Problem
    factors : GaussianFactors or None, default=None

    Returns
    -------
    GaussianFactors
    """
    mixture = problem.mixture
    if factors is None:
        start = np.full(len(mixture.unit), float(len(mixture.unit)))
        return _swept(problem, start, mixture.expected_log_weight(np.exp(mixture.log_common)))
    tried = _swept(problem, factors.proposed, factors.log_weight)
    if tried.bound >= factors.bound - _ROUNDING * (1.0 + abs(factors.bound)):
        return tried
    return _swept(problem, factors.following, factors.log_weight)


def _swept(problem, precision, log_weight):
    mixture, quadratic = problem.mixture, problem.quadratic
    conditional = quadratic.given(precision)
    penalty = float(precision @ conditional.mean**2)
    squares = max(conditional.residual + penalty, 1e-300)
    noise = noise_factor(problem.noise, problem.log_scale, problem.weight, squares)
    half_squares = 0.5 * (conditional.variance + noise.precision * conditional.mean**2)
    local = local_factors(mixture, half_squares, log_weight)
    common, log_weight, value = mixture.common_factor(local.counts)
    following = mixture.spread(local.precision)
    terms = _terms(problem, precision, conditional, noise, squares, half_squares, local, value)
    proposed = _proposal(mixture, precision, conditional, noise, following, log_weight)
    return GaussianFactors(
        precision,
        conditional,
        noise,
        common,
        log_weight,
        half_squares,
        following,
        proposed,
        terms,
    )


def _proposal(mixture, precision, conditional, noise, following, log_weight):
    inverse = 1.0 / conditional.variance
    data_precision = np.maximum(inverse - precision, 1e-12 * inverse)
    pull = conditional.mean * inverse
    known = data_precision, pull, noise.precision, log_weight
    return settled_precisions(mixture, following, *known)


def _terms(problem, precision, conditional, noise, squares, half_squares, local, value):
    """The bound, term by term."""
    mixture, n = problem.mixture, problem.weight
    p = len(precision)
    spread = p - float(precision @ conditional.variance)  # trace of the covariance and products
    likelihood = problem.constant + 0.5 * n * noise.log_precision
    likelihood -= 0.5 * (noise.precision * conditional.residual + spread)
    prior_square = float(half_squares @ mixture.spread(local.precision))
    log_sd = float(mixture.sizes @ local.log_sd)
    coef = 0.5 * p + 0.5 * conditional.log_det - log_sd - prior_square
    expected = 0.5 * n * noise.log_precision - 0.5 * noise.precision * squares
    return {
        "expected_log_likelihood": likelihood,
        "coef": coef,
        "noise": noise.log_integral - expected,
        "scale": local.entropy + value,
    }
