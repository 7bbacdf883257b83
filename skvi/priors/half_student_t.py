"""HalfStudentT: the standard deviation is the absolute value of a scaled Student-t."""

from __future__ import annotations

import numpy as np

from skvi.families._stirling import log_gamma_difference
from skvi.priors._base import FROM_DATA, LENGTH, PriorBase, check_positive, check_within

__all__ = ["HalfStudentT", "log_density_of_half_student_t"]

_NEARLY_NORMAL = 1e8
_SMALLEST_NORMAL = 1e-10
"""A half-normal far narrower than the data is contradicted by so many nats that log densities hold
too few digits after the point."""


class HalfStudentT(PriorBase):
    """Half-Student-t prior of a standard deviation.

    Parameters
    ----------
    df : float
        Degrees of freedom, positive; ``inf`` is the half-normal.
    scale : float
        Positive, in the units of the standard deviation.
    """

    def __init__(self, df, scale):
        self.df = df
        self.scale = scale

    def log_density_of_log_variance(self, log_variance):
        """Log density of ``v = log sigma^2``.

        Parameters
        ----------
        log_variance : ndarray

        Returns
        -------
        ndarray
        """
        degrees_of_freedom = check_positive(self, "df", infinite=True)
        scale = check_positive(self, "scale", LENGTH)
        return log_density_of_half_student_t(log_variance, degrees_of_freedom, scale)

    def conjugate_form(self):
        """None: not conjugate to the noise precision."""
        check_positive(self, "df", infinite=True)
        check_positive(self, "scale", LENGTH)

    def check_units(self, x_spread, y_spread):
        """Raise a ValueError where ``scale`` is out of all proportion to the target.

        Parameters
        ----------
        x_spread, y_spread : float
        """
        nearly_normal = check_positive(self, "df", infinite=True) > _NEARLY_NORMAL
        smallest = _SMALLEST_NORMAL if nearly_normal else 1.0 / FROM_DATA
        check_within(self, "scale", np.log(y_spread), smallest, FROM_DATA)


def log_density_of_half_student_t(log_variance, degrees_of_freedom, scale):
    """Log density of ``log sigma^2`` when ``sigma / scale`` is half-Student-t.

    Parameters
    ----------
    log_variance : ndarray
    degrees_of_freedom : float
    scale : float

    Returns
    -------
    ndarray
    """
    centred = np.asarray(log_variance) - 2.0 * np.log(scale)
    nu = degrees_of_freedom
    # p(sigma) d sigma / d v, with sigma = scale exp(centred / 2): the two factors of 2 cancel
    if np.isinf(nu):
        return -0.5 * np.log(2.0 * np.pi) + 0.5 * centred - 0.5 * np.exp(centred)
    constant = log_gamma_difference(0.5 * nu, 0.5) - 0.5 * np.log(nu * np.pi)
    tail = np.logaddexp(0.0, centred - np.log(nu))
    return constant + 0.5 * centred - 0.5 * (nu + 1.0) * tail
