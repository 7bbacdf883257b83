"""Targets with outliers: ``y ~ eta + scale * t(df)``.

With ``a = scale sqrt(df)`` the log density holds ``log(a^2 + x^2)``, ``x = eta - y``, whose
expectation under a normal has a closed form at every variance. That of ``1 / (z - t)`` under the
density ``exp(-t^2) / sqrt(pi)`` is ``-i sqrt(pi) w(z)`` with the Faddeeva function ``w``, for which

    w(z) = 1 / (sqrt(pi) D) + 2 p(Z) / D^2,    D = L - i z,    Z = 2 L / D - 1,

with a polynomial ``p`` (J. A. C. Weideman, "Computation of the complex error function", SIAM J.
Numerical Anal. 31, 1994). Its integral in ``z`` is elementary, as ``dZ/dz = 2 i L / D^2``: with
``P' = p``, the expectation of ``log |z - t|`` is the real part of
``log D + (P(-1) - P(Z)) sqrt(pi) / L``. Value, slope and curvature are thus derivatives of one
function. With 36 coefficients the error is below 1e-13 wherever ``Im z > 0``.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import expit
from scipy.stats import t as student_t

from skvi.likelihoods._base import Likelihood, check_option
from skvi.likelihoods.normal import SCALE_REACH, check_scale, scale_of, spread
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.special import log, log_gamma_difference

__all__ = ["StudentT"]

_CHUNK = 64
_SQRT_PI = 1.772453850905516
_LOG_MOST = math.log(1e3)
_START = 10.0


class StudentT(Likelihood):
    """Targets with Student-t noise about the predictor.

    Parameters
    ----------
    df : float or None, default=None
        Degrees of freedom; None learns them, between 1 and 1000: their logarithm is ``log(1000)``
        times the logistic function of the last hyper-parameter.
    scale : float or None, default=None
        Scale of the noise; None learns it, by its logarithm, the first hyper-parameter.
    """

    in_units_of_target = True
    reach = SCALE_REACH
    sharpest = ("scale", -1)
    starting_variance = 1.0

    def __init__(self, df=None, scale=None):
        self.df = df
        self.scale = scale

    def check(self):
        """Raise an error where an argument is neither None nor in its range."""
        check_scale(self)
        if self.df is not None:
            check_option(self, "df", "from 1e-3 to 1e6, or None", lambda df: 1e-3 <= df <= 1e6)

    def begin(self, statistics):
        """Mean of the targets, and the scale that gives their variance with ten degrees."""
        mean, deviation = spread(statistics)
        df = _START if self.df is None else self.df
        free = []
        if self.scale is None:
            free.append(np.log(deviation * np.sqrt(max(df - 2.0, 0.5 * df) / df)))
        if self.df is None:
            share = math.log(_START) / _LOG_MOST
            free.append(math.log(share / (1.0 - share)))
        return np.array([mean]), np.array(free)

    def log_density(self, y, eta, parameters):
        """Student-t log density."""
        df, scale = self._df(parameters), scale_of(self, parameters)
        square = ((y[:, 0] - eta) / scale) ** 2
        return _log_constant(df, scale) - 0.5 * (df + 1.0) * np.log1p(square / df)

    def expectations(self, y, mean, variance, parameters):
        """``E log(a^2 + x^2)`` by the integral of the Faddeeva function."""
        df, scale = self._df(parameters), scale_of(self, parameters)
        value, slope, curvature = (np.empty(len(mean)) for _ in range(3))
        constant, unit = _log_constant(df, scale), scale * math.sqrt(df)
        out = value, slope, curvature
        _expectations(frozen(y), frozen(mean), frozen(variance), constant, df, unit, *out)
        return out

    def conditional(self, eta, parameters):
        """Student-t distribution."""
        return student_t(self._df(parameters), eta, scale_of(self, parameters))

    def named(self, parameters):
        """Degrees of freedom and scale."""
        return {"df": self._df(parameters), "scale": scale_of(self, parameters)}

    def _df(self, parameters):
        if self.df is not None:
            return float(self.df)
        return float(np.exp(_LOG_MOST * expit(parameters[-1])))


def _log_constant(df, scale):
    ways = log_gamma_difference(0.5 * df, 0.5)
    return ways - 0.5 * math.log(math.pi * df) - math.log(scale)


def _weideman(n):
    """Number L and coefficients of P, the highest first."""
    step = np.pi / (2 * n)
    length = math.sqrt(n / math.sqrt(2.0))
    t = length * np.tan(0.5 * step * np.arange(1 - 2 * n, 2 * n))
    values = np.concatenate([[0.0], np.exp(-(t**2)) * (length**2 + t**2)])
    cosines = np.fft.fft(np.fft.fftshift(values)).real / (4 * n)
    order = np.arange(1, n + 1)
    return length, np.append((cosines[1 : n + 1] / order)[::-1], 0.0)


_LENGTH, _INTEGRAL = _weideman(36)
_AT_INFINITY = float(np.polyval(_INTEGRAL, -1.0))


@kernel
def _expectations(y, mean, variance, constant, df, unit, value, slope, curvature):
    state = np.empty((10, _CHUNK))
    half = 0.5 * (df + 1.0)
    for start in range(0, mean.shape[0], _CHUNK):
        n = min(_CHUNK, mean.shape[0] - start)
        for i in range(n):
            offset = (mean[start + i] - y[start + i, 0]) / unit
            spread = math.sqrt(2.0 * variance[start + i]) / unit
            state[0, i], state[1, i] = offset, spread
            # Z = 2 L spread / (L spread + 1 - i offset) - 1
            real = _LENGTH * spread + 1.0
            factor = 2.0 * _LENGTH * spread / (real * real + offset * offset)
            state[2, i], state[3, i] = factor * real - 1.0, factor * offset
        _polynomials(state, n)
        for i in range(n):
            decay, first, second = _log_expectation(state, i)
            value[start + i] = constant - half * decay
            slope[start + i] = -half * first / unit
            curvature[start + i] = half * second / unit / unit


@kernel
def _polynomials(state, n):
    """P, p and half the derivative of p by one scheme of Horner's: rows 4 to 9 of the state."""
    for i in range(n):
        for part in range(4, 10):
            state[part, i] = 0.0
    for k in range(_INTEGRAL.shape[0]):
        for i in range(n):
            x, y = state[2, i], state[3, i]
            a, b, c, d = state[4, i], state[5, i], state[6, i], state[7, i]
            e, f = state[8, i], state[9, i]
            state[8, i], state[9, i] = e * x - f * y + c, e * y + f * x + d
            state[6, i], state[7, i] = c * x - d * y + a, c * y + d * x + b
            state[4, i], state[5, i] = a * x - b * y + _INTEGRAL[k], a * y + b * x


@kernel(force_inline=True)
def _log_expectation(state, i):
    """``E log(1 + x^2)`` and its two derivatives in the mean of ``x``."""
    offset, spread = state[0, i], state[1, i]
    real = _LENGTH * spread + 1.0
    square = real * real + offset * offset
    b = complex(real / square, offset / square)
    bend = complex(state[8, i], state[9, i]) * (2.0 * _LENGTH * spread) * b
    p = complex(state[6, i], state[7, i])
    shift = 2.0 * _SQRT_PI * spread * b * b
    value = log(square) + 2.0 * _SQRT_PI / _LENGTH * (_AT_INFINITY - state[4, i])
    first = 2.0 * (b + shift * p).imag
    second = 2.0 * (b * b + 2.0 * shift * b * (p + bend)).real
    return value, first, second
