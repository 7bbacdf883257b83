"""Ordered categories by proportional odds: ``P(y <= k) = sigmoid(c_k - eta)``.

With ``b = c_y - eta`` and ``a = c_{y-1} - eta``, the logarithm of ``sigmoid(b) - sigmoid(a)`` is
``log sigmoid(b) + log sigmoid(-a) + log(1 - exp(a - b))``, whose last term knows no predictor: its
expectation is that of two softplus functions (one in the first and in the last category), by the
mixture of :mod:`skvi.numerics.logistic_normal`. The model is that of McCullagh (1980).
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from skvi.likelihoods._base import Likelihood, check_option
from skvi.likelihoods.category_distribution import CategoryDistribution, check_codes, count_codes
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.logistic_normal import logistic_normal

__all__ = ["Ordinal"]

_FARTHEST = 300.0  # of a log gap: products of gaps stay finite


class Ordinal(Likelihood):
    """Ordered categories 0, 1, ...: the log odds of a category above any cut-point shift by eta.

    The cut-points are learned, so that an intercept of the predictor adds nothing to them.

    Parameters
    ----------
    n_categories : int
        At least two.
    """

    discrete = True
    own_intercept = True
    ratio = "odds ratio"

    def __init__(self, n_categories):
        self.n_categories = n_categories

    def check(self):
        """Raise an error unless there are at least two categories."""
        allowed = "a whole number of at least 2"
        check_option(self, "n_categories", allowed, lambda k: k >= 2 and k == int(k))

    def columns(self, y, exposure=None):
        """Codes of categories."""
        check_codes(y, int(self.n_categories))
        return y

    def statistics(self, y, weights):
        """Weight of every category."""
        return count_codes(y, weights, int(self.n_categories))

    def begin(self, statistics):
        """Cut-points that give the shares of the categories, half of a target more in each."""
        total = np.cumsum(statistics + 0.5)
        cuts = np.log(total[:-1] / (total[-1] - total[:-1]))
        return np.zeros(1), np.concatenate([cuts[:1], np.log(np.diff(cuts))])

    def log_density(self, y, eta, parameters):
        """``log sigmoid(b) + log sigmoid(-a) + log(1 - exp(a - b))``."""
        codes = y[:, 0].astype(np.intp)
        cuts, gaps = _cut_points(parameters)
        above = np.logaddexp(0.0, eta - np.append(cuts, cuts[-1:])[codes])
        below = np.logaddexp(0.0, np.append(cuts[:1], cuts)[codes] - eta)
        above = np.where(codes == len(cuts), 0.0, above)
        below = np.where(codes == 0, 0.0, below)
        return _log_shares(gaps)[codes] - above - below

    def expectations(self, y, mean, variance, parameters):
        """``E softplus`` of the distances to the cut-points on either side."""
        cuts, gaps = _cut_points(parameters)
        above, below = _sides(y, mean, variance, cuts)
        codes = y[:, 0].astype(np.intp)
        value = _log_shares(gaps)[codes] - above[0] - below[0]
        return value, below[1] - above[1], above[2] + below[2]

    def parameter_slopes(self, y, mean, variance, parameters, weights):
        """Exact: sums over the rows at each cut-point, then the chain rule through the gaps."""
        cuts, gaps = _cut_points(parameters)
        above, below = _sides(y, mean, variance, cuts)

        def at_cuts(upper, lower):
            """Sums over the categories below each cut-point, and over those above."""
            first = count_codes(y, weights * upper, len(cuts) + 1)[:-1]
            return first, count_codes(y, weights * lower, len(cuts) + 1)[1:]

        pull, push = at_cuts(above[1], below[1])
        steepness = sum(at_cuts(above[2], below[2]))
        shares = count_codes(y, weights, len(cuts) + 1)[1:-1]
        towards = pull - push
        chain = np.tril(np.broadcast_to(np.append(1.0, gaps), (len(cuts), len(cuts))))
        slope = towards @ chain
        curvature = chain.T @ (steepness[:, None] * chain)
        # In log gaps, the cut-points are curved themselves; so are log(1 - exp(-gap)).
        ratio = _decay(gaps)
        bend = shares * ratio * (ratio + gaps - 1.0) - slope[1:]
        slope[1:] += shares * ratio
        curvature[np.arange(1, len(cuts)), np.arange(1, len(cuts))] += bend
        return slope, curvature

    def conditional(self, eta, parameters):
        """Distribution of codes."""
        cuts, gaps = _cut_points(parameters)
        distance = cuts - np.asarray(eta)[..., None]
        probabilities = np.ones((*distance.shape[:-1], len(cuts) + 1))
        probabilities[..., :-1] = expit(distance)
        probabilities[..., 1:] *= expit(-distance)
        return CategoryDistribution(probabilities * np.exp(_log_shares(gaps)))

    def probabilities(self, mean, variance, parameters):
        """Expected probabilities of the categories under normal predictors.

        Parameters
        ----------
        mean, variance : ndarray of shape (n,)
        parameters : ndarray of shape (n_parameters,)

        Returns
        -------
        ndarray of shape (n, n_categories)
        """
        cuts = _cut_points(parameters)[0]
        up_to = np.ones((len(cuts) + 1, len(mean)))
        softplus, slope = np.empty(len(mean)), np.empty(len(mean))
        for below, cut in zip(up_to, cuts, strict=False):
            logistic_normal(cut - mean, frozen(variance), softplus, below, slope)
        return np.diff(up_to, axis=0, prepend=0.0).T

    def named(self, parameters):
        """The cut-points."""
        return {"cut_points": _cut_points(parameters)[0]}


def _cut_points(parameters):
    """Cut-points and the gaps between them."""
    gaps = np.exp(np.clip(parameters[1:], -_FARTHEST, _FARTHEST))
    return parameters[0] + np.append(0.0, np.cumsum(gaps)), gaps


def _log_shares(gaps):
    """``log(1 - exp(-gap))`` of every category, zero of the two at the ends."""
    return np.concatenate([[0.0], np.log(-np.expm1(-gaps)), [0.0]])


def _decay(gaps):
    """``gap / (exp(gap) - 1)``: the derivative of ``log(1 - exp(-gap))`` in ``log gap``."""
    return gaps * np.exp(-gaps) / -np.expm1(-gaps)


def _sides(y, mean, variance, cuts):
    """Expected softplus of the predictor above its upper cut-point and below its lower one.

    Each of shape (3, n), with the first and second derivative; zero where there is no cut-point.
    """
    above, below = np.empty((3, len(mean))), np.empty((3, len(mean)))
    _fill_sides(frozen(y), frozen(mean), frozen(variance), frozen(cuts), above, below)
    return above, below


@kernel
def _fill_sides(y, mean, variance, cuts, above, below):
    last = cuts.shape[0]
    distance = np.empty(mean.shape[0])
    for i in range(mean.shape[0]):
        distance[i] = mean[i] - cuts[min(int(y[i, 0]), last - 1)]
    logistic_normal(distance, variance, above[0], above[1], above[2])
    for i in range(mean.shape[0]):
        distance[i] = cuts[max(int(y[i, 0]) - 1, 0)] - mean[i]
    logistic_normal(distance, variance, below[0], below[1], below[2])
    for i in range(mean.shape[0]):
        for j in range(3):
            if int(y[i, 0]) == last:
                above[j, i] = 0.0
            if int(y[i, 0]) == 0:
                below[j, i] = 0.0
