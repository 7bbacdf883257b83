"""HalfCauchy: the standard deviation has density ``2 / (pi scale (1 + (sigma / scale)^2))``."""

from __future__ import annotations

import numpy as np

from skvi.priors._base import FROM_DATA, LENGTH, PriorBase, check_positive, check_within
from skvi.priors.half_student_t import log_density_of_half_student_t

__all__ = ["HalfCauchy"]


class HalfCauchy(PriorBase):
    """Half-Cauchy prior of a standard deviation.

    Parameters
    ----------
    scale : float
        Positive: the prior median, in the units of the standard deviation.
    """

    def __init__(self, scale):
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
        scale = check_positive(self, "scale", LENGTH)
        return log_density_of_half_student_t(log_variance, 1.0, scale)

    def conjugate_form(self):
        """None: not conjugate to the noise precision."""
        check_positive(self, "scale", LENGTH)

    def check_units(self, x_spread, y_spread):
        """Raise a ValueError where ``scale`` is out of all proportion to the target.

        Parameters
        ----------
        x_spread, y_spread : float
        """
        check_within(self, "scale", np.log(y_spread), 1.0 / FROM_DATA, FROM_DATA)
