"""The named factors that a fitted linear predictor shows as ``posterior_``."""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from skvi.models.linear_predictor.draws import drawn_weights
from skvi.models.linear_predictor.posterior import weight_covariance, weight_variances
from skvi.posterior import Factor, PosteriorFactors

__all__ = ["ShownWeights", "predictor_factors"]


class ShownWeights:
    """Weights as users see them: mixtures of those of the predictors, in units of the target.

    Parameters
    ----------
    posterior : Posterior
    model : LinearPredictorModel
    mix : ndarray of shape (n_shown, n_predictors)
        What is shown, in terms of the predictors.
    squeeze : bool
        Whether to drop the axis of what is shown: there is one.
    covariance : ndarray of shape (n_weights, n_weights) or None, default=None
        In place of the posterior's.
    """

    def __init__(self, posterior, model, mix, squeeze, covariance=None):
        self._posterior, self._mix, self._squeeze = posterior, mix, squeeze
        self._model, self._given = model, covariance
        units = posterior.units
        self.n_features = len((units.basis or units).centre)
        self.intercept = posterior.units.intercept

    def split(self, weights):
        """Coefficients and intercepts from weights of shape (..., n_predictors, n_columns)."""
        values = self._mix @ weights
        coef = self._model.target_unit * values[..., : self.n_features]
        intercept = np.zeros(values.shape[:-1])
        if self.intercept:
            intercept = self._model.target_unit * values[..., self.n_features]
            intercept = intercept - self._model.offset_location
        intercept = self._model.target_location + intercept
        return (coef[..., 0, :], intercept[..., 0]) if self._squeeze else (coef, intercept)

    @cached_property
    def covariances(self):
        """Covariance of the weights of each that is shown, of shape (n_shown, n, n)."""
        covariance = self._given
        if covariance is None:
            covariance = weight_covariance(self._posterior)
        n_predictors = self._mix.shape[1]
        size = len(covariance) // n_predictors
        blocks = covariance.reshape(n_predictors, size, n_predictors, size)
        mixed = np.einsum("kd,diej,ke->kij", self._mix, blocks, self._mix, optimize=True)
        return 0.5 * self._model.target_unit**2 * (mixed + mixed.swapaxes(1, 2))

    def coef_covariance(self):
        """Covariance of the coefficients."""
        values = self.covariances[:, : self.n_features, : self.n_features]
        return values[0] if self._squeeze else values

    def coef_sd(self):
        """Standard deviations of the coefficients."""
        values = self._sds[:, : self.n_features]
        return values[0] if self._squeeze else values

    def intercept_sd(self):
        """Standard deviations of the intercepts; zero where there is none."""
        values = self._sds[:, -1] if self.intercept else np.zeros(len(self._mix))
        return values[0] if self._squeeze else values

    @cached_property
    def _sds(self):
        if self._given is not None:
            return np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))
        return self._model.target_unit * np.sqrt(weight_variances(self._posterior, self._mix))

    def draws(self, which, n_samples, rng):
        """Draws of the coefficients (0) or of the intercepts (1)."""
        return self.split(drawn_weights(self._posterior, n_samples, rng))[which]


def predictor_factors(shown, weights):
    """Factors ``coef`` and ``intercept``.

    Parameters
    ----------
    shown : ShownWeights
    weights : ndarray of shape (n_predictors, n_columns)
        Posterior means in the units of the table.

    Returns
    -------
    PosteriorFactors
    """
    coef, intercept = shown.split(weights)
    return PosteriorFactors(
        coef=Factor(lambda: coef, shown.coef_sd, shown.coef_covariance, partial(shown.draws, 0)),
        intercept=Factor(
            lambda: intercept,
            shown.intercept_sd,
            lambda: np.square(shown.intercept_sd())[..., None, None],
            partial(shown.draws, 1),
        ),
    )
