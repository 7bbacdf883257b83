"""Student-t distribution functions by piecewise Taylor polynomials: one table, many arguments.

About each grid point the density ``f`` has the series of its differential equation

    (1 + z^2 / nu) f'(z) = -(1 + 1 / nu) z f(z)

and the distribution function that series' integral. ``nu = inf`` is the normal distribution.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, stdtr

from skvi.numerics.jit import kernel
from skvi.numerics.special import log_gamma_difference

__all__ = ["FEWEST_DEGREES", "TABLE_END", "student_t_lower", "student_t_table"]

TABLE_END = 20.0
FEWEST_DEGREES = 0.5  # below, the series' radius of convergence is too short for the cells

_PER_UNIT = 16
_DEGREE = 13


def student_t_table(degrees_of_freedom):
    """Polynomials of the lower half of one Student-t distribution.

    Parameters
    ----------
    degrees_of_freedom : float
        At least ``FEWEST_DEGREES``; inf is the normal distribution.

    Returns
    -------
    table : ndarray of shape (n_cells, degree + 1)
        Row k: coefficients of ``F(-(k + 1/2) h - d)`` in powers of ``d``, lowest first, ``h`` being
        the width of a cell.
    """
    reciprocal = 1.0 / degrees_of_freedom
    centre = -(np.arange(TABLE_END * _PER_UNIT) + 0.5) / _PER_UNIT
    table = np.empty((centre.size, _DEGREE + 1))
    if np.isinf(degrees_of_freedom):
        table[:, 0] = ndtr(centre)
        log_density = -0.5 * np.log(2.0 * np.pi) - 0.5 * centre**2
    else:
        half = 0.5 * degrees_of_freedom
        table[:, 0] = stdtr(degrees_of_freedom, centre)
        log_density = log_gamma_difference(half, 0.5) - 0.5 * np.log(2.0 * np.pi * half)
        log_density = log_density - (half + 0.5) * np.log1p(centre**2 * reciprocal)
    before, term = np.zeros_like(centre), np.exp(log_density)
    curvature = 1.0 + centre**2 * reciprocal
    for power in range(_DEGREE):
        # the series runs away from zero, hence the alternating sign
        table[:, power + 1] = (-1.0) ** (power + 1) * term / (power + 1)
        slope = (2.0 * power * reciprocal + 1.0 + reciprocal) * centre * term
        slope += ((power - 1.0) * reciprocal + 1.0 + reciprocal) * before
        before, term = term, -slope / (curvature * (power + 1))
    return table


@kernel(force_inline=True)
def student_t_lower(distance, table):
    """Lower tail and density a distance below zero.

    Parameters
    ----------
    distance : float
        In [0, ``TABLE_END``).
    table : ndarray of shape (n_cells, degree + 1)
        From :func:`student_t_table`.

    Returns
    -------
    tail, density : float
        ``F(-distance)``, to about 1e-12 of itself, and its slope.
    """
    cell = int(distance * _PER_UNIT)
    step = distance - (cell + 0.5) / _PER_UNIT
    value, slope = table[cell, _DEGREE], 0.0
    for power in range(_DEGREE - 1, -1, -1):
        slope = slope * step + value
        value = value * step + table[cell, power]
    return value, -slope
