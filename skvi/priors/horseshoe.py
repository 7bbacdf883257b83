"""Horseshoe: ``w_j ~ N(0, tau^2 lambda_j^2)``, both scales half-Cauchy."""

from __future__ import annotations

import numpy as np

from skvi.families.scale_mixture import ScaleMixture, normalised
from skvi.priors._scales import (
    LOG_SCALES,
    ScaleMixturePrior,
    column_units,
    common_grid,
    expected_scale,
)

__all__ = ["Horseshoe", "log_half_cauchy"]


class Horseshoe(ScaleMixturePrior):
    """Weights that are either next to nothing or hardly shrunk.

    ``w_j ~ N(0, (tau lambda_j)^2)`` with ``lambda_j ~ C+(0, 1)`` and ``tau ~ C+(0, scale)``, for
    columns in their standard deviations and weights in units of the noise (Carvalho, Polson and
    Scott, 2010).

    Parameters
    ----------
    expected_size : float or None, default=None
        How many weights are expected to matter, ``m``: the scale of ``tau`` is
        ``m / (p - m) / sqrt(n)`` (Piironen and Vehtari, 2017). None is the square root of ``p``.
    """

    def __init__(self, expected_size=None):
        self.expected_size = expected_size

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
            If ``expected_size`` is not between zero and the number of columns.
        """
        centre = np.log(expected_scale(self, facts))
        log_tau = common_grid(centre, facts.n_features)
        return ScaleMixture(
            column_units(facts),
            np.exp(LOG_SCALES),
            normalised(log_half_cauchy(LOG_SCALES - log_tau[:, None])),
            normalised(log_half_cauchy(log_tau - centre)),
            np.exp(log_tau),
        )


def log_half_cauchy(log_ratio):
    """Log density, up to a constant, of the logarithm of a half-Cauchy variable over its scale."""
    return log_ratio - np.logaddexp(0.0, 2.0 * log_ratio)
