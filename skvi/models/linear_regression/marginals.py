"""Marginal and predictive distributions of a posterior, in the units of the data.

For a new row ``x`` at a node with inverse precisions ``1 / (d + alpha)``,

    location = y_mean + (x - x_mean)'w,   w = prior_mean + y_scale transform V m,
    scale^2  = y_scale^2 s^2 (1 + 1/(n + kappa) + sum_j proj_j^2 / (d_j + alpha)
                              + (|z|^2 - |proj|^2) / alpha),

``z = transform'(x - x_mean)``, ``proj = V'z``; the last term is the part of ``x`` no row had.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from skvi.families.student_t_mixture import StudentTMixture
from skvi.models.linear_regression.prior import INTERCEPT_PRECISION

__all__ = ["coefficients", "covariance", "intercept", "predictive"]

_BLOCK = 1 << 22


def predictive(X, posterior, target=0, *, noise=True):
    """Distribution of new targets, or of the regression function, at some rows.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
    posterior : Posterior
        Expanded (see :func:`~skvi.models.linear_regression.mean_field.expanded`).
    target : int, default=0
    noise : bool, default=True
        Whether to include the noise.

    Returns
    -------
    StudentTMixture
        One mixture per row.
    """
    spectrum = posterior.spectrum
    step = max(1, _BLOCK // max(1, spectrum.n_features))
    starts = range(0, max(X.shape[0], 1), step)
    parts = [_block(X[start : start + step], posterior, target, noise) for start in starts]
    location, scale = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _mixture(posterior, target, location, scale)


def coefficients(posterior, target=0):
    """Marginal distribution of every weight: a mixture of ``n_features`` rows.

    Parameters
    ----------
    posterior : Posterior
        Expanded.
    target : int, default=0

    Returns
    -------
    StudentTMixture
    """
    spectrum = posterior.spectrum
    unit = spectrum.y_scale[target]
    inverse = posterior.inverse_precisions(target)
    location = spectrum.prior_mean[:, None] + unit * _weights(spectrum, posterior.locations(target))
    factor = np.column_stack([inverse, np.ones(inverse.shape[0])])
    size, spread, norms = _squared_rows(spectrum, factor)
    leverage = spread[:, :-1]
    if spectrum.n_null:
        unseen = np.maximum(norms - spread[:, -1], 0.0)
        leverage = leverage + unseen[:, None] / posterior.precision[target]
    scale = np.sqrt(posterior.coefficient_variance[target] * leverage) * (unit * size)[:, None]
    return _mixture(posterior, target, location, scale)


def intercept(posterior, target=0):
    """Distribution of the regression function where every column is zero: one row.

    Without an intercept it is the constant zero, and None is returned.
    """
    if not posterior.fit_intercept:
        return None
    origin = np.zeros((1, posterior.spectrum.n_features))
    return predictive(origin, posterior, target, noise=False)


def covariance(posterior, target=0):
    """Posterior covariance matrix of the weights, by the law of total variance.

    With two degrees of freedom or fewer the variances are inf and the covariances NaN.

    Parameters
    ----------
    posterior : Posterior
        Expanded.
    target : int, default=0

    Returns
    -------
    ndarray of shape (n_features, n_features)
    """
    spectrum = posterior.spectrum
    weight = posterior.weight[target]
    inflated = weight * _inflation(posterior.degrees_of_freedom[target])
    inflated = inflated * posterior.coefficient_variance[target]
    if not np.all(np.isfinite(inflated)):
        p = spectrum.n_features
        return np.where(np.eye(p, dtype=bool), np.inf, np.nan)
    locations = posterior.locations(target)
    deviation = (locations - (locations @ weight)[:, None]) * np.sqrt(weight)
    inner = np.diag(posterior.inverse_precisions(target) @ inflated) + deviation @ deviation.T
    unseen = 0.0
    if spectrum.n_null:
        unseen = float(np.sum(inflated / posterior.precision[target]))
        inner = inner - unseen * np.eye(inner.shape[0])
    vectors = _transformed(spectrum, spectrum.basis.expand(np.eye(inner.shape[0])))
    seen = vectors @ inner @ vectors.T
    if spectrum.n_null:
        square = spectrum.transform
        square = np.diag(square**2) if square.ndim == 1 else square @ square.T
        seen = seen + unseen * square
    with np.errstate(over="ignore"):
        return spectrum.y_scale[target] ** 2 * seen


def _inflation(degrees_of_freedom):
    """Variance over squared scale of a Student-t."""
    nu = degrees_of_freedom
    heavy = np.where(np.isinf(nu) | (nu <= 2.0), 3.0, nu)
    return np.where(np.isinf(nu), 1.0, np.where(nu > 2.0, heavy / (heavy - 2.0), np.inf))


def _block(X, posterior, target, noise):
    spectrum = posterior.spectrum
    dense = X.toarray() if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
    rows = dense - spectrum.x_mean
    shift = rows @ spectrum.prior_mean if np.any(spectrum.prior_mean) else 0.0
    whitened = (
        rows * spectrum.transform if spectrum.transform.ndim == 1 else (rows @ spectrum.transform)
    )
    projection = spectrum.basis.project(whitened)
    leverage = projection**2 @ posterior.inverse_precisions(target)
    if spectrum.n_null:
        unseen = np.sum(whitened**2, axis=1) - np.sum(projection**2, axis=1)
        leverage = leverage + np.maximum(unseen, 0.0)[:, None] / posterior.precision[target]
    if posterior.fit_intercept:
        leverage = leverage + 1.0 / (spectrum.weight + INTERCEPT_PRECISION)
    unit = spectrum.y_scale[target]
    variance = posterior.coefficient_variance[target] * leverage
    if noise:
        variance = variance + posterior.noise_variance[target]
    location = projection @ posterior.locations(target) * unit
    location = location + (spectrum.y_mean[target] + shift)[..., None] * np.ones((1, 1))
    return location, unit * np.sqrt(variance)


def _mixture(posterior, target, location, scale):
    used = posterior.weight[target] > 0.0
    return StudentTMixture(
        posterior.weight[target][None, used],
        location[:, used],
        scale[:, used],
        posterior.degrees_of_freedom[target][None, used],
    )


def _transformed(spectrum, vectors):
    if spectrum.transform.ndim == 1:
        return spectrum.transform.reshape(-1, *(1,) * (vectors.ndim - 1)) * vectors
    return spectrum.transform @ vectors


def _weights(spectrum, coordinates):
    return _transformed(spectrum, spectrum.basis.expand(coordinates))


def _squared_rows(spectrum, factor):
    """Sizes of the rows of the transform; what follows is over their squares, which may overflow.

    That is ``(transform V)**2 @ factor``, and the squared norms of the rows.
    """
    transform = spectrum.transform
    if transform.ndim == 1:
        size = np.abs(transform)
        return size, spectrum.basis.weighted_squares(factor), np.ones(size.shape)
    size = np.max(np.abs(transform), axis=1)
    rows = transform / size[:, None]
    vectors = rows @ spectrum.basis.expand(np.eye(spectrum.basis.rank))
    return size, vectors**2 @ factor, np.sum(rows**2, axis=1)
