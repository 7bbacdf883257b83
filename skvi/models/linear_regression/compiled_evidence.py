"""The density of a learned prior precision with everything else integrated out, compiled.

In array code a call is all overhead where there are few columns; a fit makes five.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln

from skvi.models.linear_regression.evidence import FARTHEST_LOG
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel

__all__ = ["LogJoint"]

# Shares are multiplied up to here, and no share is below 1e-273, before a logarithm is taken.
_SMALL_PRODUCT = 1e-30


class LogJoint:
    """``log p(y, u)`` at ``u = log alpha``, under conjugate noise that is integrated out.

    What :func:`~skvi.models.linear_regression.evidence.conjugate_evidence` says, summed over the
    pieces of the noise prior, and the prior of ``u``.

    Parameters
    ----------
    target : Target
        With a conjugate noise prior.
    location : float
        Of the prior of ``u``, a standard logistic one.
    """

    def __init__(self, target, location):
        prior = target.conjugate
        shape = prior.shape + 0.5 * target.weight
        constant = target.constant + np.atleast_1d(prior.log_constant) + gammaln(shape)
        arrays = target.eigenvalues, target.coordinates**2, np.atleast_1d(prior.rate), constant
        self.arguments = float(location), *map(frozen, arrays), target.residual, float(shape)

    def __call__(self, log_precision):
        """Log densities at positions of shape (n,)."""
        out = np.empty(log_precision.shape)
        _log_joint(log_precision, *self.arguments, out)
        return out


@kernel
def _log_joint(
    log_precision, location, eigenvalues, squares, rates, constants, residual, shape, out
):
    for i in range(out.size):
        precision = math.exp(min(max(log_precision[i], -FARTHEST_LOG), FARTHEST_LOG))
        log_determinant, product, square = 0.0, 1.0, residual
        for j in range(eigenvalues.size):
            share = precision / (eigenvalues[j] + precision)
            square += squares[j] * share
            product *= share
            if product < _SMALL_PRODUCT:
                log_determinant += math.log(product)
                product = 1.0
        top, total = -math.inf, 0.0
        for k in range(rates.size):
            value = constants[k] - shape * math.log(rates[k] + 0.5 * square)
            if value > top:
                total *= math.exp(top - value)
                top = value
            total += math.exp(value - top)
        distance = abs(log_precision[i] - location)
        prior = -distance - 2.0 * math.log1p(math.exp(-distance))
        out[i] = 0.5 * (log_determinant + math.log(product)) + top + math.log(total) + prior
