"""HalfStudentT: the standard deviation is the absolute value of a scaled Student-t."""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from skvi.priors._base import LENGTH, PriorBase, check_positive

__all__ = ["HalfStudentT", "log_density_of_half_student_t"]


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
    constant = gammaln(0.5 * (nu + 1.0)) - gammaln(0.5 * nu) - 0.5 * np.log(nu * np.pi)
    tail = np.logaddexp(0.0, centred - np.log(nu))
    return constant + 0.5 * centred - 0.5 * (nu + 1.0) * tail
