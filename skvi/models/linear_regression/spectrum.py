"""One factorisation of the design per fit, in coordinates where the prior is spherical.

With ``w = mean + transform u`` and ``A`` the (centred, weighted) design times
``transform / x_scale``, ``A = U sqrt(d) V'``: everything the posterior needs is the eigenvalues
``d``, the coordinates ``U'y`` of the target and its residual sum of squares.
``x_scale`` and ``y_scale`` are powers of two: no digit changes, no square over- or underflows.

The summary is either ``Moments`` of ``[X, y]`` (its scatter is diagonalised, which squares the
condition number) or ``SquareRoot`` (singular values of the root itself, where they are far apart to
the digits of every column; when there are more columns than rows and the condition allows, the
eigenvalues of the small kernel).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import linalg

from skvi.models.linear_regression.basis import DualBasis, ExplicitBasis
from skvi.models.linear_regression.rounding import Rounding
from skvi.numerics.graded_svd import graded_svd

__all__ = ["Spectrum", "spectrum_of"]

_GRADED = 1e-4
"""Ratio of extreme singular values below which errors in proportion to the largest may show."""
_NULL = 1e-13
"""Ratio of extreme singular values below which one that must be zero is."""
_SQUARABLE = 1e-8
"""Ratio of extreme eigenvalues below which a squared matrix no longer carries the smallest."""


class Spectrum(NamedTuple):
    """A design and its targets in the eigenbasis of the prior-whitened design.

    Attributes
    ----------
    eigenvalues : ndarray of shape (rank,)
        Squared singular values ``d`` of the scaled design, zero where below rounding.
    coordinates : ndarray of shape (rank, n_targets)
        Targets (less the prior mean's prediction) in the left singular basis, over ``y_scale``.
    residual : ndarray of shape (n_targets,)
        Sum of squares of the targets outside that basis, over ``y_scale**2``.
    total : ndarray of shape (n_targets,)
        Sum of squares of the targets, over ``y_scale**2``.
    weight : float
        Number of rows, counted with their weights.
    x_mean, y_mean : ndarray of shape (n_features,), (n_targets,)
        Zero without an intercept.
    x_scale : float
    y_scale : ndarray of shape (n_targets,)
    prior_mean : ndarray of shape (n_features,)
    transform : ndarray of shape (n_features,) or (n_features, n_features)
        Over ``x_scale``: ``w = prior_mean + y_scale * transform V coordinate``.
    basis : ExplicitBasis or DualBasis
    sizes, pivots : ndarray of shape (n_doubtful,)
        Of columns of the scaled design: what is left of them beside others (pivots), and the sizes
        of what that is a difference of; see :class:`~skvi.numerics.graded_svd.GradedSVD`.
    rounding : Rounding or None
        Errors of the squared design it comes from; None where nothing was squared.
    """

    eigenvalues: np.ndarray
    coordinates: np.ndarray
    residual: np.ndarray
    total: np.ndarray
    weight: float
    x_mean: np.ndarray
    y_mean: np.ndarray
    x_scale: float
    y_scale: np.ndarray
    prior_mean: np.ndarray
    transform: np.ndarray
    basis: object
    sizes: np.ndarray
    pivots: np.ndarray
    rounding: Rounding | None

    @property
    def n_features(self):
        """Number of columns."""
        return self.x_mean.shape[0]

    @property
    def n_targets(self):
        """Number of targets."""
        return self.y_mean.shape[0]

    @property
    def n_null(self):
        """Number of directions outside the basis: the data say nothing there."""
        return self.n_features - self.eigenvalues.shape[0]


def spectrum_of(summary, form, fit_intercept, float32_rows=0.0):
    """Factorise a summary of the rows ``[X, y]``.

    Parameters
    ----------
    summary : Moments or SquareRoot
    form : GaussianForm
        The prior of the weights.
    fit_intercept : bool
    float32_rows : float, default=0.0
        How many of the rows of ``Moments`` were multiplied in float32.

    Returns
    -------
    Spectrum
    """
    p = form.mean.shape[0]
    squared = hasattr(summary, "scatter")
    matrix = summary.scatter if squared else summary.root
    origin = np.asarray(summary.mean) if fit_intercept else np.zeros(summary.mean.shape[0])
    if not fit_intercept:
        matrix = _about_zero(matrix, summary, squared)
    spread = np.sqrt(np.diagonal(matrix)) if squared else linalg.norm(matrix, axis=0)
    spread = spread / np.sqrt(max(float(summary.weight), 1e-300))
    x_scale, transform = _scaled_transform(_falling(form.transform, spread[:p]), spread[:p])
    y_scale = _power_of_two(spread[p:], np.abs(summary.mean[p:]))
    change = _change_of_coordinates(matrix, transform, y_scale, form.mean, squared)
    rounding = Rounding.of(p, float32_rows) if squared else None
    if squared:
        *squares, basis = _from_scatter(change, p, rounding)
        sizes = pivots = np.zeros(0)
    else:
        *squares, basis, sizes, pivots = _from_root(change, p, fit_intercept)
    return Spectrum(
        *squares,
        float(summary.weight),
        origin[:p],
        origin[p:],
        x_scale,
        y_scale,
        form.mean,
        transform,
        basis,
        sizes,
        pivots,
        rounding,
    )


def _about_zero(matrix, summary, squared):
    row = np.sqrt(summary.weight) * summary.mean
    return matrix + np.outer(row, row) if squared else np.vstack([matrix, row])


def _falling(transform, spread):
    """The same prior with coordinates in falling order of what they add to the targets.

    A square root of a covariance may be turned at will. The triangular one in falling order of the
    columns times their weights adds no large column to a small one.
    """
    if transform.ndim == 1:
        return transform
    order = np.argsort(-spread * linalg.norm(transform, axis=1), kind="stable")
    turned = np.empty_like(transform)
    turned[order] = np.linalg.qr(transform[order].T, mode="r").T
    return turned


def _power_of_two(size, fallback=1.0):
    """The power of two just above each size; ``fallback`` (or one) where it is zero."""
    size = np.where(size > 0.0, size, fallback)
    size = np.where(size > 0.0, size, 1.0)
    return np.ldexp(1.0, np.frexp(size)[1])


def _scaled_transform(transform, spread):
    """The transform over the scale of the whitened design, and that scale."""
    if transform.ndim == 1:
        scale = float(_power_of_two(np.max(spread * transform)))
        return scale, transform / scale
    scale = float(_power_of_two(np.max(linalg.norm(spread[:, None] * transform, axis=0))))
    return scale, transform / scale


def _change_of_coordinates(matrix, transform, y_scale, prior_mean, squared):
    """The scatter (or root) of ``[X transform, (y - X prior_mean) / y_scale]``."""
    p = prior_mean.shape[0]
    if np.any(prior_mean):
        joint = _joint_change(transform, y_scale, prior_mean)
        return joint.T @ matrix @ joint if squared else matrix @ joint
    if transform.ndim == 1:
        factor = np.concatenate([transform, 1.0 / y_scale])
        return (matrix * factor) * factor[:, None] if squared else matrix * factor
    joint = linalg.block_diag(transform, np.diag(1.0 / y_scale))
    return (
        joint.T @ matrix @ joint
        if squared
        else np.hstack([matrix[:, :p] @ transform, matrix[:, p:] / y_scale])
    )


def _joint_change(transform, y_scale, prior_mean):
    square = np.diag(transform) if transform.ndim == 1 else transform
    joint = linalg.block_diag(square, np.diag(1.0 / y_scale))
    joint[: prior_mean.shape[0], prior_mean.shape[0] :] = -prior_mean[:, None] / y_scale
    return joint


def _from_scatter(scatter, p, rounding):
    values, vectors = np.linalg.eigh(scatter[:p, :p])
    total = np.maximum(np.diagonal(scatter)[p:], 0.0)
    products = vectors.T @ scatter[:p, p:]
    values = rounding.kept(values, products, total)
    inverse = 1.0 / np.sqrt(np.where(values > 0.0, values, np.inf))
    coordinates = products * inverse[:, None]
    residual = np.maximum(total - np.sum(coordinates**2, axis=0), 0.0)
    return values, coordinates, residual, total, ExplicitBasis(vectors)


def _from_root(root, p, fit_intercept):
    used = np.einsum("ij,ij->i", root, root) > 0.0
    used[:1] = True
    root = root if np.all(used) else root[used]
    design, targets = root[:, :p], root[:, p:]
    kernel = _kernel_factor(design, fit_intercept) if root.shape[0] < p else None
    if kernel is None:
        left, singular, right, sizes, pivots = _singular_factor(design, fit_intercept)
        values, basis = singular**2, ExplicitBasis(right)
    else:
        values, left = kernel
        basis = DualBasis(design, left / np.sqrt(values))
        sizes, pivots = np.sqrt(values[-1:]), np.zeros(len(values[-1:]))
    coordinates = left.T @ targets
    residual = np.sum((targets - left @ coordinates) ** 2, axis=0)
    return values, coordinates, residual, np.sum(targets**2, axis=0), basis, sizes, pivots


def _singular_factor(design, fit_intercept):
    """The usual decomposition where no digits are lost in it, otherwise the one for any sizes."""
    left, singular, right = linalg.svd(design, full_matrices=False, check_finite=False)
    rank = len(singular)
    # centred rows, no more than there are columns, have one null direction by construction
    if fit_intercept and len(design) <= design.shape[1] and singular[-1] < _NULL * singular[0]:
        rank -= 1
    if rank and singular[rank - 1] > _GRADED * singular[0]:
        missing = singular[: int(rank < design.shape[1])]
        return left[:, :rank], singular[:rank], right[:rank].T, missing, np.zeros(len(missing))
    return graded_svd(design)


def _kernel_factor(design, fit_intercept):
    """Eigenvalues and left vectors from the kernel of the rows; None if it must not be squared."""
    values, left = np.linalg.eigh(design @ design.T)
    doubtful = int(np.sum(values <= _SQUARABLE * values[-1]))
    # centred rows have one null direction by construction
    if doubtful > int(fit_intercept) or (doubtful and values[0] > 1e-12 * values[-1]):
        return None
    return values[doubtful:], left[:, doubtful:]
