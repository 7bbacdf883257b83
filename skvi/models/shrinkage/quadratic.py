"""The rows as a quadratic in the weights: squared, or as a square root where they are few.

Columns are measured in the units of a :class:`~skvi.families.scale_mixture.ScaleMixture`, and the
target in a power of two near its size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import solve_triangular

from skvi.models.linear_regression.spectrum import _about_zero, _power_of_two
from skvi.numerics.linalg import inverse_factor

__all__ = ["Conditional", "Gram", "Root", "quadratic_of"]

_NOTHING = 1e-13  # of the largest row of a triangle
_NEXT_TO_NOTHING = 1e-7  # of a prior precision: what the rows say of the weight


class Conditional(NamedTuple):
    """The posterior of the weights given the precisions of their prior, over the noise variance.

    Attributes
    ----------
    mean, variance : ndarray of shape (n_weights,)
    log_det : float
        Of the covariance.
    residual : float
        Squares that the means leave of the target.
    root : ndarray of shape (n_free, n_free) or None
        Root of the covariance, where it was formed.
    free : ndarray of shape (n_free,) or None
        Which weights it is of, the others being independent; None: all.
    inside, factor : ndarray of shape (n_rows, n_weights), (n_rows, n_rows) or None
        Where it was not: what is taken off the prior covariance, in its own units, as a root; and
        the factor that was divided by.
    """

    mean: np.ndarray
    variance: np.ndarray
    log_det: float
    residual: float
    root: np.ndarray | None = None
    free: np.ndarray | None = None
    inside: np.ndarray | None = None
    factor: np.ndarray | None = None

    def deviate(self, precision, rng):
        """A draw less its mean, over the noise standard deviation.

        Where the covariance was not formed: as of Bhattacharya, Chakraborty and Mallick (2016).
        """
        if self.free is not None:
            deviate = rng.standard_normal(len(precision)) * np.sqrt(self.variance)
            deviate[self.free] = rng.standard_normal(len(self.root)) @ self.root
            return deviate
        if self.root is not None:
            return rng.standard_normal(len(self.root)) @ self.root
        prior = rng.standard_normal(len(precision))
        noise = rng.standard_normal(len(self.factor))
        noise = solve_triangular(self.factor, noise, lower=True, check_finite=False)
        return (prior - (self.inside @ prior + noise) @ self.inside) / np.sqrt(precision)


class Gram(NamedTuple):
    """Products of columns and target.

    Attributes
    ----------
    matrix : ndarray of shape (n_weights, n_weights)
    linear : ndarray of shape (n_weights,)
    total : float
    """

    matrix: np.ndarray
    linear: np.ndarray
    total: float

    by_rows = False

    @property
    def squares(self):
        """Sum of squares of every column."""
        return self.matrix.diagonal().copy()

    @property
    def columns(self):
        """What a sweep over the weights takes one line of for each of them."""
        return self.matrix

    def canonical(self):
        """The same: products are what tables have in common."""
        return self

    def left(self, mean):
        """Products of the columns with what some weights leave of the target."""
        return self.linear - self.matrix @ mean

    def left_squares(self, left, mean):
        """Squares of what the weights leave of the target."""
        return max(float(self.total - (self.linear + left) @ mean), 0.0)

    def residual(self, mean):
        """Squares that some weights leave of the target."""
        rest = self.total - 2.0 * (self.linear @ mean) + mean @ (self.matrix @ mean)
        return max(float(rest), 0.0)

    def given(self, precision):
        """The posterior where the prior precisions of the weights are these.

        Weights that their prior all but holds at zero are taken for independent of the others.
        """
        held = precision * _NEXT_TO_NOTHING > self.squares
        if not np.any(held):
            return self._dense(precision)
        free = np.flatnonzero(~held)
        part = Gram(self.matrix[np.ix_(free, free)], self.linear[free], self.total)
        inner = part._dense(precision[free])
        mean, variance = np.zeros(len(precision)), 1.0 / (self.squares + precision)
        mean[free], variance[free] = inner.mean, inner.variance
        left = self.left(mean)
        mean[held] = variance[held] * left[held]
        log_det = inner.log_det + float(np.sum(np.log(variance[held])))
        kept = {"root": inner.root, "free": free}
        return Conditional(mean, variance, log_det, self.residual(mean), **kept)

    def explained(self, precision):
        """Squares that the means leave of the target, where the prior precisions are these."""
        unit = 1.0 / np.sqrt(self.squares + precision)
        scaled = self.matrix * unit
        scaled *= unit[:, None]
        scaled[np.diag_indices_from(scaled)] = 1.0
        factor = np.linalg.cholesky(scaled)
        inner = solve_triangular(factor, unit * self.linear, lower=True, check_finite=False)
        return self.residual(unit * solve_triangular(factor.T, inner, check_finite=False))

    def _dense(self, precision):
        if not len(precision):
            nothing = np.zeros(0)
            return Conditional(nothing, nothing, 0.0, self.total, np.zeros((0, 0)))
        # in units in which the diagonal is one: precisions may be of any sizes
        unit = 1.0 / np.sqrt(self.squares + precision)
        scaled = self.matrix * unit
        scaled *= unit[:, None]
        scaled[np.diag_indices_from(scaled)] = 1.0
        root = inverse_factor(scaled)
        mean = unit * (root.T @ (root @ (unit * self.linear)))
        log_det = 2.0 * float(np.sum(np.log(root.diagonal())) + np.sum(np.log(unit)))
        variance = np.einsum("ij,ij->j", root, root) * unit**2
        return Conditional(mean, variance, log_det, self.residual(mean), root * unit)


class Root(NamedTuple):
    """Few rows: as they are, or a square root of their products.

    Attributes
    ----------
    rows : ndarray of shape (n_rows, n_weights)
    target : ndarray of shape (n_rows,)
    """

    rows: np.ndarray
    target: np.ndarray
    lines: np.ndarray | None = None
    known_squares: np.ndarray | None = None
    by_rows = True

    @property
    def columns(self):
        """Columns, each in one piece."""
        return np.ascontiguousarray(self.rows.T) if self.lines is None else self.lines

    def with_lines(self):
        """The same with columns that are kept in one piece each."""
        return self._replace(lines=self.columns, known_squares=self.squares)

    def canonical(self):
        """The triangle that all tables with these products have in common.

        Draws are then the same for rows of weight two and rows that stand twice.
        """
        joint = np.column_stack([self.rows, self.target])
        factor = np.linalg.qr(joint, mode="r")
        factor *= np.where(factor.diagonal() < 0.0, -1.0, 1.0)[: len(factor), None]
        size = np.linalg.norm(factor, axis=1)
        factor = factor[size > _NOTHING * size.max(initial=0.0)]
        return Root(factor[:, :-1].copy(), factor[:, -1].copy()).with_lines()

    def left(self, mean):
        """What some weights leave of the target."""
        return self.target - self.rows @ mean

    def left_squares(self, left, mean):
        """Squares of what the weights leave of the target."""
        return float(left @ left)

    @property
    def total(self):
        """Sum of squares of the target."""
        return float(self.target @ self.target)

    @property
    def linear(self):
        """Products of columns and target."""
        return self.target @ self.rows

    @property
    def squares(self):
        """Sum of squares of every column."""
        if self.known_squares is not None:
            return self.known_squares
        return np.einsum("ij,ij->j", self.rows, self.rows)

    def residual(self, mean):
        """Squares that some weights leave of the target."""
        rest = self.target - self.rows @ mean
        return float(rest @ rest)

    def given(self, precision):
        """The posterior where the prior precisions of the weights are these."""
        if len(self.rows) > len(precision):
            return self._by_columns(precision)
        sd = 1.0 / np.sqrt(precision)
        scaled = self.rows * sd
        products = scaled @ scaled.T
        products[np.diag_indices_from(products)] += 1.0
        factor = np.linalg.cholesky(products)
        inside = solve_triangular(factor, scaled, lower=True, check_finite=False)
        target = solve_triangular(factor, self.target, lower=True, check_finite=False)
        mean = sd * (target @ inside)
        variance = np.maximum(1.0 - np.einsum("ij,ij->j", inside, inside), 0.0)
        variance = np.maximum(variance, 1e-15) * sd**2
        log_det = -2.0 * float(np.sum(np.log(factor.diagonal()))) - float(np.sum(np.log(precision)))
        kept = {"inside": inside, "factor": factor}
        return Conditional(mean, variance, log_det, self.residual(mean), **kept)

    def explained(self, precision):
        """Squares that the means leave of the target, where the prior precisions are these."""
        return self.given(precision).residual

    def _by_columns(self, precision):
        joint = np.vstack([self.rows, np.diag(np.sqrt(precision))])
        orthogonal, factor = np.linalg.qr(joint)
        root = solve_triangular(factor.T, np.eye(len(precision)), lower=True)
        mean = root.T @ (orthogonal[: len(self.rows)].T @ self.target)
        log_det = 2.0 * float(np.sum(np.log(np.abs(root.diagonal()))))
        variance = np.einsum("ij,ij->j", root, root)
        return Conditional(mean, variance, log_det, self.residual(mean), root)


def quadratic_of(summary, unit, fit_intercept, target=0):
    """The quadratic of a summary of the rows ``[X, y]``.

    Parameters
    ----------
    summary : Moments or SquareRoot
    unit : ndarray of shape (n_weights,)
    fit_intercept : bool
    target : int, default=0
        Which.

    Returns
    -------
    quadratic : Gram or Root
    y_scale : float
    """
    p, squared = len(unit), hasattr(summary, "scatter")
    matrix = summary.scatter if squared else summary.root
    if not fit_intercept:
        matrix = _about_zero(matrix, summary, squared)
    column = p + target
    square = matrix[column, column] if squared else matrix[:, column] @ matrix[:, column]
    size = np.sqrt(square / max(float(summary.weight), 1e-300))
    y_scale = float(_power_of_two(np.array([size]), np.abs(summary.mean[column : column + 1]))[0])
    if not squared:
        return Root(matrix[:, :p] * unit, matrix[:, column] / y_scale), y_scale
    products = matrix[:p, :p] * unit
    products *= unit[:, None]
    linear = matrix[:p, column] * (unit / y_scale)
    return Gram(products, linear, float(square) / y_scale**2), y_scale
