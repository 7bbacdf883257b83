"""Ridge: ``w | sigma^2 ~ N(0, sigma^2 / alpha I)`` on the columns as given.

With ``alpha`` fixed the posterior mean is scikit-learn's ``Ridge(alpha)``. With ``alpha=None`` the
prior signal-to-noise ratio of one column, ``q = tr(cov X) / (p alpha)``, is learned under
``q / (1 + q) ~ Uniform(0, 1)``: proper and free of units. In ``u = log alpha`` that is a standard
logistic density centred at ``log(tr(cov X) / p)``.
"""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

from skvi.priors._base import (
    FROM_DATA,
    SQUARE,
    GaussianForm,
    PriorBase,
    check_positive,
    check_within,
)
from skvi.priors._scales import standard_facts

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

    def sample(self, n_samples=1, n_features=1, random_state=None):
        """Draws of weights of columns with standard deviation one, in units of the noise.

        Parameters
        ----------
        n_samples : int, default=1
            Number of draws.
        n_features : int, default=1
            Number of columns.
        random_state : int, RandomState instance or None, default=None
            Seed or generator.

        Returns
        -------
        weights : ndarray of shape (n_samples, n_features)
        """
        form = self.gaussian_form(standard_facts(n_samples, n_features))
        rng = check_random_state(random_state)
        log_precision = rng.logistic(form.log_precision_location, size=n_samples)
        if not np.isnan(form.precision):
            log_precision = np.full(n_samples, np.log(form.precision))
        normal = rng.standard_normal((n_samples, n_features))
        return normal * np.exp(-0.5 * log_precision)[:, None]

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
