"""Classes by the softmax function, with one predictor less than there are classes.

Class logits are ``C u`` with orthonormal contrasts ``C``, orthogonal to the vector of ones: equal
independent normal priors of ``u`` are those of K symmetric logits whose common shift, which no
target sees, is left out.

Expectations under a normal ``u`` are means over 64 nodes: 32 fixed directions and their opposites,
whitened so that first, second and third moments are those of the standard normal. Slope and
curvature are means of derivatives over the same nodes: the slope is that of the value, to rounding;
the curvature is positive semidefinite, and that of the value in the variance but for the error of
the nodes. The value is right to 2e-3 where the standard deviations of the predictors are one half,
2e-2 at one and 0.1 at two (mean square errors are a quarter of these); at small variances the error
falls with their square.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.linalg import helmert
from scipy.special import log_softmax, softmax

from skvi.likelihoods._base import Likelihood, check_option
from skvi.likelihoods._softmax_nodes import softmax_expectations, softmax_probabilities
from skvi.likelihoods.category_distribution import CategoryDistribution, check_codes, count_codes
from skvi.numerics.frozen import frozen

__all__ = ["Categorical", "contrasts", "expected_probabilities"]

_DIRECTIONS = 32
_DIRECTIONS_OF_PREDICTIONS = 128
_SEED = 20240


class Categorical(Likelihood):
    """Classes 0, 1, ... without order: softmax of ``contrasts(n_classes) @ eta``.

    Parameters
    ----------
    n_classes : int
        At least two.
    """

    discrete = True

    def __init__(self, n_classes):
        self.n_classes = n_classes

    @property
    def n_predictors(self):
        """One less than there are classes."""
        return int(self.n_classes) - 1

    def check(self):
        """Raise an error unless there are at least two classes."""
        allowed = "a whole number of at least 2"
        check_option(self, "n_classes", allowed, lambda k: k >= 2 and k == int(k))

    def columns(self, y, exposure=None):
        """Codes of classes."""
        check_codes(y, int(self.n_classes))
        return y

    def statistics(self, y, weights):
        """Weight of every class."""
        return count_codes(y, weights, int(self.n_classes))

    def begin(self, statistics):
        """Predictors that give the shares of the classes, half of a target more in each."""
        return np.log(statistics + 0.5) @ contrasts(int(self.n_classes)), np.empty(0)

    def log_density(self, y, eta, parameters):
        """Log softmax at the class."""
        log_probability = log_softmax(self._logits(eta), axis=-1)
        return np.take_along_axis(log_probability, y[:, :1].astype(np.intp), axis=1)[:, 0]

    def expectations(self, y, mean, variance, parameters):
        """Means over the nodes."""
        mean, variance, shape = _as_vectors(mean, variance)
        value, slope, curvature = (np.empty(s) for s in (len(mean), mean.shape, variance.shape))
        directions = _directions(self.n_predictors, _DIRECTIONS)
        arrays = (frozen(y), frozen(mean), frozen(variance), directions)
        softmax_expectations(*arrays, value, slope, curvature)
        return value, slope.reshape(shape), curvature.reshape((*shape, *shape[1:]))

    def class_logits(self):
        """Logits of the classes, relative to their mean, in terms of the predictors: a matrix."""
        return contrasts(int(self.n_classes))

    def expected_probabilities(self, mean, variance):
        """Probabilities of the classes averaged over normal predictors."""
        return expected_probabilities(mean, variance)

    def conditional(self, eta, parameters):
        """Distribution of codes."""
        return CategoryDistribution(softmax(self._logits(eta), axis=-1))

    def _logits(self, eta):
        eta = np.asarray(eta)
        one = self.n_predictors == 1
        return (eta[..., None] if one else eta) @ contrasts(int(self.n_classes)).T


@lru_cache(maxsize=64)
def contrasts(n_classes):
    """Orthonormal columns orthogonal to the vector of ones.

    Column ``d`` sets class ``d + 1`` against the mean of all classes before it.

    Parameters
    ----------
    n_classes : int

    Returns
    -------
    ndarray of shape (n_classes, n_classes - 1)
        Read-only.
    """
    return frozen(-helmert(n_classes).T)


def expected_probabilities(mean, variance):
    """Class probabilities averaged over normal predictors, by 256 nodes.

    Parameters
    ----------
    mean : ndarray of shape (n, n_predictors), or (n,) of two classes
    variance : ndarray of shape (n, n_predictors, n_predictors), or (n,) of two classes

    Returns
    -------
    ndarray of shape (n, n_predictors + 1)
    """
    mean, variance, _ = _as_vectors(mean, variance)
    n, n_predictors = mean.shape
    probabilities = np.empty((n, n_predictors + 1))
    directions = _directions(n_predictors, _DIRECTIONS_OF_PREDICTIONS)
    softmax_probabilities(frozen(mean), frozen(variance), directions, probabilities)
    return probabilities


def _as_vectors(mean, variance):
    """Predictors and variances with all their axes, and the shape of the predictors before."""
    shape = mean.shape
    return mean.reshape(shape[0], -1), variance.reshape(shape[0], *(shape[1:] or (1,)) * 2), shape


@lru_cache(maxsize=64)
def _directions(n_predictors, least):
    """Fixed directions whose mean outer product is the identity: (n_predictors, n_directions)."""
    n = max(least, -(-n_predictors // 8) * 8)
    draws = np.random.RandomState(_SEED).standard_normal((n, n_predictors))
    basis, triangle = np.linalg.qr(draws)
    return frozen(np.sqrt(n) * (basis * np.sign(np.diag(triangle))).T)
