"""Draws of Polya-Gamma variables, the precisions under which a logistic likelihood is normal.

``PG(1, z)`` is ``sum_k E_k / ((k - 1/2)^2 + z^2 / (4 pi^2)) / (2 pi^2)`` with standard exponential
``E_k``; its mean is ``tanh(z / 2) / (2 z)``. By rejection from an exponential and an inverse
Gaussian piece with alternating series (Devroye, 2009; Polson, Scott and Windle, 2013).
"""

from __future__ import annotations

import math

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.special import log_ndtr

__all__ = ["polya_gamma_draws"]

_SPLIT = 0.64  # where the two series meet
_SMALLEST = 1e-6  # of z: below, the same law


def polya_gamma_draws(z, rng):
    """Draws of ``PG(1, z)``.

    Parameters
    ----------
    z : ndarray of shape (n,)
    rng : RandomState

    Returns
    -------
    ndarray of shape (n,)
    """
    generator = np.random.Generator(np.random.PCG64(rng.randint(2**31)))
    return _draws(np.asarray(z, dtype=np.float64), generator)


@kernel
def _draws(z, generator):
    result = np.empty(z.shape[0])
    for i in range(z.shape[0]):
        result[i] = _draw(0.5 * max(abs(z[i]), _SMALLEST), generator)
    return result


@kernel
def _draw(half, generator):
    rate = 0.125 * math.pi * math.pi + 0.5 * half * half
    tail = math.log(0.5 * math.pi / rate) - rate * _SPLIT
    root = math.sqrt(1.0 / _SPLIT)
    first = log_ndtr(root * (_SPLIT * half - 1.0)) - half
    second = log_ndtr(-root * (_SPLIT * half + 1.0)) + half
    body = math.log(2.0) + max(first, second) + math.log1p(math.exp(-abs(first - second)))
    share = 1.0 / (1.0 + math.exp(min(body - tail, 700.0)))
    while True:
        if generator.random() < share:
            x = _SPLIT + generator.standard_exponential() / rate
        else:
            x = _below(half, generator)
        if _accepts(x, generator):
            return 0.25 * x


@kernel
def _accepts(x, generator):
    """Whether the alternating series lets a proposal pass."""
    total = _coefficient(0, x)
    level = generator.random() * total
    n = 0
    while True:
        n += 1
        if n % 2 == 1:
            total -= _coefficient(n, x)
            if level <= total:
                return True
        else:
            total += _coefficient(n, x)
            if level > total:
                return False


@kernel
def _coefficient(n, x):
    k = n + 0.5
    if x > _SPLIT:
        return math.pi * k * math.exp(-0.5 * k * k * math.pi * math.pi * x)
    return math.pi * k * (2.0 / (math.pi * x)) ** 1.5 * math.exp(-2.0 * k * k / x)


@kernel
def _below(half, generator):
    """An inverse Gaussian variable with mean ``1 / half`` and shape one, below the split."""
    mean = 1.0 / half
    if mean > _SPLIT:
        while True:
            first = generator.standard_exponential()
            second = generator.standard_exponential()
            if first * first > 2.0 * second / _SPLIT:
                continue
            x = _SPLIT / (1.0 + _SPLIT * first) ** 2
            if generator.random() <= math.exp(-0.5 * half * half * x):
                return x
    while True:
        square = generator.standard_normal() ** 2
        product = mean * square
        x = mean + 0.5 * mean * product
        x -= 0.5 * mean * math.sqrt(4.0 * product + product * product)
        if generator.random() > mean / (mean + x):
            x = mean * mean / x
        if x < _SPLIT:
            return x
