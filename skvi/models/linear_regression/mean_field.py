"""The factorised posterior: q(w, intercept) q(sigma^2) q(alpha), by coordinate ascent.

In the eigenbasis, with ``t = 1 / sigma^2`` and ``a`` the prior precision relative to the noise,

    q(w) :      coordinates N(sqrt(d) g / (d + a), 1 / (E t (d + a)))
    q(sigma^2): p(sigma^2) exp(-count/2 v - squares/2 exp(-v)),   v = log sigma^2
    q(alpha) :  p(u) exp(p/2 u - 1/2 exp(u) E t E|w|^2),          u = log alpha

where ``squares`` is the expected residual (and prior) sum of squares. The noise factor is a Gamma
of ``t`` under a conjugate prior; other factors are free-form, on nodes. One sweep costs O(rank).
The priors are those of the structured posterior, whose bound this one never exceeds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import digamma, gammaln

from skvi.models.linear_regression.mean_field_bound import mean_field_terms
from skvi.models.linear_regression.posterior import Posterior, pad
from skvi.models.linear_regression.prior import INTERCEPT_PRECISION
from skvi.models.linear_regression.structured import fixed_precision
from skvi.numerics.quadrature import integrate_log_density
from skvi.priors.ridge import log_density_of_log_precision

__all__ = ["NoiseFactor", "ScaleFactor", "State", "expanded", "sweep"]


class NoiseFactor(NamedTuple):
    """q of the noise: moments of its precision, divergence from the prior, and its nodes.

    ``shape`` and ``rate`` describe a Gamma of the precision; where they are NaN the factor lives on
    the nodes ``log_variance`` with probabilities ``weight``.
    """

    precision: float
    log_precision: float
    divergence: float
    shape: float
    rate: float
    log_variance: np.ndarray
    weight: np.ndarray


class ScaleFactor(NamedTuple):
    """q of the prior precision: its mean, the mean of its log, divergence from the prior."""

    precision: float
    log_precision: float
    divergence: float


class State(NamedTuple):
    """Factors of one target; ``noise_at_weights`` and ``ratio`` define q of the weights."""

    noise_at_weights: float
    ratio: float
    noise: NoiseFactor
    scale: ScaleFactor


class WeightMoments(NamedTuple):
    """Expected sums of squares under q of the weights.

    Attributes
    ----------
    residual : float
        Residual sum of squares.
    norm : float
        Sum of squares of the coordinates.
    intercept : float
        Variance of the intercept.
    """

    residual: float
    norm: float
    intercept: float


def sweep(spectrum, form, targets, posterior=None):
    """One coordinate sweep over all factors of every target.

    Parameters
    ----------
    spectrum : Spectrum
    form : GaussianForm
    targets : list of Target
    posterior : Posterior or None, default=None
        The previous posterior; None starts from equal parts of signal and noise.

    Returns
    -------
    Posterior
    """
    previous = [None] * len(targets) if posterior is None else posterior.state
    states, terms = [], []
    for target, state in zip(targets, previous, strict=True):
        state, term = _sweep_target(target, form, state, spectrum)
        states.append(state)
        terms.append(term)
    return Posterior(
        spectrum,
        np.ones((len(states), 1)),
        np.array([[state.ratio] for state in states]),
        np.array([[1.0 / state.noise.precision] for state in states]),
        np.array([[1.0 / state.noise_at_weights] for state in states]),
        np.full((len(states), 1), np.inf),
        np.stack(terms),
        targets[0].fit_intercept,
        tuple(states),
    )


def expanded(posterior):
    """The posterior with the noise of a mean-field fit spread over nodes; others unchanged."""
    if not posterior.state:
        return posterior
    nodes = [_noise_nodes(state.noise) for state in posterior.state]
    variance = pad([np.exp(position) for position, _ in nodes])
    weight = pad([weight for _, weight in nodes], 0.0)
    wide = np.ones(variance.shape[1])
    return posterior._replace(
        weight=weight,
        precision=posterior.precision * wide,
        noise_variance=variance,
        coefficient_variance=posterior.coefficient_variance * wide,
        degrees_of_freedom=np.full(variance.shape, np.inf),
    )


def _sweep_target(target, form, state, spectrum):
    noise, scale = (state.noise, state.scale) if state else _start(target, form)
    ratio = _ratio(form, noise, scale)
    moments = _weight_moments(target, noise.precision, ratio)
    at_weights = noise.precision
    noise = _update_noise(target, form, moments, scale)
    scale = _update_scale(target, form, moments, noise)
    state = State(at_weights, ratio, noise, scale)
    return state, mean_field_terms(target, form, state, moments, spectrum)


def _start(target, form):
    signal = np.sum(target.coordinates**2)
    variance = (target.residual + 0.5 * signal) / target.weight or 1.0
    noise = NoiseFactor(1.0 / variance, 0.0, 0.0, np.nan, np.nan, np.empty(0), np.empty(0))
    log_precision = form.log_precision_location + target.log_precision_shift
    precision = fixed_precision(target, form)
    if np.isnan(precision):
        precision = np.exp(log_precision)
    return noise, ScaleFactor(precision, 0.0, 0.0)


def _ratio(form, noise, scale):
    """Prior precision of the coordinates relative to the expected noise precision."""
    return scale.precision if form.scaled_by_noise else scale.precision / noise.precision


def _weight_moments(target, noise_precision, ratio):
    d, g = target.eigenvalues, target.coordinates
    shrinkage = ratio / (d + ratio)
    variance = 1.0 / noise_precision
    residual = target.residual + np.sum((g * shrinkage) ** 2) + variance * np.sum(1.0 - shrinkage)
    n_null = target.n_features - d.shape[0]
    spread = np.sum(1.0 / (d + ratio)) + (n_null / ratio if n_null else 0.0)
    norm = np.sum(d * (g / (d + ratio)) ** 2) + variance * spread
    intercept = variance / (target.weight + INTERCEPT_PRECISION) if target.fit_intercept else 0.0
    return WeightMoments(float(residual), float(norm), intercept)


def _update_noise(target, form, moments, scale):
    count, squares = target.weight, moments.residual
    if target.fit_intercept:
        count = count + 1.0
        squares = squares + (target.weight + INTERCEPT_PRECISION) * moments.intercept
    if form.scaled_by_noise and not target.n_flat:
        count = count + target.n_features
        squares = squares + scale.precision * moments.norm
    if target.conjugate is not None and np.ndim(target.conjugate.rate) == 0:
        return _gamma_noise(target.conjugate, 0.5 * count, 0.5 * squares)

    def log_likelihood(log_variance):
        return -0.5 * count * log_variance - 0.5 * squares * np.exp(-log_variance)

    def log_joint(log_variance):
        return log_likelihood(log_variance) + target.log_density_of_log_variance(log_variance)

    nodes = integrate_log_density(log_joint, np.log(squares / count), scale=np.sqrt(2.0 / count))
    weight = np.exp(nodes.log_weight)
    divergence = float(weight @ log_likelihood(nodes.position)) - nodes.log_normalizer
    precision = float(weight @ np.exp(-nodes.position))
    log_precision = -float(weight @ nodes.position)
    return NoiseFactor(precision, log_precision, divergence, np.nan, np.nan, nodes.position, weight)


def _gamma_noise(prior, half_count, half_squares):
    shape, rate = prior.shape + half_count, prior.rate + half_squares
    precision, log_precision = shape / rate, digamma(shape) - np.log(rate)
    entropy = shape - np.log(rate) + gammaln(shape) + (1.0 - shape) * digamma(shape)
    cross = prior.log_constant + (prior.shape - 1.0) * log_precision - prior.rate * precision
    empty = np.empty(0)
    return NoiseFactor(precision, log_precision, -entropy - cross, shape, rate, empty, empty)


def _update_scale(target, form, moments, noise):
    if not np.isnan(form.precision):
        precision = fixed_precision(target, form)
        return ScaleFactor(precision, np.log(precision) if precision > 0.0 else 0.0, 0.0)
    location = form.log_precision_location + target.log_precision_shift
    half_count, half_squares = 0.5 * target.n_features, 0.5 * noise.precision * moments.norm

    def log_likelihood(log_precision):
        return half_count * log_precision - half_squares * np.exp(log_precision)

    def log_joint(log_precision):
        prior = log_density_of_log_precision(log_precision, location)
        return log_likelihood(log_precision) + prior

    start = np.log(half_count / half_squares)
    nodes = integrate_log_density(log_joint, start, scale=1.0 / np.sqrt(half_count))
    weight = np.exp(nodes.log_weight)
    divergence = float(weight @ log_likelihood(nodes.position)) - nodes.log_normalizer
    precision = float(weight @ np.exp(nodes.position))
    return ScaleFactor(precision, float(weight @ nodes.position), divergence)


def _noise_nodes(noise):
    if np.isnan(noise.shape):
        keep = noise.weight > 1e-12
        return noise.log_variance[keep], noise.weight[keep] / noise.weight[keep].sum()

    def log_density(log_variance):
        return -noise.shape * log_variance - noise.rate * np.exp(-log_variance)

    start = np.log(noise.rate / noise.shape)
    nodes = integrate_log_density(log_density, start, scale=1.0 / np.sqrt(noise.shape))
    weight = np.exp(nodes.log_weight)
    keep = weight > 1e-12
    return nodes.position[keep], weight[keep] / weight[keep].sum()
