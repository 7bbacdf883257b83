"""From prior objects and facts about the data to the prior of standardised weights.

Columns are measured from their means in standard deviations; weights of columns so measured have
the precision ``fixed + alpha scaled``, where ``alpha`` is one number, given or learned. Facts are
read off the rows once, and add.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.linear_predictor.design import Units
from skvi.priors._base import DesignFacts

__all__ = ["Facts", "Prior", "matrix_of", "resolve", "units_of", "weights_form"]

INTERCEPT_PRECISION = 1e-2
"""The intercept, where columns are at their means, has prior ``N(that of the mean target, 10^2)``:
ten on the scale of log odds or log means, or ten standard deviations of the target."""


class Facts(NamedTuple):
    """What the prior may know about the data: sums over rows.

    Attributes
    ----------
    columns : ColumnMoments
        Of the table.
    targets : ndarray
        Statistics of the targets, as the likelihood takes them.
    offset : ndarray of shape ()
        Weighted sum of the offsets.
    """

    columns: tuple
    targets: np.ndarray
    offset: np.ndarray

    def merged(self, other):
        """Facts about the rows of both."""
        columns = self.columns.merged(other.columns)
        return Facts(columns, self.targets + other.targets, self.offset + other.offset)

    def scaled(self, factor):
        """Facts about the same rows, each counted ``factor`` times."""
        columns = self.columns.scaled(factor)
        return Facts(columns, self.targets * factor, self.offset * factor)


class Prior(NamedTuple):
    """The resolved prior of flat standardised weights, one predictor's after the other's.

    Attributes
    ----------
    units : Units
        How columns are measured.
    active : ndarray of shape (n_active,)
        Which of the flat weights there are; the others are zero.
    mean : ndarray of shape (n_active,)
    fixed, scaled : ndarray of shape (n_active,) or (n_active, n_active)
        Parts of the precision: diagonals, or matrices.
    alpha : float
        Precision of the scaled part where it is given; NaN where it is learned.
    relative_to_noise : bool
        Whether ``alpha`` is in units of the noise precision.
    n_scaled : int
        Number of weights that ``alpha`` governs.
    location : float
        Centre of the prior of its logarithm, where it is learned.
    log_constant : float
        Log density at the mean where ``alpha`` is one, in the density of standardised weights.
    predictor, parameters : ndarray
        Where the predictors and the hyper-parameters of the likelihood start.
    mixture : ScaleMixture or None, default=None
        Of the weights in units of the scaled part, where they have scales of their own.
    features : ndarray of shape (n_scaled,) or None, default=None
        Which of the active weights these are.
    """

    units: Units
    active: np.ndarray
    mean: np.ndarray
    fixed: np.ndarray
    scaled: np.ndarray
    alpha: float
    relative_to_noise: bool
    n_scaled: int
    location: float
    log_constant: float
    predictor: np.ndarray
    parameters: np.ndarray
    mixture: object = None
    features: np.ndarray | None = None


def resolve(weights, likelihood, facts, fit_intercept, columns_of, centred, target_unit=1.0):
    """The prior for given facts.

    Parameters
    ----------
    weights : Ridge, Normal or Flat
    likelihood : Likelihood
    facts : Facts
    fit_intercept : bool
    columns_of : list of ndarray
        For every predictor, the features it depends on.
    centred : bool
        Whether columns are measured from their means.
    target_unit : float, default=1.0
        What one unit of the predictor is in units of the target.

    Returns
    -------
    Prior
    """
    units, design = units_of(facts, fit_intercept, centred)
    predictor, parameters = likelihood.begin(facts.targets)
    offset = facts.offset / facts.columns.weight
    if likelihood.own_intercept:
        parameters = parameters + np.append(offset, np.zeros(len(parameters) - 1))
    predictor = predictor - offset
    form = weights_form(weights, design, target_unit)
    n_columns, n_features = units.n_columns, design.n_features
    active, means, blocks = [], [], []
    for d, features in enumerate(columns_of):
        active.append(d * n_columns + features)
        means.append(form.mean[features] * units.scale[features])
        blocks.append(_precision(form.transform, units.scale)[_square(form, features)])
        if fit_intercept:
            active.append(np.array([d * n_columns + n_features]))
            means.append(predictor[d : d + 1])
    fixed, scaled, log_constant = _assemble(form, blocks, units, columns_of, fit_intercept)
    if form.precision == 0.0:
        log_constant += sum(map(len, columns_of)) * np.log(target_unit)
    n_weights = sum(map(len, columns_of))
    learned = np.isnan(form.precision)
    return Prior(
        units,
        np.concatenate(active),
        np.concatenate(means),
        fixed,
        scaled,
        form.precision,
        form.scaled_by_noise and not learned and _has_scale(likelihood),
        n_weights if form.precision != 0.0 else 0,
        form.log_precision_location,
        log_constant,
        predictor,
        parameters,
    )


def weights_form(weights, design, target_unit):
    """Prior of the weights of a predictor that is measured in some unit of the target.

    Parameters
    ----------
    weights : Ridge, Normal or Flat
    design : DesignFacts
    target_unit : float

    Returns
    -------
    GaussianForm
    """
    form = weights.gaussian_form(design)
    weights.check_units(design.total_spread, target_unit)
    if form.scaled_by_noise:
        return form
    return form._replace(mean=form.mean / target_unit, transform=form.transform / target_unit)


def _has_scale(likelihood):
    return likelihood.in_units_of_target and hasattr(likelihood, "scale")


def matrix_of(precision):
    """A precision as a matrix, where it is kept as a diagonal."""
    return np.diag(precision) if precision.ndim == 1 else precision


def units_of(facts, fit_intercept, centred):
    """How columns are measured, and what the prior of their weights may know of them.

    Parameters
    ----------
    facts : Facts
    fit_intercept, centred : bool
        Whether there is an intercept, and whether columns are measured from their means.

    Returns
    -------
    units : Units
    design : DesignFacts
    """
    weight, mean, square = facts.columns
    spread = np.sqrt(square / weight)
    centre = mean if centred else np.zeros_like(mean)
    about_origin = spread if centred else np.hypot(spread, mean)
    total = np.linalg.norm(spread) or np.linalg.norm(mean) or 1.0
    scale = np.where(about_origin > 1e-13 * np.abs(mean), about_origin, 0.0)
    scale = np.where(scale > 0.0, scale, 1.0)
    design = DesignFacts(len(mean), float(total), about_origin, float(weight))
    return Units(centre, scale, bool(fit_intercept)), design


def _square(form, features):
    return np.ix_(features, features) if form.transform.ndim == 2 else features


def _precision(transform, scale):
    """Precision of standardised weights whose coordinates have precision one."""
    if transform.ndim == 1:
        return 1.0 / (transform * scale) ** 2
    inverse = np.linalg.inv(transform) / scale
    return inverse.T @ inverse


def _assemble(form, blocks, units, columns_of, fit_intercept):
    """Parts of the precision over all weights, and the constant of the density."""
    n_active = sum(len(features) + fit_intercept for features in columns_of)
    dense = form.transform.ndim == 2
    fixed = np.zeros(n_active)
    scaled = np.zeros((n_active, n_active) if dense else n_active)
    flat, log_constant, start = form.precision == 0.0, 0.0, 0
    for features, block in zip(columns_of, blocks, strict=True):
        stop = start + len(features)
        if flat:
            log_constant -= np.sum(np.log(units.scale[features]))
        else:
            scaled[(slice(start, stop),) * block.ndim] = block
            log_det = np.linalg.slogdet(block)[1] if dense else np.sum(np.log(block))
            log_constant += 0.5 * (log_det - len(features) * np.log(2.0 * np.pi))
        if fit_intercept:
            fixed[stop] = INTERCEPT_PRECISION
            log_constant += 0.5 * np.log(INTERCEPT_PRECISION / (2.0 * np.pi))
        start = stop + fit_intercept
    return fixed, scaled, float(log_constant)
