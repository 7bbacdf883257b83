"""Category codes 0, 1, ..., K - 1: their distribution, and targets that hold them."""

from __future__ import annotations

import numpy as np

from skvi.families.intervals import central_interval
from skvi.likelihoods._base import LikelihoodError
from skvi.numerics.random_states import as_generator

__all__ = ["CategoryDistribution", "ClassDistribution", "check_codes", "count_codes"]


class CategoryDistribution:
    """One distribution of codes per set of probabilities, with scipy's names.

    Parameters
    ----------
    probabilities : ndarray of shape (..., n_categories)
        With sums of one over the last axis.
    values : ndarray of shape (n_categories,), default=None
        Increasing numbers that stand in place of the codes.
    """

    def __init__(self, probabilities, values=None):
        self._probabilities = probabilities
        self._values = np.arange(probabilities.shape[-1]) if values is None else values

    def probabilities(self):
        """Probabilities of all codes, of shape (..., n_categories)."""
        return self._probabilities

    def pmf(self, codes):
        """Probability of each code; zero of what is no code."""
        codes, index = self._positions(codes)
        known = self._values[np.maximum(index, 0)] == codes
        mass = np.where(known, self._take(self._probabilities, index), 0.0)
        return np.where(np.isnan(codes), np.nan, mass)

    def logpmf(self, codes):
        """Logarithm of the probability of each code."""
        with np.errstate(divide="ignore"):
            return np.log(self.pmf(codes))

    pdf, logpdf = pmf, logpmf

    def cdf(self, codes):
        """Probability of a code of at most each of the given ones."""
        codes, index = self._positions(codes)
        below = np.where(index < 0, 0.0, self._take(self._cumulative(), index))
        return np.where(np.isnan(codes), np.nan, below)

    def sf(self, codes):
        """Probability of a code above each of the given ones."""
        codes, index = self._positions(codes)
        upper = np.cumsum(self._probabilities[..., ::-1], axis=-1)[..., ::-1]
        upper = np.concatenate([upper[..., 1:], np.zeros((*upper.shape[:-1], 1))], axis=-1)
        above = np.where(index < 0, 1.0, self._take(np.minimum(upper, 1.0), index))
        return np.where(np.isnan(codes), np.nan, above)

    def ppf(self, probability):
        """Smallest code up to which there is at least a given probability."""
        probability = np.asarray(probability, dtype=np.float64)
        index = self._drawn(probability)
        allowed = (probability >= 0.0) & (probability <= 1.0)
        return np.where(allowed, self._values[index].astype(np.float64), np.nan)

    def mean(self):
        """Mean of the code."""
        return self._probabilities @ self._values

    def var(self):
        """Variance of the code."""
        deviation = self._values - self.mean()[..., None]
        return (self._probabilities * deviation**2).sum(axis=-1)

    def std(self):
        """Standard deviation of the code."""
        return np.sqrt(self.var())

    interval = central_interval

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
        ndarray
            Of the type of the values: int64 where they are codes.
        """
        generator = as_generator(random_state)
        size = self._probabilities.shape[:-1] if size is None else size
        return self._values[self._drawn(generator.uniform(size=size))]

    def _drawn(self, probability):
        return (self._cumulative()[..., :-1] < probability[..., None]).sum(axis=-1)

    def _positions(self, codes):
        """Numbers, and the position of the last value that is not above each; -1 of none."""
        codes = np.asarray(codes, dtype=np.float64)
        return codes, np.searchsorted(self._values, codes, side="right") - 1

    def _cumulative(self):
        total = np.cumsum(self._probabilities, axis=-1)
        total[..., -1] = 1.0
        return np.minimum(total, 1.0)

    def _take(self, table, index):
        index = np.maximum(index, 0)
        shape = np.broadcast_shapes(table.shape[:-1], index.shape)
        table = np.broadcast_to(table, (*shape, table.shape[-1]))
        return np.take_along_axis(table, np.broadcast_to(index, shape)[..., None], axis=-1)[..., 0]


class ClassDistribution(CategoryDistribution):
    """Predictive distributions of the classes of some rows.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_classes)
    classes : ndarray of shape (n_classes,)
        Sorted. Values are the classes themselves where they are numbers, else their positions.
    """

    def __init__(self, probabilities, classes):
        numbers = np.asarray(classes).dtype.kind in "iuf"
        super().__init__(probabilities, np.asarray(classes) if numbers else None)

    def __repr__(self):
        return f"{type(self).__name__}(n_rows={len(self._probabilities)})"

    @property
    def shape(self):
        """One entry per row."""
        return self._probabilities.shape[:-1]

    def rvs(self, size=None, random_state=None):
        """Random draws.

        Parameters
        ----------
        size : int, tuple of int or None, default=None
            Draws of every row; None is one, without the leading axes.
        random_state : {None, int, RandomState, Generator}, default=None
            Where the numbers come from.

        Returns
        -------
        ndarray of shape (*size, n_rows)
        """
        leading = () if size is None else tuple(np.atleast_1d(size))
        return super().rvs((*leading, *self.shape), random_state)


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
