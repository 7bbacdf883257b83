"""Category codes 0, 1, ..., K - 1: their distribution, and targets that hold them."""

from __future__ import annotations

import numpy as np

from skvi.likelihoods._base import LikelihoodError
from skvi.numerics.random_states import as_generator

__all__ = ["CategoryDistribution", "check_codes", "count_codes"]


class CategoryDistribution:
    """One distribution of codes per set of probabilities, with scipy's names.

    Parameters
    ----------
    probabilities : ndarray of shape (..., n_categories)
        With sums of one over the last axis.
    """

    def __init__(self, probabilities):
        self._probabilities = probabilities
        self._codes = np.arange(probabilities.shape[-1])

    def probabilities(self):
        """Probabilities of all codes, of shape (..., n_categories)."""
        return self._probabilities

    def pmf(self, codes):
        """Probability of each code; zero of what is no code."""
        codes = np.asarray(codes)
        last = self._codes[-1]
        known = (codes == np.floor(codes)) & (codes >= 0) & (codes <= last)
        return np.where(known, self._take(self._probabilities, codes), 0.0)

    def logpmf(self, codes):
        """Logarithm of the probability of each code."""
        with np.errstate(divide="ignore"):
            return np.log(self.pmf(codes))

    def cdf(self, codes):
        """Probability of a code of at most each of the given ones."""
        codes = np.asarray(codes)
        return np.where(codes < 0, 0.0, self._take(self._cumulative(), codes))

    def ppf(self, probability):
        """Smallest code up to which there is at least a given probability."""
        below = self._cumulative()[..., :-1] < np.asarray(probability)[..., None]
        return below.sum(axis=-1).astype(np.float64)

    def mean(self):
        """Mean of the code."""
        return self._probabilities @ self._codes

    def var(self):
        """Variance of the code."""
        deviation = self._codes - self.mean()[..., None]
        return (self._probabilities * deviation**2).sum(axis=-1)

    def rvs(self, size=None, random_state=None):
        """Codes drawn at random.

        Parameters
        ----------
        size : tuple of int, default=None
            Shape of the result, to which that of the distributions broadcasts. None: one each.
        random_state : {None, int, RandomState, Generator}, default=None
            Where the numbers come from.

        Returns
        -------
        ndarray of int64
        """
        generator = as_generator(random_state)
        size = self._probabilities.shape[:-1] if size is None else size
        return self.ppf(generator.uniform(size=size)).astype(np.int64)

    def _cumulative(self):
        total = np.cumsum(self._probabilities, axis=-1)
        total[..., -1] = 1.0
        return np.minimum(total, 1.0)

    def _take(self, table, codes):
        index = np.clip(np.floor(codes), 0, self._codes[-1]).astype(np.intp)
        shape = np.broadcast_shapes(table.shape[:-1], index.shape)
        table = np.broadcast_to(table, (*shape, table.shape[-1]))
        return np.take_along_axis(table, np.broadcast_to(index, shape)[..., None], axis=-1)[..., 0]


def check_codes(y, n_categories):
    """Raise an error unless all targets are codes of categories."""
    bad = (y < 0.0) | (y > n_categories - 1) | (y != np.floor(y))
    if np.any(bad):
        raise LikelihoodError(
            f"y holds {y[bad][0]:g}; expected codes: whole numbers from 0 to {n_categories - 1}."
        )


def count_codes(y, weights, n_categories):
    """Weight of every code, of shape (n_categories,)."""
    return np.bincount(y[:, 0].astype(np.intp), weights, minlength=n_categories)
