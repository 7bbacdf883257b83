"""Leave-one-out predictions without refits."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from skvi.families.compound import CompoundDistribution
from skvi.families.discrete_compound import DiscreteCompound
from skvi.likelihoods._base import LikelihoodError
from skvi.models.linear_predictor.robust import cavity

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

    def loo(self):
        """Leave-one-out predictive densities of the training rows, in closed form.

        The factor of each row is taken out of the posterior of its predictor; nothing is fitted
        again. Rows whose censored target tells an interval contribute its probability.

        Returns
        -------
        LeaveOneOut
            ``log_density``, ``pit``, ``leverage`` and ``elpd``, over rows of positive weight.

        Raises
        ------
        ValueError
            If the training rows are no longer there: after loading from disk or ``partial_fit``.
        """
        check_is_fitted(self)
        model, posterior = self._model, self._state.posterior
        parts = []
        for block in self._training_rows():
            y, offset = model.split(block.y)
            _, mean, variance = model.moments(block.X, offset, posterior)
            moments = y, mean, variance, posterior.parameters
            _, slope, curvature = model.likelihood.expectations(*moments)
            without = cavity(mean, variance, slope, curvature)
            log_density = model.predictive_log_density(y, *without, posterior.parameters)
            leverage = _leverage(variance, curvature)
            parts.append((log_density, self._transforms(y, *without), leverage, block.weights))
        log_density, pit, leverage, weights = zip(*parts, strict=True)
        log_density, weights = np.concatenate(log_density), np.concatenate(weights)
        pit = None if pit[0] is None else np.concatenate(pit)
        return LeaveOneOut(log_density, pit, np.concatenate(leverage), float(weights @ log_density))

    def _transforms(self, y, mean, variance):
        likelihood = self._model.likelihood
        if mean.ndim > 1 or (is_classifier(self) and not self._ordered_classes):
            return None
        parameters = self._state.posterior.parameters
        trials = {"trials": y[:, 1]} if likelihood.exposure == "trials" else {}
        kind = DiscreteCompound if likelihood.discrete else CompoundDistribution
        conditional = partial(likelihood.conditional, parameters=parameters)
        law = kind(conditional, mean, variance, **trials)
        try:
            below = law.cdf(y[:, 0])
        except LikelihoodError:  # a likelihood of the user's own need not tell probabilities
            return None
        if likelihood.n_target_columns > 1:
            return np.where(y[:, 1] == 0.0, 0.5 + 0.5 * below, below)
        return below - 0.5 * law.pmf(y[:, 0]) if likelihood.discrete else below


def _leverage(variance, curvature):
    if variance.ndim == 1:
        return variance * curvature
    return np.linalg.eigvals(curvature @ variance).real.max(axis=1)
