"""Quantiles of mixtures of one Student-t distribution in many places, row by row."""

from __future__ import annotations

import numpy as np

from skvi.numerics.jit import kernel
from skvi.numerics.student_t_table import TABLE_END, student_t_lower

__all__ = ["MOST_STEPS", "tabulated_quantiles"]

MOST_STEPS = 200

_NOTHING = 1e-17  # of a probability, however many components share it
_ROUNDING = 4e-16


@kernel
def _tail(x, sign, weight, location, scale, table, least):
    """Probability beyond ``x`` on the side of ``sign``, and its slope; NaN beyond the table."""
    tail, density = 0.0, 0.0
    beyond_matters = not table[-1, 0] <= _NOTHING * least
    for k in range(weight.size):
        if weight[k] <= 0.0:
            continue
        z = sign * (x - location[k]) / scale[k]
        distance = abs(z)
        if distance < TABLE_END:
            lower, slope = student_t_lower(distance, table)
            density += weight[k] / scale[k] * slope
        elif beyond_matters or distance != distance:
            return np.nan, np.nan
        else:
            lower = 0.0
        tail += weight[k] * (lower if z <= 0.0 else 1.0 - lower)
    return tail, density


@kernel
def _quantile(level, bracket, weight, location, scale, table):
    """One row's quantile; NaN where the table does not reach."""
    low, high, x, tolerance = bracket
    sign = -1.0 if level > 0.5 else 1.0
    least = 1.0 - level if level > 0.5 else level
    step = high - low
    for _ in range(MOST_STEPS):
        tail, density = _tail(x, sign, weight, location, scale, table, least)
        excess = sign * (tail - least)
        if excess == 0.0 or excess != excess:
            return x if excess == 0.0 else np.nan
        if excess < 0.0:
            low = x
        else:
            high = x
        moved = x - excess / density
        # between separated components Newton's steps may go round in circles: they must get shorter
        if not (low <= moved <= high and abs(moved - x) <= 0.5 * step):
            moved = 0.5 * (low + high)
        step = abs(moved - x)
        x = moved
        if step <= tolerance + _ROUNDING * abs(x):
            break
    return x


@kernel
def tabulated_quantiles(level, brackets, weight, location, scale, table, quantiles):
    """Newton's method on the distribution function, kept inside a shrinking bracket.

    Parameters
    ----------
    level : ndarray of shape (n_rows,)
        Probabilities in (0, 1).
    brackets : ndarray of shape (4, n_rows)
        Lower end, upper end, start and tolerance of every row.
    weight : ndarray of shape (n_rows, n_components) or (1, n_components)
        Non-negative, each row with sum one.
    location, scale : ndarray of shape (n_rows, n_components)
        Of the components.
    table : ndarray of shape (n_cells, degree + 1)
        From :func:`skvi.numerics.student_t_table.student_t_table`.
    quantiles : ndarray of shape (n_rows,)
        Written to; NaN where the table does not reach as far as the probability asks.
    """
    for i in range(level.size):
        low, high, x, tolerance = brackets[0, i], brackets[1, i], brackets[2, i], brackets[3, i]
        quantiles[i] = x
        if high - low > tolerance:
            row = weight[min(i, weight.shape[0] - 1)]
            start = (low, high, x, tolerance)
            quantiles[i] = _quantile(level[i], start, row, location[i], scale[i], table)
