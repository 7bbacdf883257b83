"""Ridge: ``w | sigma^2 ~ N(0, sigma^2 / alpha I)`` on the columns as given.

With ``alpha`` fixed the posterior mean is scikit-learn's ``Ridge(alpha)``. With ``alpha=None`` the
prior signal-to-noise ratio ``q = tr(cov X) / alpha`` is learned under a half-Cauchy prior on
``sqrt(q)``, that is ``R^2 = q / (1 + q) ~ Beta(1/2, 1/2)`` before the data: proper, without units.
In ``u = log alpha`` its density is that of a hyperbolic secant centred at ``log tr(cov X)``.
"""

from __future__ import annotations

import numpy as np

from skvi.priors._base import GaussianForm, PriorBase, check_positive

__all__ = ["Ridge", "log_density_of_log_precision"]

_LOG_TWO_PI = np.log(2.0 * np.pi)


class Ridge(PriorBase):
    """Independent Gaussian weights with one common scale, relative to the noise.

    Parameters
    ----------
    alpha : float or None, default=None
        Precision of each weight in units of the noise precision, as in
        :class:`sklearn.linear_model.Ridge`. None learns it: ``sqrt(tr(cov X) / alpha)`` is
        half-Cauchy with scale one.

    References
    ----------
    Gelman (2006), "Prior distributions for variance parameters in hierarchical models".
    """

    def __init__(self, alpha=None):
        self.alpha = alpha

    def gaussian_form(self, facts):
        """The prior as an affine image of independent coordinates.

        Parameters
        ----------
        facts : DesignFacts

        Returns
        -------
        GaussianForm
        """
        precision = np.nan if self.alpha is None else check_positive(self, "alpha")
        location = 2.0 * np.log(facts.total_spread)
        p = facts.n_features
        return GaussianForm(np.zeros(p), np.ones(p), precision, True, location)


def log_density_of_log_precision(log_precision, location):
    """Log density of ``u = log alpha`` when ``exp((location - u) / 2)`` is half-Cauchy(1).

    Parameters
    ----------
    log_precision : ndarray
    location : float

    Returns
    -------
    ndarray
    """
    half = 0.5 * np.abs(np.asarray(log_precision) - location)
    return -_LOG_TWO_PI - half - np.log1p(np.exp(-2.0 * half)) + np.log(2.0)
