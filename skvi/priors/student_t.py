"""Student-t weights with one common scale."""

from __future__ import annotations

import numpy as np

from skvi.priors._base import check_positive
from skvi.priors._scales import LOG_SCALES, STEP, ScaleMixturePrior
from skvi.priors.laplace import of_scale

__all__ = ["StudentT", "log_inverse_gamma"]


class StudentT(ScaleMixturePrior):
    """Weights with heavy tails: ``w_j ~ t(df) scale``.

    For columns in their standard deviations and weights in units of the noise.

    Parameters
    ----------
    df : float, default=4.0
        Degrees of freedom.
    scale : float or None, default=None
        None learns it: ``scale^2 / (1 + scale^2)`` is uniform on (0, 1).
    """

    def __init__(self, df=4.0, scale=None):
        self.df = df
        self.scale = scale

    def scale_mixture(self, facts):
        """The prior of the weights.

        Parameters
        ----------
        facts : DesignFacts

        Returns
        -------
        ScaleMixture

        Raises
        ------
        ValueError
            If ``df`` or ``scale`` is not a positive number.
        """
        df = check_positive(self, "df", (0.1, 1e3))

        def log_density(log_ratio):
            return log_inverse_gamma(log_ratio, df)

        # the logarithm of the scale has a standard deviation of about 1 / sqrt(2 df + 2)
        step = min(STEP, 0.9 / np.sqrt(2.0 * df + 2.0))
        count = int(np.ceil(LOG_SCALES[-1] / step))
        return of_scale(self, facts, log_density, step * np.arange(-count, count + 1))


def log_inverse_gamma(log_ratio, df):
    """Log density of the log standard deviation that makes a normal weight Student-t.

    Up to a constant; ``log_ratio`` is measured from the logarithm of the scale.
    """
    return -df * log_ratio - 0.5 * df * np.exp(-2.0 * log_ratio)
