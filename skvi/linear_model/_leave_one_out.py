"""Leave-one-out predictions without refits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skvi.likelihoods._base import LikelihoodError
from skvi.models.linear_predictor.refits import Refits
from skvi.models.linear_predictor.robust import cavity, leverages

__all__ = ["LeaveOneOut", "LeaveOneOutMixin"]

_HIGH_LEVERAGE = 0.9


class LeaveOneOut(NamedTuple):
    """What a model says of every training row without that row.

    Attributes
    ----------
    log_density : ndarray of shape (n_samples,)
        Log predictive density (probability, where targets are discrete), in nats.
    pit : ndarray of shape (n_samples,) or None
        Probability integral transforms: predictive probabilities of values up to the target (half
        of its own where targets are discrete). Uniform where the model is right. Of a censored
        time, the middle of what it may be: half of the probability to exceed it is added. None for
        labels without order, and where a likelihood of your own does not tell probabilities.
    leverage : ndarray of shape (n_samples,)
        How much of its predictor's precision a row brings, in [0, 1): above 0.9 the numbers above
        are rough.
    elpd : float
        Sum of the log densities, times the weights of the rows.
    """

    log_density: np.ndarray
    pit: np.ndarray | None
    leverage: np.ndarray
    elpd: float


class LeaveOneOutMixin:
    """``loo()`` of an estimator with a linear predictor."""

    def loo(self, refit="auto"):
        """Leave-one-out predictive densities of the training rows.

        Of up to 200 rows every one is left out by a few more steps of the fit, from the posterior
        of all rows. Of more rows the factor of each is taken out of the posterior of its predictor,
        in closed form; hyper-parameters then stay those of all rows, which makes ``elpd`` about one
        nat too large for each that is learned. Rows whose censored target tells an interval
        contribute its probability.

        Parameters
        ----------
        refit : {"auto", True, False}, default="auto"
            Whether to take further steps; "auto": where there are up to 200 rows and steps cost
            little.

        Returns
        -------
        LeaveOneOut
            ``log_density``, ``pit``, ``leverage`` and ``elpd``, over rows of positive weight.

        Raises
        ------
        ValueError
            If the training rows are no longer there: after loading from disk or ``partial_fit``;
            or if ``refit`` is none of these, or not possible.
        """
        check_is_fitted(self)
        parts = [self._closed_form(block) for block in self._training_rows()]
        refits = self._refits(refit)
        log_density, pit, leverage, weights = (
            None if part[0] is None else np.concatenate(part) for part in zip(*parts, strict=True)
        )
        if refits is not None:
            log_density, pit = self._predicted_again(refits)
        return LeaveOneOut(log_density, pit, leverage, float(weights @ log_density))

    def _refits(self, refit="auto"):
        """Posteriors without each row; None where that is not asked for, or takes long."""
        known = self._model, self._training_rows(), self._state
        if not (refit is True or refit is False or refit == "auto"):
            raise ValueError(f"refit={refit!r} is not allowed; use 'auto', True or False.")
        if refit is True and not Refits.are_possible(*known):
            raise ValueError("refit=True needs two rows at least, and family='full'.")
        wanted = Refits.are_quick(*known) if refit == "auto" else refit
        return Refits(*known, self.tol, self.max_iter) if wanted else None

    def _closed_form(self, block):
        """Log densities, transforms, leverages and weights of some rows."""
        model, posterior = self._model, self._state.posterior
        y, offset = model.split(block.y)
        _, mean, variance = model.moments(block.X, offset, posterior)
        _, slope, curvature = model.likelihood.expectations(y, mean, variance, posterior.parameters)
        without = cavity(mean, variance, slope, curvature)
        leverage = leverages(variance, curvature)
        return *self._told(y, *without, posterior.parameters), leverage, block.weights

    def _predicted_again(self, refits):
        """Log densities and transforms of rows under the posteriors without them."""
        rows = []
        for row, posterior in refits:
            y, offset = self._model.split(row.y)
            moments = self._model.moments(row.X, offset, posterior)[1:]
            rows.append((y, *moments, posterior.parameters))
        *moments, parameters = zip(*rows, strict=True)
        if not len(parameters[0]):  # one law for all rows
            return self._told(*map(np.concatenate, moments), parameters[0])
        log_density, pit = zip(*(self._told(*row) for row in rows), strict=True)
        return np.concatenate(log_density), None if pit[0] is None else np.concatenate(pit)

    def _told(self, y, *moments_and_parameters):
        """Log densities and transforms of targets with given moments of their predictors."""
        log_density = self._model.predictive_log_density(y, *moments_and_parameters)
        return log_density, self._transforms(y, *moments_and_parameters)

    def _transforms(self, y, mean, variance, parameters):
        likelihood = self._model.likelihood
        if is_classifier(self) and not self._ordered_classes:
            return None
        trials = {"trials": y[:, 1]} if likelihood.exposure == "trials" else {}
        try:
            law = self._law(mean, variance, parameters, **trials)
            below = law.cdf(y[:, 0])
        except LikelihoodError:  # a likelihood of the user's own need not tell probabilities
            return None
        if likelihood.n_target_columns > 1:
            return np.where(y[:, 1] == 0.0, 0.5 + 0.5 * below, below)
        return below - 0.5 * law.pmf(y[:, 0]) if likelihood.discrete else below
