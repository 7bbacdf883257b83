"""What is known of targets whose log density a user has given: as much as the user tells."""

from __future__ import annotations

import numpy as np

from skvi.likelihoods._base import LikelihoodError
from skvi.numerics.random_states import as_generator

__all__ = ["UserDistribution", "checked_shape", "read_only"]


class UserDistribution:
    """A frozen distribution as far as the functions of a ``LogDensity`` go.

    Parameters
    ----------
    likelihood : LogDensity
    eta : ndarray of shape (..., n)
    parameters : ndarray of shape (n_parameters,)
    """

    def __init__(self, likelihood, eta, parameters):
        self._likelihood, self._eta, self._parameters = likelihood, eta, parameters

    def logpdf(self, y):
        """Log density of targets."""
        y, eta = np.broadcast_arrays(np.asarray(y, dtype=np.float64), self._eta)
        flat = self._likelihood.log_density(y.reshape(-1, 1), eta.ravel(), self._parameters)
        return np.reshape(flat, y.shape)

    def pdf(self, y):
        """Density of targets."""
        return np.exp(self.logpdf(y))

    logpmf, pmf = logpdf, pdf

    def mean(self):
        """Means of targets, by the given function."""
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
        draw = self._given("rvs")
        generator = as_generator(random_state)
        eta = self._eta if size is None else np.broadcast_to(self._eta, size)
        return checked_shape("rvs", draw(read_only(eta), generator, **self._named()), eta.shape)

    def var(self):
        """Not known: raises an error."""
        self._unknown("variance", "draw targets with rvs")

    def cdf(self, y):
        """Not known: raises an error."""
        self._unknown("distribution function", "draw targets with rvs")

    def ppf(self, probability):
        """Not known: raises an error."""
        self._unknown("quantile", "draw targets with rvs")

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
