"""Central intervals of frozen distributions."""

from __future__ import annotations

import numpy as np

__all__ = ["central_interval"]


def central_interval(self, confidence):
    """Ends of the central interval of a probability, in the manner of scipy.

    Parameters
    ----------
    confidence : float or array broadcastable to (..., n_rows)
        Probability of the interval; at least that where values are discrete.

    Returns
    -------
    low, high : ndarray of shape (..., n_rows)
    """
    tail = 0.5 * (1.0 - np.asarray(confidence, dtype=np.float64))
    return self.ppf(tail), self.ppf(1.0 - tail)
