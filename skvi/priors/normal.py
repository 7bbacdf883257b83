"""Normal: ``w ~ N(mean, covariance)``, absolute (not scaled by the noise)."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_random_state

from skvi.priors._base import (
    FROM_DATA,
    LENGTH,
    SQUARE,
    GaussianForm,
    PriorBase,
    PriorError,
    check_finite,
    check_within,
    symmetrised,
)
from skvi.priors._scales import standard_facts

__all__ = ["Normal"]

_FARTHEST = 1e10


class Normal(PriorBase):
    """Gaussian weights in the units of the weights themselves.

    Parameters
    ----------
    mean : float or array of shape (n_features,), default=0.0
        A mean common to all weights, or one for each; at most 1e10 times the spread of ``y`` over
        that of the columns.
    covariance : float, array of shape (n_features,) or (n_features, n_features), default=1.0
        A variance common to all weights, one for each, or a positive definite matrix.
    """

    def __init__(self, mean=0.0, covariance=1.0):
        self.mean = mean
        self.covariance = covariance

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
            If a shape does not fit the design or the covariance is not positive definite.
        """
        p = facts.n_features
        mean = check_finite(self, "mean", LENGTH[1])
        if mean.ndim > 1 or mean.size not in (1, p):
            raise PriorError(
                self, f"mean must be a number or of shape ({p},), got shape {mean.shape}."
            )
        return GaussianForm(np.broadcast_to(mean, (p,)).copy(), self._factor(p), 1.0, False)

    def sample(self, n_samples=1, n_features=1, random_state=None):
        """Draws of the weights.

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
        normal = check_random_state(random_state).standard_normal((n_samples, n_features))
        if form.transform.ndim == 1:
            return form.mean + normal * form.transform
        return form.mean + normal @ form.transform.T

    def check_units(self, x_spread, y_spread):
        """Raise a ValueError where an argument is out of all proportion to the data.

        Parameters
        ----------
        x_spread, y_spread : float
        """
        log_unit = np.log(y_spread) - np.log(x_spread)
        # beyond, the target less what the prior mean predicts holds no digit of the target
        check_within(self, "mean", log_unit, 0.0, _FARTHEST)
        variances = np.asarray(self.covariance, dtype=np.float64)
        variances = variances.diagonal() if variances.ndim == 2 else variances
        check_within(
            self, "covariance", 2.0 * log_unit, FROM_DATA**-2, FROM_DATA**2, values=variances
        )

    def _factor(self, p):
        covariance = check_finite(self, "covariance", SQUARE[1])
        if covariance.shape == (p, p):
            return self._cholesky(covariance)
        if covariance.ndim > 1 or covariance.size not in (1, p):
            raise PriorError(
                self,
                f"covariance must be a number or of shape ({p},) or ({p}, {p}), "
                f"got shape {covariance.shape}.",
            )
        if not np.all(covariance >= SQUARE[0]):
            raise PriorError(
                self,
                f"covariance must be positive ({SQUARE[0]:g} at least), got {self.covariance!r}.",
            )
        return np.broadcast_to(np.sqrt(covariance), (p,)).copy()

    def _cholesky(self, covariance):
        covariance = symmetrised(covariance)
        try:
            if covariance is None:
                raise np.linalg.LinAlgError
            return np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            raise PriorError(
                self,
                f"covariance must be symmetric and positive definite, got {self.covariance!r}.",
            ) from None
