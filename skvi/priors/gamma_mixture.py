"""A mixture of Gamma priors of a precision: conjugate piece by piece.

The default prior of the noise is one: its first piece says that about as much is noise as one
column explains, which is what small samples need; the others, a hundred times smaller each and
improbable before the data, let the noise be as small as the data say.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln, logsumexp

from skvi.priors._base import ConjugateNoise, PriorBase

__all__ = ["GammaMixture"]


class GammaMixture(PriorBase):
    """Mixture of Gamma priors with one shape.

    Parameters
    ----------
    shape : float
        Positive.
    rates : ndarray of shape (n_pieces,)
        Positive, in squared units of ``y``.
    probabilities : ndarray of shape (n_pieces,)
        With sum one.
    """

    def __init__(self, shape, rates, probabilities):
        self.shape = shape
        self.rates = rates
        self.probabilities = probabilities

    def log_density_of_log_variance(self, log_variance):
        """Log density of ``v = log sigma^2``.

        Parameters
        ----------
        log_variance : ndarray

        Returns
        -------
        ndarray
        """
        form, v = self.conjugate_form(), np.asarray(log_variance)[..., None]
        return logsumexp(form.log_constant - form.shape * v - form.rate * np.exp(-v), axis=-1)

    def conjugate_form(self):
        """The prior as a sum of Gamma densities of the precision.

        Returns
        -------
        ConjugateNoise
        """
        log_constant = self.shape * np.log(self.rates) - gammaln(self.shape)
        return ConjugateNoise(self.shape, self.rates, log_constant + np.log(self.probabilities))
