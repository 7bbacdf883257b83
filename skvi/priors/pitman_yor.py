"""Pitman-Yor process: any number of components with sizes that fall off as a power.

    v_k ~ Beta(1 - d, a + k d),    pi_k = v_k prod_{j < k} (1 - v_j),    k = 1..K,  v_K = 1

truncated at K components (Ishwaran and James, 2001).
"""

from __future__ import annotations

import numpy as np

from skvi.families.stick_breaking import StickBreaking
from skvi.priors._base import (
    CONCENTRATION,
    PriorBase,
    PriorError,
    check_finite,
    check_positive,
)

__all__ = ["PitmanYor", "stick_distribution"]


class PitmanYor(PriorBase):
    """Pitman-Yor process prior of mixture weights, truncated.

    Parameters
    ----------
    concentration : float, default=None
        Positive. None: 1.
    discount : float, default=0.25
        In [0, 1); about ``n**discount`` components are expected among n rows. Zero is the Dirichlet
        process.
    """

    def __init__(self, concentration=None, discount=0.25):
        self.concentration = concentration
        self.discount = discount

    def weight_distribution(self, n_components):
        """The prior of the sticks of ``n_components`` components.

        Parameters
        ----------
        n_components : int

        Returns
        -------
        skvi.families.StickBreaking
            The last ``failure`` is zero: the truncation.

        Raises
        ------
        ValueError
            If the concentration is not a positive number or the discount not in [0, 1).
        """
        discount = check_finite(self, "discount")
        if discount.ndim or not 0.0 <= discount < 1.0:
            raise PriorError(
                self, f"discount must be at least 0 and below 1, got {self.discount!r}."
            )
        return stick_distribution(self, float(discount), n_components)


def stick_distribution(prior, discount, n_components):
    """Truncated sticks of a prior with a ``concentration``.

    Parameters
    ----------
    prior : DirichletProcess or PitmanYor
    discount : float
    n_components : int

    Returns
    -------
    skvi.families.StickBreaking
    """
    concentration = 1.0
    if prior.concentration is not None:
        concentration = check_positive(prior, "concentration", CONCENTRATION, optional=True)
    failure = concentration + discount * np.arange(1.0, n_components + 1.0)
    failure[-1] = 0.0
    return StickBreaking(np.full(n_components, 1.0 - discount), failure)
