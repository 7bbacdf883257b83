"""A likelihood from nothing but its log density.

Expectations under a normal predictor are by the Gauss-Hermite rule; slope and curvature come from
Stein's identities ``E z f / sd`` and ``E (1 - z^2) f / v`` over the same nodes, so that no
derivative is asked for. Where the variance is below a floor, nodes are placed at the floor and
values are moved back along the heat equation ``d E f / dv = E f'' / 2``: the k-th derivative in the
variance is ``E He_2k(z) f / (2 floor)^k``, and four of them are used. Value and curvature remain
derivatives of one another.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermeval
from numpy.polynomial.polynomial import polyval

from skvi.likelihoods._base import Likelihood, LikelihoodError, check_option
from skvi.likelihoods._user_distribution import UserDistribution, checked_shape, read_only

__all__ = ["LogDensity"]

_FLOOR = 1e-2
_NODES = ((_FLOOR, 32), (1.0, 32), (math.inf, 64))  # up to which variance, and how many
_ORDERS = 4
_LARGEST = 1e300  # of a log density in either direction: sums of nodes stay finite
_LARGEST_LOG = 700.0


class LogDensity(Likelihood):
    """Targets with a log density that is given as a function of arrays.

    Parameters
    ----------
    function : callable
        ``function(y, eta, **parameters)``: log densities of targets at their predictors, all
        arrays of shape (n,), those given read-only, every constant kept. Smooth in ``eta``;
        ``nan`` counts as ``-inf``.
    start : float, default=0.0
        A predictor at which all targets have positive density.
    discrete : bool, default=False
        Whether it gives probabilities rather than densities.
    parameters : dict of str to float, default=None
        Positive hyper-parameters, passed to every function by name, and the values to start from;
        they are learned on the log scale.
    mean : callable, default=None
        ``mean(eta, **parameters)``: means of targets. Needed only to predict them.
    rvs : callable, default=None
        ``rvs(eta, rng, **parameters)``: targets drawn at random. Needed only to draw them.
    support : tuple of two numbers, default=None
        Least and largest count that there is where ``discrete``, such as ``(0, np.inf)``. Given it,
        everything else is summed from the probabilities: standard deviations, quantiles, intervals
        and transforms of targets, and means and draws where their functions are None.

    Notes
    -----
    Errors of value, slope and curvature: with the log density of a Bernoulli target below 3e-10 up
    to a standard deviation of two of the predictor, 3e-8 at three and 2e-5 at five; with that of a
    Poisson target below 3e-11, relative to the mean, at any of these. A kink in the log density, or
    a scale much smaller than one in the predictor, costs digits.

    Examples
    --------
    A Bernoulli target with complementary log-log link:

    >>> import numpy as np
    >>> from skvi.likelihoods import LogDensity
    >>> def log_density(y, eta):
    ...     hazard = np.exp(eta)
    ...     return np.where(y == 1.0, np.log(-np.expm1(-hazard)), -hazard)
    >>> likelihood = LogDensity(log_density, discrete=True)
    >>> y = likelihood.columns(np.array([[0.0], [1.0]]))
    >>> mean, variance = np.zeros(2), np.array([0.5, 0.5])
    >>> value, slope, curvature = likelihood.expectations(y, mean, variance, np.empty(0))
    >>> print(value.round(6), slope.round(6), curvature.round(6))
    [-1.284025 -0.539159] [-1.284025  0.549428] [1.284025 0.302453]
    """

    def __init__(
        self,
        function,
        start=0.0,
        discrete=False,
        parameters=None,
        mean=None,
        rvs=None,
        support=None,
    ):
        self.function = function
        self.start = start
        self.discrete = discrete
        self.parameters = parameters
        self.mean = mean
        self.rvs = rvs
        self.support = support

    def check(self):
        """Raise an error unless functions can be called and hyper-parameters are positive."""
        self._expect(callable(self.function), "function", "callable")
        check_option(self, "start", "a finite number", lambda start: True)
        self._expect(isinstance(self.discrete, bool), "discrete", "True or False")
        given = self.parameters
        named = given is None or (
            isinstance(given, dict) and all(map(_is_positive, given.values()))
        )
        self._expect(named, "parameters", "None or a dict of names to positive numbers")
        for name in ("mean", "rvs"):
            value = getattr(self, name)
            self._expect(value is None or callable(value), name, "None or callable")
        allowed = "None or, where discrete, two whole numbers of at least 0, the larger may be inf"
        known = self.support is None or (self.discrete and _are_ends(self.support))
        self._expect(known, "support", allowed)

    def columns(self, y, exposure=None):
        """Targets as they are; raises an error where ``start`` gives them no density."""
        if self.support is not None:
            least, most = self.support
            bad = (y[:, 0] < least) | (y[:, 0] > most) | (y[:, 0] != np.floor(y[:, 0]))
            if np.any(bad):
                raise LikelihoodError(
                    f"y holds {y[bad, 0][0]:g}; expected whole numbers from {least:g} to {most:g}."
                )
        value = self.log_density(y, np.full(len(y), float(self.start)), self.begin(None)[1])
        bad = ~np.isfinite(value)
        if np.any(bad):
            raise LikelihoodError(
                f"y holds {y[bad, 0][0]:g}, whose log density is {value[bad][0]:g} at the "
                f"predictor start={self.start:g}; expected finite log densities there."
            )
        return y

    def begin(self, statistics):
        """What the arguments say."""
        given = list((self.parameters or {}).values())
        return np.array([float(self.start)]), np.log(np.array(given, dtype=np.float64))

    def log_density(self, y, eta, parameters):
        """The given function, which may not write into what it is given."""
        with np.errstate(all="ignore"):
            value = self.function(read_only(y[:, 0]), read_only(eta), **self.named(parameters))
        return checked_shape("function", value, np.shape(eta))

    def expectations(self, y, mean, variance, parameters):
        """Gauss-Hermite rule and Stein's identities."""
        value, slope, curvature = (np.zeros(len(mean)) for _ in range(3))
        least = -math.inf
        for most, n_nodes in _NODES:
            rows = np.flatnonzero((variance > least) & (variance <= most))
            least = most
            if len(rows):
                some = (y[rows], mean[rows], variance[rows])
                value[rows], slope[rows], curvature[rows] = self._integrate(
                    *some, parameters, n_nodes
                )
        return value, slope, curvature

    def _integrate(self, y, mean, variance, parameters, n_nodes):
        nodes, weights = hermegauss(n_nodes)
        weights = weights / weights.sum()
        place = np.maximum(variance, _FLOOR)
        sd = np.sqrt(place)
        back = variance / place - 1.0 if variance.min() < _FLOOR else 0.0
        result = np.zeros((3, len(mean)))
        for node, weight in zip(nodes, weights, strict=True):
            log_density = self.log_density(y, mean + sd * node, parameters)
            log_density = np.nan_to_num(log_density, nan=-_LARGEST, neginf=-_LARGEST)
            log_density = weight * np.clip(log_density, -_LARGEST, _LARGEST)
            for i in range(3):
                result[i] += log_density * _heat(node, i, back)
        return result[0], result[1] / sd, -result[2] / place

    def conditional(self, eta, parameters):
        """What the given functions can tell of targets."""
        return UserDistribution(self, np.asarray(eta), parameters)

    def named(self, parameters):
        """The hyper-parameters."""
        bounded = np.exp(np.clip(parameters, -_LARGEST_LOG, _LARGEST_LOG))
        return dict(zip(self.parameters or {}, bounded.tolist(), strict=True))

    def _expect(self, condition, name, allowed):
        if not condition:
            value = getattr(self, name)
            raise LikelihoodError(f"LogDensity: {name} must be {allowed}, got {value!r}.")


def _heat(node, order, back):
    """Hermite polynomial of an order, as it is at a variance smaller by a share ``-back``."""
    terms = [
        hermeval(node, [0.0] * (order + 2 * k) + [1.0]) / (2.0**k * math.factorial(k))
        for k in range(_ORDERS + 1 - order // 2)
    ]
    return polyval(back, terms)


def _is_positive(value):
    number = not isinstance(value, bool) and isinstance(value, (int, float, np.number))
    return number and 0.0 < value < math.inf


def _are_ends(support):
    if not isinstance(support, tuple) or len(support) != 2:
        return False
    if not all(isinstance(end, (int, float, np.number)) for end in support):
        return False
    least, most = support
    return 0 <= least <= most and least < math.inf and least == math.floor(least)
