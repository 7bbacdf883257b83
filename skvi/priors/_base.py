"""What every prior object is: constructor arguments that are only stored, checked when resolved.

Two kinds of prior meet in a linear regression. A prior of the *weights* has
``gaussian_form(facts)``: the weights as an affine image of independent Gaussian coordinates. A
prior of the *noise* has
``log_density_of_log_variance(v)``, and ``conjugate_form()`` where it is conjugate.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.base import BaseEstimator

__all__ = [
    "ConjugateNoise",
    "DesignFacts",
    "GaussianForm",
    "PriorBase",
    "check_finite",
    "check_positive",
]


class PriorBase(BaseEstimator):
    """A prior: ``get_params``, ``set_params``, ``clone`` and a readable ``repr``."""


class DesignFacts(NamedTuple):
    """What a prior of weights may know about the design: never its rows.

    Attributes
    ----------
    n_features : int
        Number of columns.
    total_spread : float
        Square root of the sum of the variances of the columns; positive.
    spread : ndarray of shape (n_features,)
        Standard deviation of each column about the origin the model uses; may be zero.
    """

    n_features: int
    total_spread: float
    spread: np.ndarray


class GaussianForm(NamedTuple):
    """Weights ``w = mean + transform u`` with independent Gaussian coordinates ``u``.

    Attributes
    ----------
    mean : ndarray of shape (n_features,)
    transform : ndarray of shape (n_features,) or (n_features, n_features)
        A diagonal, or a lower-triangular factor.
    precision : float
        Prior precision of each coordinate; zero for a flat prior (density one with respect to
        Lebesgue measure of the weights); NaN where it is learned.
    scaled_by_noise : bool
        Whether the precision is relative to the noise variance.
    log_precision_location : float
        Centre of the prior of the log precision, where it is learned.
    """

    mean: np.ndarray
    transform: np.ndarray
    precision: float
    scaled_by_noise: bool
    log_precision_location: float = np.nan


class ConjugateNoise(NamedTuple):
    """A density ``exp(log_constant) t**(shape - 1) exp(-rate t)`` of the noise precision ``t``.

    ``rate`` and ``log_constant`` may be arrays of one length: a sum of such densities.
    """

    shape: float
    rate: float
    log_constant: float


def check_positive(prior, name, *, infinite=False):
    """Value of an argument of ``prior`` that must be a positive number."""
    value = getattr(prior, name)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = np.nan
    if not number > 0.0 or (np.isinf(number) and not infinite):
        allowed = "positive" if infinite else "positive and finite"
        raise ValueError(f"{type(prior).__name__}: {name} must be {allowed}, got {value!r}.")
    return number


def check_finite(prior, name):
    """Value of an argument of ``prior`` as a finite float64 array."""
    value = getattr(prior, name)
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.array(np.nan)
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{type(prior).__name__}: {name} must be finite numbers, got {value!r}.")
    return array
