"""What no row of the design had: directions outside its span, where a posterior is its prior.

The squared distance of a row from the span is ``|z|^2 - |V'z|^2``. Next to nothing is left of that
for a row that lies in the span, or for a column far larger than others; against a prior far wider
than what the data leave it may still be what decides. There the row less its projection is formed.
"""

from __future__ import annotations

import numpy as np

from skvi.models.linear_regression.basis import outside

__all__ = ["is_beyond_rounding", "is_faint", "squares_outside"]

_EPS = np.finfo(np.float64).eps
_TOLERATED = 1e-8  # relative errors of a variance
_DOUBTFUL = 0.1  # squared distances below, relative to the row, have lost digits


def is_beyond_rounding(posterior):
    """Whether a prior is so wide that rounding of columns that are all but dependent decides.

    What rounding of a column adds to what the others leave of it, in posterior standard deviations,
    spills over to weights that the data do determine.

    Parameters
    ----------
    posterior : Posterior

    Returns
    -------
    bool
    """
    sizes, pivots = posterior.spectrum.sizes[:, None], posterior.spectrum.pivots[:, None]
    for weight, precision in zip(posterior.weight, posterior.precision, strict=True):
        used = weight > 0.0
        ratio = (_EPS * sizes) ** 2 / (pivots**2 + precision[used])
        if ratio.max(axis=0, initial=0.0) @ weight[used] > _TOLERATED:
            return True
    return False


def is_faint(posterior, target):
    """Whether rounding of the distances from the span may show in a variance.

    Parameters
    ----------
    posterior : Posterior
    target : int

    Returns
    -------
    bool
        Never where the basis is complete.
    """
    if not posterior.spectrum.n_null:
        return False
    used = posterior.weight[target] > 0.0
    variance = (posterior.weight * posterior.coefficient_variance)[target, used]
    precision = posterior.precision[target, used]
    largest = posterior.spectrum.eigenvalues.max(initial=0.0)
    unseen, least = np.sum(variance / precision), np.sum(variance / (largest + precision))
    return bool(_EPS * unseen > _TOLERATED * least)


def squares_outside(posterior, target, norms, projections, rows_of):
    """Squared distances of rows from the span.

    Parameters
    ----------
    posterior : Posterior
    target : int
    norms : ndarray of shape (n_rows,)
        Squared norms of the rows.
    projections : ndarray of shape (n_rows, rank)
        Their coordinates in the basis.
    rows_of : callable
        The rows at some indices.

    Returns
    -------
    ndarray of shape (n_rows,)
    """
    squares = np.maximum(norms - np.sum(projections**2, axis=1), 0.0)
    if is_faint(posterior, target):
        doubtful = np.flatnonzero(squares < _DOUBTFUL * norms)
        if doubtful.size:
            distances = outside(posterior.spectrum.basis, rows_of(doubtful))
            squares[doubtful] = np.sum(distances**2, axis=1)
    return squares
