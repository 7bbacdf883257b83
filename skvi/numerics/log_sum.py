"""Logarithms of sums of exponentials, without the manners of the general function."""

from __future__ import annotations

import numpy as np

__all__ = ["log_sum"]


def log_sum(values):
    """Log of the sum of exponentials over the first axis.

    For small arrays, on which :func:`scipy.special.logsumexp` mostly checks its arguments.

    Parameters
    ----------
    values : ndarray of shape (n, ...)
        With a number, or minus infinity and numbers, in every sum.

    Returns
    -------
    ndarray of shape (...)
    """
    if values.shape[0] == 1:
        return values[0]
    largest = values.max(axis=0)
    return largest + np.log(np.exp(values - largest).sum(axis=0))
