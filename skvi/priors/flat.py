"""Flat: a density of one, for weights or for the noise standard deviation.

Improper: the bound is then a log density with respect to Lebesgue measure of the weights (of the
standard deviation), and depends on the units of the columns (of ``y``).
"""

from __future__ import annotations

import numpy as np

from skvi.priors._base import ConjugateNoise, GaussianForm, PriorBase, PriorError

__all__ = ["Flat"]

_LEAST_SPREAD = 1e-152


class Flat(PriorBase):
    """Improper uniform prior: ``p(w) = 1`` for weights, ``p(sigma) = 1`` for a noise sd.

    As a prior of weights it needs columns of full rank and more rows than columns.
    """

    def gaussian_form(self, facts):
        """The prior as an affine image of coordinates with precision zero.

        Parameters
        ----------
        facts : DesignFacts

        Returns
        -------
        GaussianForm

        Raises
        ------
        ValueError
            If a column does not vary.
        """
        still = facts.spread < _LEAST_SPREAD
        if np.any(still):
            raise ValueError(
                f"prior=Flat() needs columns of full rank, but columns "
                f"{np.flatnonzero(still).tolist()} are constant; "
                "use prior=Ridge() or Normal(), or drop them."
            )
        return GaussianForm(np.zeros(facts.n_features), 1.0 / facts.spread, 0.0, True)

    def sample(self, n_samples=1, n_features=1, random_state=None):
        """Nothing: the prior has no total mass.

        Parameters
        ----------
        n_samples, n_features, random_state
            As of other priors.

        Raises
        ------
        ValueError
            Always.
        """
        raise PriorError(self, "it is improper and cannot be drawn from; use another prior.")

    def log_density_of_log_variance(self, log_variance):
        """Log density of ``v = log sigma^2`` when ``p(sigma) = 1``.

        Parameters
        ----------
        log_variance : ndarray

        Returns
        -------
        ndarray
        """
        return np.log(0.5) + 0.5 * np.asarray(log_variance)

    def conjugate_form(self):
        """The prior as an improper Gamma of the precision, ``t**(-3/2) / 2``.

        Returns
        -------
        ConjugateNoise
        """
        return ConjugateNoise(-0.5, 0.0, np.log(0.5))
