"""Weighted moments kept as a square root, for scatters too ill conditioned to be squared.

``root' root`` is the scatter about the mean. Roots of disjoint rows are stacked, with one more
row for the distance of the two means (Chan, Golub and LeVeque 1983), and compressed by a QR
decomposition, which never forms the scatter (Golub and Van Loan 2013, section 5.2).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import sparse

from skvi.numerics.moments import Moments

__all__ = ["SquareRoot"]

_PART_ROWS = 512


class SquareRoot(NamedTuple):
    """Weight, mean and a square root of the scatter of some rows.

    Attributes
    ----------
    weight : ndarray of shape ()
        Sum of the weights of the rows.
    mean : ndarray of shape (q,)
        Weighted mean; any finite value where the weight is zero.
    root : ndarray of shape (r, q)
        ``root' root`` is the weighted scatter about the mean; ``r`` is at most ``2 q``.
    """

    weight: np.ndarray
    mean: np.ndarray
    root: np.ndarray

    @classmethod
    def from_rows(cls, X, y, weights):
        """Summary of the joint rows ``[x, y]`` of one block.

        Parameters
        ----------
        X : ndarray or CSR array of shape (n_rows, n_features)
            float32 or float64; everything is computed in float64.
        y : ndarray of shape (n_rows, n_targets) or None
            Targets.
        weights : ndarray of shape (n_rows,)
            Never negative; rows of weight zero are left out.
        """
        rows = X.toarray() if sparse.issparse(X) else X
        rows = np.concatenate([rows] if y is None else [rows, y], axis=1, dtype=np.float64)
        kept = weights > 0.0
        rows, weights = rows[kept], np.asarray(weights, dtype=np.float64)[kept]
        weight = np.asarray(weights.sum())
        if len(rows) == 0:
            return cls(weight, np.zeros(rows.shape[1]), rows)
        origin = rows[0].copy()
        rows -= origin
        mean = weights @ rows / weight
        rows -= mean
        rows *= np.sqrt(weights)[:, None]
        return cls(weight, origin + mean, rows).compressed()

    @classmethod
    def of(cls, summary):
        """A summary as a square root: one itself, or moments with the scatter factorised.

        Directions in which the scatter holds nothing but rounding keep that.
        """
        if isinstance(summary, cls):
            return summary
        # Rounding is in proportion to the sizes of the columns, so eigenvalues are taken in these.
        size = np.sqrt(np.diagonal(summary.scatter))
        unit = np.where(size > 0.0, size, 1.0)
        values, vectors = np.linalg.eigh(summary.scatter / unit / unit[:, None])
        kept = values > 0.0
        root = np.sqrt(values[kept])[:, None] * vectors[:, kept].T * size
        return cls(summary.weight, summary.mean, root)

    def merged(self, other):
        """Summary of the union of two disjoint sets of rows."""
        weight = self.weight + other.weight
        fraction = other.weight / np.where(weight == 0.0, 1.0, weight)
        delta = other.mean - self.mean
        between = np.sqrt(self.weight * fraction) * delta
        root = np.concatenate([self.root, other.root, between[None]])
        both = SquareRoot(weight, self.mean + fraction * delta, root)
        return both.compressed() if len(root) > 2 * len(delta) else both

    def scaled(self, factor):
        """Summary of the same rows, each counted ``factor`` times.

        Raises
        ------
        ValueError
            If ``factor`` is negative: rows cannot be taken out of a square root.
        """
        if not factor >= 0.0:
            raise ValueError(f"factor must be zero or positive, got {factor}.")
        return SquareRoot(self.weight * factor, self.mean, self.root * np.sqrt(factor))

    def compressed(self):
        """The same summary with at most ``q`` rows in its root."""
        if len(self.root) <= self.root.shape[1]:
            return self
        return self._replace(root=_triangle(self.root))

    def moments(self):
        """The same summary with the scatter multiplied out."""
        return Moments(self.weight, self.mean, self.root.T @ self.root)


def _triangle(rows):
    """The triangle of a QR decomposition; many rows are first taken in parts that stay in cache."""
    width = rows.shape[1]
    height = max(_PART_ROWS, 4 * width)
    whole = len(rows) // height * height
    if whole >= 2 * height:
        parts = np.linalg.qr(rows[:whole].reshape(-1, height, width), mode="r")
        return _triangle(np.concatenate([parts.reshape(-1, width), rows[whole:]]))
    return np.linalg.qr(rows, mode="r")
