"""What is known of targets whose log density a user has given: as much as the user tells."""

from __future__ import annotations

import numpy as np

from skvi.families.intervals import central_interval
from skvi.likelihoods._base import LikelihoodError
from skvi.numerics.random_states import as_generator

__all__ = ["UserDistribution", "checked_shape", "read_only"]


_MOST = 100_000
_NOTHING = 1e-17  # of the second moment
_TOTAL = 1e-6  # off one


class UserDistribution:
    """A frozen distribution as far as the functions of a ``LogDensity`` go.

    Where its support is known, what is not given is summed over that.

    Parameters
    ----------
    likelihood : LogDensity
    eta : ndarray of shape (..., n)
    parameters : ndarray of shape (n_parameters,)
    """

    def __init__(self, likelihood, eta, parameters):
        self._likelihood, self._eta, self._parameters = likelihood, eta, parameters
        self._support = likelihood.support

    def logpdf(self, y):
        """Log density of targets."""
        y, eta = np.broadcast_arrays(np.asarray(y, dtype=np.float64), self._eta)
        inside = np.ones(y.shape, dtype=bool)
        if self._support is not None:
            least, most = self._support
            inside = (y >= least) & (y <= most) & (y == np.floor(y))
            y = np.where(inside, y, least)
        flat = self._likelihood.log_density(y.reshape(-1, 1), eta.ravel(), self._parameters)
        return np.where(inside, np.reshape(flat, y.shape), -np.inf)

    def pdf(self, y):
        """Density of targets."""
        return np.exp(self.logpdf(y))

    logpmf, pmf = logpdf, pdf

    def mean(self):
        """Means of targets, by the given function or by sums."""
        if self._likelihood.mean is None and self._support is not None:
            return sum(count * mass for count, mass in self._masses())
        mean = self._given("mean")(read_only(self._eta), **self._named())
        return checked_shape("mean", mean, self._eta.shape)

    def rvs(self, size=None, random_state=None):
        """Targets drawn at random, by the given function.

        Parameters
        ----------
        size : tuple of int, default=None
            Shape of the result, to which that of the predictors broadcasts. None: one each.
        random_state : {None, int, RandomState, Generator}, default=None
            Where the numbers come from.

        Returns
        -------
        ndarray
        """
        by_sums = self._likelihood.rvs is None and self._support is not None
        draw = None if by_sums else self._given("rvs")
        generator = as_generator(random_state)
        if by_sums:
            return self.ppf(generator.uniform(size=np.shape(self._eta) if size is None else size))
        eta = self._eta if size is None else np.broadcast_to(self._eta, size)
        return checked_shape("rvs", draw(read_only(eta), generator, **self._named()), eta.shape)

    def var(self):
        """Variances of targets, by sums."""
        first, second = 0.0, 0.0
        for count, mass in self._summed("variance"):
            first, second = first + count * mass, second + count**2 * mass
        return np.maximum(second - first**2, 0.0)

    def std(self):
        """Standard deviations of targets, by sums."""
        return np.sqrt(self.var())

    interval = central_interval

    def cdf(self, y):
        """Probabilities of counts up to ``y``, by sums."""
        y, masses = np.asarray(y, dtype=np.float64), self._summed("distribution function")
        below = sum(np.where(count <= y, mass, 0.0) for count, mass in masses)
        return np.where(np.isnan(y), np.nan, np.minimum(below, 1.0))

    def sf(self, y):
        """Probabilities of counts above ``y``, by sums."""
        y, masses = np.asarray(y, dtype=np.float64), self._summed("distribution function")
        above = sum(np.where(count > y, mass, 0.0) for count, mass in masses)
        return np.where(np.isnan(y), np.nan, np.minimum(above, 1.0))

    def ppf(self, probability):
        """Smallest counts with at least a probability up to them, by sums."""
        masses = self._summed("quantile")
        least, most = self._support
        q = np.broadcast_arrays(np.asarray(probability, dtype=np.float64), self._eta)[0]
        total, result = 0.0, np.full(q.shape, float(least))
        for count, mass in masses:
            total = total + mass
            result = np.where(total < q, count + 1.0, result)
        result = np.where(q == 1.0, most, np.where(q == 0.0, least - 1.0, result))
        return np.where((q >= 0.0) & (q <= 1.0), result, np.nan)

    def _summed(self, what):
        if self._support is None:
            counts = ", or give LogDensity a support" if self._likelihood.discrete else ""
            self._unknown(what, f"draw targets with rvs{counts}")
        return self._masses()

    def _masses(self):
        """Counts of the support and their probabilities, until hardly any is left."""
        least, most = self._support
        total = np.zeros(np.shape(self._eta))
        for step in range(_MOST):
            count = least + step
            with np.errstate(all="ignore"):
                mass = self.pmf(count)
            total = total + mass
            yield float(count), mass
            left = max(count, 1.0) ** 2 * mass > _NOTHING
            if count >= most or not np.any(left | (total < 0.5)):
                break
        if np.any(np.abs(total - 1.0) > _TOTAL):
            worst = total.flat[np.argmax(np.abs(total - 1.0))]
            raise LikelihoodError(
                f"LogDensity: probabilities over support={self._support!r} add up to {worst:g}; "
                "expected 1."
            )

    def _named(self):
        return self._likelihood.named(self._parameters)

    def _given(self, name):
        function = getattr(self._likelihood, name)
        if function is None:
            self._unknown(f"`{name}`", f"give LogDensity a function {name}")
        return function

    def _unknown(self, what, instead):
        raise LikelihoodError(f"A log density alone gives no {what} of targets: {instead}.")


def checked_shape(name, value, expected):
    """What a function of the user returned, or an error where it has another shape."""
    if np.shape(value) != expected:
        raise LikelihoodError(
            f"LogDensity: {name} returns shape {np.shape(value)}; expected {expected}."
        )
    return value


def read_only(array):
    """A view that a function of the user cannot write into."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view
