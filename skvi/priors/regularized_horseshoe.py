"""Regularised horseshoe: a horseshoe whose largest weights are those of a normal slab."""

from __future__ import annotations

import numpy as np

from skvi.priors._base import check_positive
from skvi.priors.horseshoe import Horseshoe

__all__ = ["RegularizedHorseshoe"]


class RegularizedHorseshoe(Horseshoe):
    """Weights that are either next to nothing or those of a normal prior.

    ``w_j ~ N(0, 1 / (1 / (tau lambda_j)^2 + 1 / slab^2))`` with ``lambda_j ~ C+(0, 1)`` and
    ``tau ~ C+(0, scale)``, for columns in their standard deviations and weights in units of the
    noise (Piironen and Vehtari, 2017).

    Parameters
    ----------
    expected_size : float or None, default=None
        How many weights are expected to matter, ``m``: the scale of ``tau`` is
        ``m / (p - m) / sqrt(n)``. None is the square root of ``p``.
    slab : float, default=2.0
        Standard deviation of weights that are not shrunk.
    """

    def __init__(self, expected_size=None, slab=2.0):
        self.expected_size = expected_size
        self.slab = slab

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
            If ``expected_size`` is not between zero and the number of columns, or ``slab`` not a
            positive number.
        """
        slab = check_positive(self, "slab")
        mixture = super().scale_mixture(facts)
        return mixture._replace(sd=mixture.sd / np.hypot(1.0, mixture.sd / slab))
