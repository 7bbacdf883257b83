"""Gamma: a precision ``t = 1 / sigma^2`` with a Gamma density.

p(t) = rate**shape t**(shape - 1) exp(-rate t) / Gamma(shape)
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from skvi.priors._base import (
    FROM_DATA,
    SQUARE,
    ConjugateNoise,
    PriorBase,
    check_positive,
    check_within,
)

__all__ = ["Gamma"]

_SHAPE = (1e-100, 1e8)  # beyond, differences of log-gamma functions hold too few digits


class Gamma(PriorBase):
    """Gamma prior of a precision (of the noise, or of weights): conjugate.

    Parameters
    ----------
    shape : float
        Positive; half the number of observations the prior is worth.
    rate : float
        Positive, in squared units of ``y``; half the sum of squares of those observations.
    """

    def __init__(self, shape, rate):
        self.shape = shape
        self.rate = rate

    def log_density_of_log_variance(self, log_variance):
        """Log density of ``v = log sigma^2``.

        Parameters
        ----------
        log_variance : ndarray

        Returns
        -------
        ndarray
        """
        shape, rate, log_constant = self.conjugate_form()
        exponent = np.log(rate) - np.asarray(log_variance)
        return log_constant - shape * np.asarray(log_variance) - np.exp(exponent)

    def conjugate_form(self):
        """The prior as a Gamma of the precision.

        Returns
        -------
        ConjugateNoise

        Raises
        ------
        ValueError
            If ``shape`` or ``rate`` is not a positive number.
        """
        shape = check_positive(self, "shape", _SHAPE)
        rate = check_positive(self, "rate", SQUARE)
        return ConjugateNoise(shape, rate, shape * np.log(rate) - gammaln(shape))

    def check_units(self, x_spread, y_spread):
        """Raise a ValueError where ``rate`` is out of all proportion to the target.

        Parameters
        ----------
        x_spread, y_spread : float
        """
        check_within(self, "rate", 2.0 * np.log(y_spread), FROM_DATA**-2, FROM_DATA**2)
