"""Units in which rows of any size are safe for the kernels.

The kernels square rows and precisions. Where the standard deviation of a column is not within
``2^-40 .. 2^40`` they are given the rows in other units, powers of two, so that nothing is rounded.
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.kernels import Logits

__all__ = ["in_units", "moments_from_units", "row_units"]

_SAFE_EXPONENT = 40.0


def row_units(factor, structure):
    """What to multiply the columns by, or None where they are safe as they are.

    Parameters
    ----------
    factor : ndarray
        As in :class:`~skvi.models.gaussian_mixture.kernels.Logits`.
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    float or ndarray of shape (D,) or None
    """
    if structure in ("full", "tied"):
        factor = np.diagonal(factor, axis1=-2, axis2=-1)
    size = factor if structure == "tied" else factor.max(axis=0)
    if size.max() < 2.0**_SAFE_EXPONENT and size.min() > 2.0**-_SAFE_EXPONENT:
        return None
    exponent = np.rint(np.log2(size))
    if np.abs(exponent).max() <= _SAFE_EXPONENT:
        return None
    return np.exp2(exponent)


def in_units(X, logits, center, units):
    """Rows, logits and centre in these units.

    Parameters
    ----------
    X : ndarray of shape (n, D)
    logits : Logits
    center : ndarray of shape (D,)
    units : float or ndarray of shape (D,) or None

    Returns
    -------
    X, logits, center
        The same objects where ``units`` is None.
    """
    if units is None:
        return X, logits, center
    rows = np.ascontiguousarray(X.astype(np.float64) * units)
    return rows, Logits(logits.constant, logits.mean * units, logits.factor / units), center * units


def moments_from_units(moments, units, structure):
    """Moments in the units of the data, from those of rows in other units.

    Parameters
    ----------
    moments : Moments, TiedMoments or SphericalMoments
    units : float or ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    Moments, TiedMoments or SphericalMoments
    """
    other = np.reshape(units, (-1, 1)) if structure in ("full", "tied") else units
    scatter = moments.scatter / units / other
    return type(moments)(moments.weight, moments.mean / units, scatter)
