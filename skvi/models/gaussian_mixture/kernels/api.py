"""One pass over a block of rows: responsibilities and what they add up to.

Three ways, chosen by predicted error. Compiled tiles whose logits are a product of quadratic
features (error near ``0.1 eps |z|^2 |precision|``, judged tile by tile); compiled tiles whose
logits come from differences; and array code that also gathers every component about its own
centre, for components so many standard deviations from the common centre that sums about it
would lose the scatter.
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.kernels import exact
from skvi.models.gaussian_mixture.kernels.prepare import (
    empty_sums,
    form_of,
    layout_of,
    moments_of,
    precision_norm,
)
from skvi.models.gaussian_mixture.kernels.row_pass import accumulate, distances
from skvi.models.gaussian_mixture.kernels.structures import BlockStatistics

__all__ = ["expectation_statistics", "log_responsibilities", "squared_distances"]

_LOGIT_ERROR = {np.float64: 1e-9, np.float32: 1e-4}
_PREDICTED_PER_EPSILON = 0.1
_LARGEST_SEPARATION = 1e5


def expectation_statistics(X, weights, logits, center, structure):
    """Responsibilities of a block of rows, summed into statistics.

    Parameters
    ----------
    X : ndarray of shape (n, D)
        Rows, float32 or float64, C-contiguous. float32 rows are worked on in float32, with
        float64 sums, as far as the predicted error of a logit stays below 1e-4.
    weights : ndarray of shape (n,)
        Weight of every row; rows of weight zero are not looked at.
    logits : Logits
        Log-weight plus log-density of the components.
    center : ndarray of shape (D,)
        A point near the rows (their mean), about which sums are taken.
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    BlockStatistics
    """
    if _separation(logits, center, structure) > _LARGEST_SEPARATION:
        return exact.statistics(X, weights, logits, structure)
    done, result = 0, None
    if X.dtype == np.float32:
        done, result = _compiled(X, weights, logits, center, structure, np.float32)
    if done < X.shape[0] or result is None:
        _, rest = _compiled(X[done:], weights[done:], logits, center, structure, np.float64)
        result = rest if result is None else result.merged(rest)
    return result


def log_responsibilities(X, logits, center, structure):
    """Logarithms of the responsibilities and the log-normaliser of every row.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    log_resp : ndarray of shape (n, K)
    log_normalizer : ndarray of shape (n,)
    """
    values = squared_distances(X, logits, center, structure)
    values *= -0.5
    values += logits.constant
    return exact.softmax(values)


def squared_distances(X, logits, center, structure):
    """``|A_k (x_i - mean_k)|^2`` of every row from every component.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    ndarray of shape (n, K)
        An overflowing distance is a huge finite number.
    """
    if _separation(logits, center, structure) > _LARGEST_SEPARATION:
        return exact.squared_distances(X, logits, structure)
    layout = layout_of(structure, X.shape[1], np.float64)
    bare = logits._replace(constant=np.zeros(len(logits.mean)))
    form = form_of(bare, center, structure, np.float64, (-1.0, np.inf))
    out = np.empty((X.shape[0], len(logits.mean)))
    distances(X, np.empty(0), center, form, layout, out)
    return out


def _compiled(X, weights, logits, center, structure, dtype):
    n_components, n_features = logits.mean.shape
    layout = layout_of(structure, n_features, dtype)
    form = form_of(logits, center, structure, dtype, _limits(logits, layout, structure, dtype))
    sums = empty_sums(layout, n_components, n_features, structure)
    unit_weights = bool(np.all(weights == 1.0))
    done = accumulate(X, weights, unit_weights, center, form, layout, sums)
    moments = moments_of(sums, n_components, center, structure)
    return done, BlockStatistics(moments, float(sums.scalars[0]), float(sums.scalars[1]))


def _limits(logits, layout, structure, dtype):
    """Squared norms up to which the quadratic form, and the precision, may be used."""
    error = _PREDICTED_PER_EPSILON * np.finfo(dtype).eps * precision_norm(logits.factor, structure)
    limit = _LOGIT_ERROR[dtype] / error if error > 0.0 else np.inf
    quadratic = limit if layout.panel >= layout.n_features else -1.0
    return quadratic, limit if dtype is np.float32 else np.inf


def _separation(logits, center, structure):
    """Largest distance of a component from the centre, in its own standard deviations."""
    with np.errstate(over="ignore", invalid="ignore"):
        shift = logits._replace(mean=center - logits.mean)
        offsets = shift.mean
        if structure == "full":
            scaled = np.einsum("kij,kj->ki", logits.factor, offsets)
        elif structure == "tied":
            scaled = offsets @ logits.factor.T
        else:
            scaled = offsets * logits.factor.reshape(len(offsets), -1)
        return float(np.sqrt(np.max(np.sum(scaled * scaled, axis=1))))
