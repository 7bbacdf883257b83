"""One pass over a block of rows: responsibilities and what they add up to."""

from __future__ import annotations

from skvi.models.gaussian_mixture.kernels import exact

__all__ = ["expectation_statistics", "log_responsibilities", "squared_distances"]


def expectation_statistics(X, weights, logits, center, structure):
    """Responsibilities of a block of rows, summed into statistics.

    Parameters
    ----------
    X : ndarray of shape (n, D)
        Rows, float32 or float64, C-contiguous.
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
    return exact.statistics(X, weights, logits, structure)


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
    distances = squared_distances(X, logits, center, structure)
    return exact.softmax(logits.constant - 0.5 * distances)


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
    """
    return exact.squared_distances(X, logits, structure)
