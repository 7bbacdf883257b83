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
from skvi.models.linear_regression.basis import outside
from skvi.models.linear_regression.prior import INTERCEPT_PRECISION
from skvi.models.linear_regression.unseen import is_faint, squares_outside

__all__ = [
    "coefficient_means",
    "coefficient_sds",
    "coefficients",
    "covariance",
    "inflation",
    "intercept",
    "pieces",
    "predictive",
]

_BLOCK = 1 << 22
_FAR = 1e100  # squares of numbers below are numbers
_FARTHEST = 8e307
_UNRELATED = 1e-12  # a correlation of rounding errors


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


@np.errstate(over="ignore", invalid="ignore")
def coefficients(posterior, target=0, features=slice(None)):
    """Marginal distributions of the weights: a mixture for each of some features.

    Parameters
    ----------
    posterior : Posterior
        Expanded.
    target : int, default=0
    features : slice, default=slice(None)
        Which; those of all may not fit into memory (see :func:`pieces`).

    Returns
    -------
    StudentTMixture
    """
    spectrum = posterior.spectrum
    rows, size, unseen = _basis_rows(posterior, target, features)
    leverage = rows**2 @ posterior.inverse_precisions(target)
    if spectrum.n_null:
        leverage += unseen[:, None] / posterior.precision[target]
    size = np.minimum(spectrum.y_scale[target] * size, _FARTHEST)[:, None]
    location = spectrum.prior_mean[features, None] + size * (rows @ posterior.locations(target))
    scale = np.sqrt(posterior.coefficient_variance[target] * leverage) * size
    location = np.clip(location, -_FARTHEST, _FARTHEST)
    return _mixture(posterior, target, location, np.fmin(scale, _FARTHEST))


def pieces(posterior):
    """Slices of the features whose marginal distributions take little memory."""
    spectrum = posterior.spectrum
    step = max(_BLOCK // (8 * max(posterior.weight.shape[1], spectrum.basis.rank)), 1)
    return [slice(low, low + step) for low in range(0, spectrum.n_features, step)]


def coefficient_means(posterior, target=0):
    """Posterior means of the weights, of shape (n_features,)."""
    spectrum = posterior.spectrum
    location = posterior.locations(target) @ posterior.weight[target]
    whitened = spectrum.basis.expand(location) * spectrum.y_scale[target]
    return spectrum.prior_mean + _transformed(spectrum, whitened)


def coefficient_sds(posterior, target=0):
    """Posterior standard deviations of the weights, of shape (n_features,).

    By the law of total variance; inf with two degrees of freedom or fewer.
    """
    spectrum = posterior.spectrum
    inner, unseen = _coordinate_covariance(posterior, target)
    if inner is None:
        return np.full(spectrum.n_features, np.inf)
    parts = []
    for features in pieces(posterior):
        rows, size, squares = _basis_rows(posterior, target, features)
        variance = np.einsum("ij,ij->i", rows @ inner, rows)
        parts.append(size * np.sqrt(variance + unseen * squares))
    return spectrum.y_scale[target] * np.concatenate(parts)


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

    With two degrees of freedom or fewer it is the limit from above two: variances are inf, and so
    are covariances, with their sign, where they are not zero.

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
    inner, unseen = _coordinate_covariance(posterior, target)
    if inner is None:
        gaussian = np.full_like(posterior.degrees_of_freedom, np.inf)
        finite = covariance(posterior._replace(degrees_of_freedom=gaussian), target)
        size = np.sqrt(np.diag(finite))
        with np.errstate(divide="ignore", invalid="ignore"):  # units may be out of range
            related = np.abs(finite) / size / size[:, None] > _UNRELATED
        np.fill_diagonal(related, True)
        return np.where(related, np.copysign(np.inf, finite), 0.0)
    faint = is_faint(posterior, target)
    if spectrum.n_null and not faint:
        inner = inner - unseen * np.eye(inner.shape[0])
    vectors = _transformed(spectrum, spectrum.basis.expand(np.eye(inner.shape[0])))
    matrix = vectors @ inner @ vectors.T
    if faint:
        root = outside(spectrum.basis, np.eye(spectrum.n_features))
        root = _transformed(spectrum, root)
        matrix = matrix + unseen * root @ root.T
    elif spectrum.n_null:
        square = spectrum.transform
        matrix = matrix + unseen * (np.diag(square**2) if square.ndim == 1 else square @ square.T)
    with np.errstate(over="ignore"):
        return spectrum.y_scale[target] ** 2 * matrix


def inflation(degrees_of_freedom):
    """Variance over squared scale of a Student-t; inf up to two degrees of freedom."""
    nu = degrees_of_freedom
    heavy = np.where(np.isinf(nu) | (nu <= 2.0), 3.0, nu)
    return np.where(np.isinf(nu), 1.0, np.where(nu > 2.0, heavy / (heavy - 2.0), np.inf))


def _coordinate_covariance(posterior, target):
    """Covariance of the coordinates in scaled units, and variance of what no row has.

    The covariance is None where it does not exist.
    """
    weight = posterior.weight[target]
    inflated = weight * inflation(posterior.degrees_of_freedom[target])
    inflated = inflated * posterior.coefficient_variance[target]
    if not np.all(np.isfinite(inflated)):
        return None, 0.0
    locations = posterior.locations(target)
    deviation = (locations - (locations @ weight)[:, None]) * np.sqrt(weight)
    inner = np.diag(posterior.inverse_precisions(target) @ inflated) + deviation @ deviation.T
    unseen = 0.0
    if posterior.spectrum.n_null:
        unseen = float(np.sum(inflated / posterior.precision[target]))
    return inner, unseen


@np.errstate(over="ignore", invalid="ignore")
def _block(X, posterior, target, noise):
    spectrum = posterior.spectrum
    dense = X.toarray() if sparse.issparse(X) else np.asarray(X, dtype=np.float64)
    rows = dense - spectrum.x_mean
    shift = rows @ spectrum.prior_mean if np.any(spectrum.prior_mean) else 0.0
    whitened = (
        rows * spectrum.transform if spectrum.transform.ndim == 1 else (rows @ spectrum.transform)
    )
    size = np.abs(whitened).max(axis=1, initial=0.0)[:, None]
    size = np.where(size > _FAR, size, 1.0)
    whitened = whitened / size
    projection = spectrum.basis.project(whitened)
    leverage = projection**2 @ posterior.inverse_precisions(target)
    if spectrum.n_null:
        norms = np.sum(whitened**2, axis=1)
        squares = squares_outside(posterior, target, norms, projection, whitened.__getitem__)
        leverage = leverage + squares[:, None] / posterior.precision[target]
    if posterior.fit_intercept:
        leverage = leverage + (1.0 / size) ** 2 / (spectrum.weight + INTERCEPT_PRECISION)
    unit = spectrum.y_scale[target]
    variance = posterior.coefficient_variance[target] * leverage
    if noise:
        variance = variance + posterior.noise_variance[target] * (1.0 / size) ** 2
    location = projection @ posterior.locations(target) * unit * size
    location = location + (spectrum.y_mean[target] + shift)[..., None] * np.ones((1, 1))
    return location, unit * np.sqrt(variance) * size


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


def _basis_rows(posterior, target, features):
    """Rows of ``transform V`` over their sizes, the sizes, and their squares outside the basis.

    The squares, zero where the basis is complete, are over those of the sizes, so that they are
    numbers.
    """
    spectrum = posterior.spectrum
    transform = spectrum.transform[features]
    if transform.ndim == 1:
        places = np.arange(spectrum.n_features)[features]
        size, norms = np.abs(transform), np.ones(places.size)
        rows = spectrum.basis.part(features) * np.sign(transform)[:, None]

        def rows_of(chosen):
            return (places[chosen, None] == np.arange(spectrum.n_features)).astype(np.float64)

    else:
        size = np.max(np.abs(transform), axis=1)
        scaled = transform / size[:, None]
        rows, norms = spectrum.basis.project(scaled), np.sum(scaled**2, axis=1)
        rows_of = scaled.__getitem__
    if not spectrum.n_null:
        return rows, size, np.zeros(size.size)
    return rows, size, squares_outside(posterior, target, norms, rows, rows_of)
