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
    "CONCENTRATION",
    "COUNT",
    "LENGTH",
    "SQUARE",
    "ConjugateNoise",
    "DesignFacts",
    "GaussianForm",
    "PriorBase",
    "PriorError",
    "check_finite",
    "check_positive",
    "check_within",
    "symmetrised",
]

LENGTH = (1e-150, 1e150)
"""What is in the units of the data: its square must be a number, too."""
SQUARE = (1e-300, 1e300)
"""What is in squared units of the data, or in their inverse."""
COUNT = (1e-100, 1e100)
"""What has no units."""
CONCENTRATION = (1e-100, 1e8)
"""Of mixture weights: beyond, changes of the bound are smaller than its rounding errors."""
_ASYMMETRY = 1e-8  # of a covariance, beside the product of two standard deviations
FROM_DATA = 1e50
"""How far, as a factor, a length may be from what the data suggest: squares of its square remain
numbers in the units of the data."""


class PriorBase(BaseEstimator):
    """A prior: ``get_params``, ``set_params``, ``clone`` and a readable ``repr``."""

    def check_units(self, x_spread, y_spread):
        """Raise an error where an argument is out of all proportion to the data.

        Parameters
        ----------
        x_spread : float
            Standard deviation of the columns, together; positive.
        y_spread : float
            Standard deviation of the target; positive.

        Raises
        ------
        ValueError
            If the answer could not be told in floating-point numbers.
        """


class PriorError(ValueError):
    """An argument of a prior that is not allowed.

    Parameters
    ----------
    prior : PriorBase
        The prior; an estimator that holds it says under which name.
    reason : str
        Which argument, what is allowed and what it was.
    """

    def __init__(self, prior, reason):
        super().__init__(prior, reason)
        self.prior, self.reason = prior, reason

    def __str__(self):
        return f"{type(self.prior).__name__}: {self.reason}"


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
    weight : float, default=1.0
        Number of rows, counted with their weights.
    names : tuple of str or None, default=None
        Names of the columns, where there are any.
    """

    n_features: int
    total_spread: float
    spread: np.ndarray
    weight: float = 1.0
    names: tuple | None = None


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


def check_positive(prior, name, allowed=COUNT, *, infinite=False, optional=False):
    """Value of an argument of ``prior`` that must be a positive number within ``allowed``."""
    value = getattr(prior, name)
    number = _as_float64(value)
    if number is None or number.ndim or not number > 0.0 or not (infinite or np.isfinite(number)):
        kind = "positive" if infinite else "positive and finite"
        alternative = ", or None" if optional else ""
        raise PriorError(prior, f"{name} must be {kind}{alternative}, got {value!r}.")
    number = float(number)
    if not (allowed[0] <= number <= allowed[1] or np.isinf(number)):
        raise PriorError(
            prior, f"{name} must be between {allowed[0]:g} and {allowed[1]:g}, got {value!r}."
        )
    return number


def check_finite(prior, name, largest=np.inf):
    """Value of an argument of ``prior`` as an array of numbers no larger than ``largest``."""
    value = getattr(prior, name)
    array = _as_float64(value)
    if array is None or not np.all(np.isfinite(array)):
        raise PriorError(prior, f"{name} must be finite numbers, got {value!r}.")
    if np.any(np.abs(array) > largest):
        raise PriorError(
            prior, f"{name} must be between {-largest:g} and {largest:g}, got {value!r}."
        )
    return array


def symmetrised(matrix):
    """The mean of a matrix and its transpose; None where these differ by more than rounding.

    Parameters
    ----------
    matrix : ndarray of shape (d, d)
        With a positive diagonal.

    Returns
    -------
    ndarray of shape (d, d) or None
    """
    size = np.sqrt(np.abs(matrix.diagonal()))
    difference = np.abs(matrix - matrix.T)
    if not np.all(difference <= _ASYMMETRY * size[:, None] * size):
        return None
    return 0.5 * matrix + 0.5 * matrix.T


def check_within(prior, name, log_unit, low, high, values=None):
    """Raise an error where an argument is not ``low`` to ``high`` times the unit of the data.

    Parameters
    ----------
    prior : PriorBase
    name : str
    log_unit, low, high : float
    values : ndarray, default=None
        What to check of the argument; None: all of it.
    """
    value = getattr(prior, name)
    with np.errstate(divide="ignore"):
        size = np.log(np.abs(np.asarray(value if values is None else values, dtype=np.float64)))
        log_low = np.log(low)
    if np.any(size - log_unit < log_low) or np.any(size - log_unit > np.log(high)):
        allowed = f"{low:g} to {high:g}" if low else f"at most {high:g}"
        raise PriorError(
            prior,
            f"{name} must be {allowed} times 1e{log_unit / np.log(10.0):+.0f}, the size it has in "
            f"the units of the data, got {value!r}; choose other units or another prior.",
        )


def _as_float64(value):
    """Array of numbers; None for anything else, truth values and text included."""
    try:
        array = np.asarray(value)
        return array.astype(np.float64) if array.dtype.kind in "iuf" else None
    except (TypeError, ValueError):
        return None
