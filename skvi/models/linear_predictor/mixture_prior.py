"""From priors with scales of their own to the prior of standardised weights."""

from __future__ import annotations

import numpy as np

from skvi.models.linear_predictor.prior import resolve, units_of
from skvi.priors._base import GaussianForm, PriorError

__all__ = ["coefficient_precisions", "with_mixture"]


class _InUnits:
    """The weights of a mixture at one scale: what their precisions are multiples of."""

    def __init__(self, mixture):
        self._unit = mixture.unit

    def gaussian_form(self, facts):
        """Independent weights of one learned precision."""
        return GaussianForm(np.zeros(len(self._unit)), self._unit, np.nan, True, 0.0)

    def check_units(self, x_spread, y_spread):
        """Nothing: scales follow the data."""


def with_mixture(
    weights, likelihood, facts, fit_intercept, columns_of, centred, target_unit, names
):
    """The prior for given facts, with scales relative to the unit of the target.

    Parameters
    ----------
    weights : ScaleMixturePrior
    likelihood, facts, fit_intercept, columns_of, centred, target_unit
        As :func:`~skvi.models.linear_predictor.prior.resolve` takes them.
    names : tuple of str or None
        Of the columns.

    Returns
    -------
    Prior
    """
    _, design = units_of(facts, fit_intercept, centred)
    mixture = weights.scale_mixture(design._replace(names=names))
    if mixture.has_spike:
        raise PriorError(
            weights,
            "a coefficient can be zero under it, which this posterior family cannot say; use "
            "another prior, or VariationalSingleEffectsClassifier.",
        )
    parts = likelihood, facts, fit_intercept, columns_of, centred, target_unit
    prior = resolve(_InUnits(mixture), *parts)
    features = np.flatnonzero(prior.scaled > 0.0)
    return prior._replace(mixture=_of_every_predictor(mixture, columns_of), features=features)


def _of_every_predictor(mixture, columns_of):
    """The mixture of the weights of all predictors, one's after the other's."""
    unit = np.concatenate([mixture.unit[features] for features in columns_of])
    if mixture.groups is None:
        return mixture._replace(unit=unit)
    n_groups = mixture.groups.max() + 1
    groups = [mixture.groups[features] + d * n_groups for d, features in enumerate(columns_of)]
    labels = np.unique(np.concatenate(groups), return_inverse=True)[1]
    return mixture._replace(unit=unit, groups=labels)


def coefficient_precisions(model, state):
    """Mean prior precision of every coefficient, in the units of the table and the target.

    Parameters
    ----------
    model : LinearPredictorModel
    state : State

    Returns
    -------
    ndarray of shape (n_features,) or (n_predictors, n_features)
        NaN where a predictor does not depend on a column.
    """
    prior, precision = state.prior, state.posterior.scale.precision
    units = prior.units
    values = np.full((state.posterior.n_predictors, units.n_columns), np.nan)
    scaled = (precision * prior.scaled)[prior.features]
    values.ravel()[prior.active[prior.features]] = scaled
    values = values[:, : len(units.scale)] * (units.scale / model.target_unit) ** 2
    return values[0] if len(values) == 1 else values
