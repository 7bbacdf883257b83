"""Whether a design that was squared has lost digits that matter to the posterior.

A scatter is known to some units in the last place of its largest eigenvalue ``d_1``, and so is
every eigenvalue ``d`` of it. The product ``c = sqrt(d) g`` of a direction and a target is known to
as many of ``sqrt(d_1) |y|``. Given the prior precision ``alpha`` the posterior has means
``c / (d + alpha)``, variances in proportion to ``1 / (d + alpha)``, and the fit leaves the squares
``|y|^2 - sum c^2 / (d + alpha)``: what errors do to these is plain to see.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

__all__ = ["Rounding", "hides_columns", "hides_signal", "is_graded", "is_safe", "loses_digits"]

# Below so many times the floor an eigenvalue is in doubt.
_DOUBTFUL = 1e3
# Of a scatter of doubles, in units of its largest eigenvalue.
_ERROR = 16.0 * float(np.finfo(np.float64).eps)
# Rows in float32 beyond which errors are not trusted to average out any further.
_MOST_INDEPENDENT = 1e5
# Tolerated: relative errors of a variance and of the squares left, standard deviations of a mean.
_VARIANCE, _SQUARES, _DEVIATIONS = 1e-6, 1e-7, 1e-4


class Rounding(NamedTuple):
    """Errors of a scatter, in units of its largest eigenvalue.

    Attributes
    ----------
    error : float
        To be expected.
    floor : float
        What an eigenvalue must exceed to be more than rounding.
    slack : float
        Factor of what is tolerated.
    """

    error: float
    floor: float
    slack: float

    @classmethod
    def of(cls, n_features, float32_rows=0.0):
        """Errors where rows were multiplied in float64, or this many of them in float32."""
        if not float32_rows:
            return cls(_ERROR, _floor(n_features), 1.0)
        # Errors of the products of a few rows are independent of each other, up to a point: a
        # quarter of this is measured.
        count = min(max(float32_rows, 1.0), _MOST_INDEPENDENT)
        error = 16.0 * float(np.finfo(np.float32).eps) / math.sqrt(count)
        return cls(error, error, 100.0)

    def kept(self, eigenvalues, products, total):
        """Eigenvalues in ascending order, with zeros for those that are zero but for rounding.

        One that is needed to keep a product with a target is the floor instead. One that is below
        zero by more than rounding of doubles is next to nothing, but not zero: it is in doubt.
        """
        largest = max(float(eigenvalues[-1]), 0.0)
        zero = _floor(len(eigenvalues)) * largest
        if eigenvalues[0] > self.floor * largest:
            return eigenvalues
        telling = np.any(np.abs(products) > self.product_floor(eigenvalues, total), axis=1)
        small = np.where(eigenvalues < -zero, zero, np.where(eigenvalues > zero, eigenvalues, 0.0))
        low = np.where(telling, self.floor * largest, small)
        return np.where(eigenvalues > self.floor * largest, eigenvalues, low)

    def product_floor(self, eigenvalues, total):
        """What a product of a direction and each target must exceed to be more than rounding."""
        return self.floor * np.sqrt(max(eigenvalues[-1], 0.0) * total)


def _floor(n_features):
    """What an eigenvalue of a scatter of doubles must exceed, in units of the largest."""
    return 0.5 * n_features * _ERROR


def is_safe(spectrum):
    """Whether no prior precision at all makes errors of the scatter show, by crude estimates.

    Parameters
    ----------
    spectrum : Spectrum

    Returns
    -------
    bool
    """
    smallest, largest = float(spectrum.eigenvalues[0]), float(spectrum.eigenvalues[-1])
    if not (smallest > 0.0 and spectrum.residual.all()):
        return False
    condition = largest / smallest
    error = condition + 2.0 * math.sqrt(condition * spectrum.n_features)
    error *= spectrum.rounding.error / spectrum.rounding.slack
    gain = float((spectrum.total / spectrum.residual).max())
    deviations = error * math.sqrt(spectrum.weight * gain)
    return error <= _VARIANCE and error * gain <= _SQUARES and deviations <= _DEVIATIONS


def hides_signal(spectrum):
    """Whether a target depends on a direction of which the scatter holds next to nothing.

    How well it would be fitted there is not known then, nor how small a prior precision it calls
    for: the posterior from this scatter cannot tell.

    Parameters
    ----------
    spectrum : Spectrum

    Returns
    -------
    bool
    """
    values = spectrum.eigenvalues
    doubtful = values < _DOUBTFUL * spectrum.rounding.floor * values[-1]
    products = np.sqrt(values[doubtful])[:, None] * np.abs(spectrum.coordinates[doubtful])
    return bool(np.any(products > spectrum.rounding.product_floor(values, spectrum.total)))


def hides_columns(spectrum, moments, fit_intercept):
    """Whether the scatter holds next to nothing of directions for their sizes alone.

    Parameters
    ----------
    spectrum : Spectrum
    moments : Moments
        Of the rows ``[x, y]``.
    fit_intercept : bool

    Returns
    -------
    bool
        Not where the columns depend on each other just as much once they have one size.
    """
    values, floor = spectrum.eigenvalues, spectrum.rounding.floor
    held = int(np.sum(values >= _DOUBTFUL * floor * values[-1]))
    if held == len(values):
        return False
    features = slice(len(values))
    scatter, mean = moments.scatter[features, features], moments.mean[features]
    about_zero = scatter + moments.weight * np.outer(mean, mean)
    scaled = map(_correlation_eigenvalues, (scatter, about_zero)[: 2 - fit_intercept])
    return any(int(np.sum(each > floor * each[-1:])) > held for each in scaled)


def loses_digits(spectrum, precision):
    """Whether errors of the scatter show in the posterior at some prior precisions.

    Parameters
    ----------
    spectrum : Spectrum
    precision : ndarray of shape (n_targets,)
        The smallest that matters to each target, relative to the noise, in scaled units.

    Returns
    -------
    bool
    """
    values = spectrum.eigenvalues[:, None]
    error, _, slack = spectrum.rounding
    products = np.sqrt(values) * np.abs(spectrum.coordinates)
    product_error = error * np.sqrt(values[-1] * spectrum.total)
    posterior = values + precision
    with np.errstate(divide="ignore", invalid="ignore"):
        # What is zero to the last digits of a double is so, whatever the rows were multiplied in.
        largest = np.where(values > 0.0, error, _ERROR) * values[-1]
        relative = np.where(values[-1] > 0.0, largest / posterior, 0.0)
        if not np.all(relative <= slack * _VARIANCE):
            return True
        shrunk = spectrum.coordinates**2 * (precision / posterior)
        left = spectrum.residual + shrunk.sum(axis=0)
        mean_error = relative * products + product_error
        squares = np.linalg.norm(products * (mean_error + product_error) / posterior, axis=0)
        deviations = mean_error / np.sqrt(posterior * (left / spectrum.weight))
    return bool(
        np.any(squares > slack * _SQUARES * left) or np.any(deviations > slack * _DEVIATIONS)
    )


def is_graded(moments, rounding):
    """Whether it is the sizes of the columns alone that are far apart.

    Errors of a scatter are in proportion to the sizes of two columns. Where the correlations are
    well conditioned, a square root of the scatter has all the digits that one of the rows has: no
    quadratic form changes by more than the error over the smallest eigenvalue of the correlations.

    Parameters
    ----------
    moments : Moments
        Of the rows ``[x, y]``.
    rounding : Rounding

    Returns
    -------
    bool
    """
    values = _correlation_eigenvalues(moments.scatter)
    if not len(values):
        return False
    smallest = float(values[0])
    error = rounding.error / rounding.slack * len(moments.scatter)
    # A mean is off by the error times its size, in which there are up to so many deviations.
    deviations = math.sqrt(float(moments.weight) / max(smallest, _ERROR))
    return error <= _SQUARES * smallest and error * deviations <= _DEVIATIONS


def _correlation_eigenvalues(scatter):
    """Eigenvalues of the correlations of columns that are not constant, ascending."""
    size = np.sqrt(np.diagonal(scatter))
    used = size > 0.0
    return np.linalg.eigvalsh(scatter[np.ix_(used, used)] / size[used] / size[used, None])
