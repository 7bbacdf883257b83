"""Units in which rows of any size are safe for the kernels.

The kernels square rows and precisions. Where the standard deviation of a column is not within
``2^-40 .. 2^40`` they are given the rows in other units, powers of two, so that nothing is rounded.
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.kernels import Logits

__all__ = ["in_units", "moments_from_units", "rows_in_units"]

_SAFE_EXPONENT = 40.0


def in_units(logits, center, structure):
    """What the kernels are given, and the units that it is in.

    Parameters
    ----------
    logits : Logits
    center : ndarray of shape (D,)
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    logits : Logits
    center : ndarray of shape (D,)
    units : float or ndarray of shape (D,) or None
        What to multiply the columns of the rows by. None where they are safe as they are: then
        logits and centre are the objects that were given.
    """
    units = _units(logits.factor, structure)
    if units is None:
        return logits, center, None
    scaled = Logits(logits.constant, logits.mean * units, logits.factor / units)
    return scaled, center * units, units


def rows_in_units(X, units):
    """Rows in these units; the same array where they are None."""
    return X if units is None else np.ascontiguousarray(X.astype(np.float64) * units)


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


def _units(factor, structure):
    if structure in ("full", "tied"):
        factor = np.diagonal(factor, axis1=-2, axis2=-1)
    size = factor if structure == "tied" else factor.max(axis=0)
    if size.max() < 2.0**_SAFE_EXPONENT and size.min() > 2.0**-_SAFE_EXPONENT:
        return None
    exponent = np.rint(np.log2(size))
    if np.abs(exponent).max() <= _SAFE_EXPONENT:
        return None
    return np.exp2(exponent)
