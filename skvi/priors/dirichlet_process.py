"""Dirichlet process: any number of components, by sticks ``v_k ~ Beta(1, a)``.

    pi_k = v_k prod_{j < k} (1 - v_j),    k = 1..K,  v_K = 1

truncated at K components (Blei and Jordan, 2006). It is the Pitman-Yor process without discount.
"""

from __future__ import annotations

from skvi.priors._base import PriorBase
from skvi.priors.pitman_yor import stick_distribution

__all__ = ["DirichletProcess"]


class DirichletProcess(PriorBase):
    """Dirichlet process prior of mixture weights, truncated.

    Parameters
    ----------
    concentration : float, default=None
        Positive; about ``a log(1 + n / a)`` components are expected among n rows. None: 1.
    """

    def __init__(self, concentration=None):
        self.concentration = concentration

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
            If the concentration is not a positive number.
        """
        return stick_distribution(self, 0.0, n_components)
