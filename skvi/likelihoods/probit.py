"""Bernoulli and binomial targets with the normal distribution function as link.

The expectation of ``log Phi`` is a quadrature. The nearest singularities of the integrand are the
first complex zeros of ``Phi``, 2.8 off the real line: Gauss-Hermite rules converge quickly while
the deviation of the predictor is below that, and beyond it the trapezoid rule with a step of 0.64
has errors of the order of ``exp(-2 pi 2.8 / 0.64) = 1e-12`` times the integrand's size that far off
the line, 2e-10 of the value in all (Trefethen and Weideman, "The exponentially
convergent trapezoidal rule", SIAM Review 56, 2014). One rule serves 64 neighbouring rows, that of
the largest variance; all three results come from the same nodes.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import log_ndtr, ndtr, ndtri
from scipy.stats import binom

from skvi.likelihoods._base import Likelihood
from skvi.likelihoods.bernoulli import binomial_columns, whole_trials
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.special.bits import select
from skvi.numerics.special.elementary import exp, log_normal
from skvi.numerics.special.normal import upper_erfcx

__all__ = ["Probit"]

_CHUNK = 64
_SQRT_HALF = 0.7071067811865476
_INVERSE_SQRT_2PI = 0.3989422804014327
_SQRT_2_OVER_PI = 0.7978845608028654
_FAR = 150.0  # where the asymptotic series has more digits than a difference
_FARTHEST = 1e100

_LIMITS = np.array([0.3, 0.5, 0.8, 1.1])  # deviations up to which a rule is right to 1e-10
_RULES = [hermegauss(n) for n in (10, 16, 24, 32)]
_ENDS = np.cumsum([0] + [len(nodes) for nodes, _ in _RULES])
_NODES = np.concatenate([nodes for nodes, _ in _RULES])
_WEIGHTS = np.concatenate([weights / weights.sum() for _, weights in _RULES])
_STEP = 0.64
_REACH = 7.3
_MOST_NODES = 2000  # on either side: right up to deviations of 200


class Probit(Likelihood):
    """Successes among trials (one trial a row, unless an exposure counts more) with probit eta.

    ``y ~ Binomial(trials, Phi(eta))``.
    """

    exposure = "trials"
    discrete = True
    positive_only = True

    def columns(self, y, exposure=None):
        """Successes, trials and the logarithm of the binomial coefficient."""
        return binomial_columns(y, exposure)

    def statistics(self, y, weights):
        """Successes and trials."""
        return np.array([weights @ y[:, 0], weights @ y[:, 1]])

    def begin(self, statistics):
        """Probit of the share of successes, half of one more on either side."""
        successes, trials = statistics
        return np.array([ndtri((successes + 0.5) / (trials + 1.0))]), np.empty(0)

    def log_density(self, y, eta, parameters):
        """``log C(n, y) + y log Phi(eta) + (n - y) log Phi(-eta)``."""
        return y[:, 2] + y[:, 0] * log_ndtr(eta) + (y[:, 1] - y[:, 0]) * log_ndtr(-eta)

    def expectations(self, y, mean, variance, parameters):
        """By quadrature: within 1e-9 relative or 1e-11 absolute up to variances of 4e4."""
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        _expectations(frozen(y), frozen(mean), frozen(variance), value, slope, curvature)
        return value, slope, curvature

    def conditional(self, eta, parameters, trials=1):
        """Binomial distribution."""
        return binom(whole_trials(trials), ndtr(eta))


@kernel
def _expectations(y, mean, variance, value, slope, curvature):
    rows, totals = np.empty((4, _CHUNK)), np.empty((3, _CHUNK))
    for start in range(0, mean.shape[0], _CHUNK):
        n = min(_CHUNK, mean.shape[0] - start)
        largest = 0.0
        for i in range(n):
            rows[0, i], rows[1, i] = mean[start + i], math.sqrt(variance[start + i])
            rows[2, i], rows[3, i] = y[start + i, 0], y[start + i, 1] - y[start + i, 0]
            totals[0, i], totals[1, i], totals[2, i] = 0.0, 0.0, 0.0
            largest = max(largest, rows[1, i])
        rule = 0
        while rule < len(_LIMITS) and largest > _LIMITS[rule]:
            rule += 1
        if rule < len(_LIMITS):
            for k in range(_ENDS[rule], _ENDS[rule + 1]):
                _add_node(_NODES[k], _WEIGHTS[k], rows, totals, n)
        else:
            step = max(_STEP / largest, _REACH / _MOST_NODES)
            reach = int(math.ceil(_REACH / step))
            for k in range(-reach, reach + 1):
                weight = step * _INVERSE_SQRT_2PI * math.exp(-0.5 * (k * step) ** 2)
                _add_node(k * step, weight, rows, totals, n)
        for i in range(n):
            value[start + i] = y[start + i, 2] + totals[0, i]
            slope[start + i], curvature[start + i] = totals[1, i], totals[2, i]


@kernel
def _add_node(node, weight, rows, totals, n):
    for i in range(n):
        eta = rows[0, i] + rows[1, i] * node
        successes, failures = rows[2, i], rows[3, i]
        above = eta > 0.0
        size = select(above, eta, -eta)
        size = select(size < _FARTHEST, size, _FARTHEST)
        unlikely, likely, unlikely_log, likely_log, bend = _tails(size)
        usual = weight * select(above, successes, failures)
        rare = weight * select(above, failures, successes)
        totals[0, i] += usual * likely_log + rare * unlikely_log
        gap = usual * likely - rare * unlikely
        totals[1, i] += select(above, gap, -gap)
        totals[2, i] += usual * likely * (likely + size) + rare * bend


@kernel(force_inline=True)
def _tails(size):
    """Ratio of density to tail beyond a positive number and to the rest, logarithms of both.

    The last result is minus the second derivative of the logarithm of the tail.
    """
    half = 0.5 * upper_erfcx(size * _SQRT_HALF)
    half_square = 0.5 * size * size
    decay = exp(-half_square)
    tail = half * decay
    rest = 1.0 - tail
    unlikely, likely = 0.5 * _SQRT_2_OVER_PI / half, _INVERSE_SQRT_2PI * decay / rest
    likely_log = log_normal(rest) - ((rest - 1.0) + tail) / rest
    inverse = 1.0 / (size * size + 1.0)
    near = unlikely * (unlikely - size)
    bend = select(size < _FAR, near, 1.0 - inverse * (1.0 - 5.0 * inverse))
    return unlikely, likely, log_normal(half) - half_square, likely_log, bend
