"""Ridge: ``w | sigma^2 ~ N(0, sigma^2 / alpha I)`` on the columns as given.

With ``alpha`` fixed the posterior mean is scikit-learn's ``Ridge(alpha)``. With ``alpha=None`` the
prior signal-to-noise ratio of one column, ``q = tr(cov X) / (p alpha)``, is learned under
``q / (1 + q) ~ Uniform(0, 1)``: proper and free of units. In ``u = log alpha`` that is a standard
logistic density centred at ``log(tr(cov X) / p)``.
"""

from __future__ import annotations

import numpy as np

from skvi.priors._base import (
    FROM_DATA,
    SQUARE,
    GaussianForm,
    PriorBase,
    check_positive,
    check_within,
)

__all__ = ["Ridge", "log_density_of_log_precision"]


class Ridge(PriorBase):
    """Independent Gaussian weights with one common scale, relative to the noise.

    Parameters
    ----------
    alpha : float or None, default=None
        Precision of each weight in units of the noise precision, as in
        :class:`sklearn.linear_model.Ridge`. None learns it: with ``q`` the mean variance of the
        columns over ``alpha``, ``q / (1 + q)`` is uniform on (0, 1).
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

        Raises
        ------
        ValueError
            If ``alpha`` is neither None nor a positive number.
        """
        precision = np.nan
        if self.alpha is not None:
            precision = check_positive(self, "alpha", SQUARE, optional=True)
        p = facts.n_features
        location = 2.0 * np.log(facts.total_spread) - np.log(p)
        return GaussianForm(np.zeros(p), np.ones(p), precision, True, location)

    def check_units(self, x_spread, y_spread):
        """Raise a ValueError where ``alpha`` is out of all proportion to the columns.

        Parameters
        ----------
        x_spread, y_spread : float
        """
        if self.alpha is not None:
            check_within(self, "alpha", 2.0 * np.log(x_spread), FROM_DATA**-2, FROM_DATA**2)


def log_density_of_log_precision(log_precision, location):
    """Log density of ``u = log alpha``: standard logistic about ``location``.

    Parameters
    ----------
    log_precision : ndarray
    location : float

    Returns
    -------
    ndarray
    """
    distance = np.abs(np.asarray(log_precision) - location)
    return -distance - 2.0 * np.log1p(np.exp(-distance))
