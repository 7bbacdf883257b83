"""Dirichlet: a fixed number of mixture weights, ``pi ~ Dirichlet(a, ..., a)``.

A concentration well below one favours few occupied components (Rousseau and Mengersen, 2011).
"""

from __future__ import annotations

import numpy as np

from skvi.families.dirichlet import Dirichlet as DirichletDistribution
from skvi.priors._base import CONCENTRATION, PriorBase, check_positive

__all__ = ["Dirichlet"]


class Dirichlet(PriorBase):
    """Symmetric Dirichlet prior of mixture weights.

    Parameters
    ----------
    concentration : float, default=None
        Positive; for each component. None: one over the number of components, as in
        :class:`sklearn.mixture.BayesianGaussianMixture`.
    """

    def __init__(self, concentration=None):
        self.concentration = concentration

    def weight_distribution(self, n_components):
        """The prior of the weights of ``n_components`` components.

        Parameters
        ----------
        n_components : int

        Returns
        -------
        skvi.families.Dirichlet

        Raises
        ------
        ValueError
            If the concentration is not a positive number.
        """
        value = 1.0 / n_components
        if self.concentration is not None:
            value = check_positive(self, "concentration", CONCENTRATION, optional=True)
        return DirichletDistribution(np.full(n_components, value))
