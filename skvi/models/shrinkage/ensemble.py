"""A posterior as some members, each with normal weights that are independent: what users are shown.

Members are the optima that the coordinate family has come to, weighted by the exponentials of their
bounds, or draws. Everything is in the units of the data.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from skvi.families.student_t_mixture import StudentTMixture
from skvi.models.linear_regression.prior import INTERCEPT_PRECISION
from skvi.models.shrinkage.coordinate import node_factors

__all__ = ["Ensemble", "of_draws", "of_members"]

_BLOCK = 1 << 22
_POINT = 1e-9  # of the largest scale: the width of what is one value


class Ensemble(NamedTuple):
    """Members and marginals.

    Attributes
    ----------
    weight : ndarray of shape (n_members,)
    coef, variance : ndarray of shape (n_members, n_features)
        Means and variances of the coefficients of every member.
    sigma : ndarray of shape (n_members,)
        Noise standard deviations.
    marginal : StudentTMixture
        Of every coefficient.
    mean, sd : ndarray of shape (n_features,)
        Of every coefficient.
    inclusion : ndarray of shape (n_features,) or None
        Probabilities of not being zero; None where no coefficient can be.
    shift : ndarray of shape (n_features,)
        ``mean`` less the mean over members: predictions have the better of the two.
    x_mean : ndarray of shape (n_features,)
    y_mean : float
    intercept_variance : float
        Of the intercept at the mean of the rows, over that of the noise; zero without one.
    """

    weight: np.ndarray
    coef: np.ndarray
    variance: np.ndarray
    sigma: np.ndarray
    marginal: StudentTMixture
    mean: np.ndarray
    sd: np.ndarray
    inclusion: np.ndarray | None
    shift: np.ndarray
    x_mean: np.ndarray
    y_mean: float
    intercept_variance: float

    @property
    def intercept(self):
        """Posterior mean of the intercept."""
        return float(self.y_mean - self.x_mean @ self.mean)

    def covariance(self):
        """Covariance of the coefficients."""
        deviation = self.coef - self.weight @ self.coef
        covariance = (deviation * self.weight[:, None]).T @ deviation
        np.fill_diagonal(covariance, self.sd**2)
        return 0.5 * (covariance + covariance.T)

    def predictive(self, X, noise=True):
        """Distribution of new targets, or of the regression function, at some rows.

        Parameters
        ----------
        X : ndarray or CSR array of shape (n_rows, n_features)
        noise : bool, default=True

        Returns
        -------
        StudentTMixture
        """
        n_features = len(self.x_mean)
        step = max(1, _BLOCK // max(1, n_features))
        starts = range(0, max(X.shape[0], 1), step)
        parts = [self._block(X[start : start + step], noise) for start in starts]
        location, scale = (np.concatenate(part) for part in zip(*parts, strict=True))
        weight, infinite = self.weight[None], np.full((1, len(self.weight)), np.inf)
        return StudentTMixture(weight, location, scale, infinite)

    def _block(self, X, noise):
        rows = (X.toarray() if issparse(X) else np.asarray(X, dtype=np.float64)) - self.x_mean
        share = self.intercept_variance + float(noise)
        variance = self.sigma**2 * share
        if np.any(self.variance):
            variance = variance + rows**2 @ self.variance.T
        location = rows @ (self.coef + self.shift).T + self.y_mean
        return location, np.sqrt(np.broadcast_to(np.maximum(variance, 1e-300), location.shape))

    def sample(self, n_samples, rng):
        """Joint draws of the coefficients, the intercept and the noise standard deviation."""
        member = rng.choice(len(self.weight), size=n_samples, p=self.weight)
        noise = rng.standard_normal((n_samples, len(self.x_mean)))
        coef = self.coef[member] + noise * np.sqrt(self.variance[member % len(self.variance)])
        sigma = self.sigma[member]
        at_mean = np.sqrt(self.intercept_variance) * sigma * rng.standard_normal(n_samples)
        return coef, self.y_mean + at_mean - coef @ self.x_mean, sigma


def of_members(problem, members, x_mean, y_mean, fit_intercept):
    """The optima of the coordinate family.

    Parameters
    ----------
    problem : Problem
    members : tuple of CoordinateFactors
    x_mean : ndarray of shape (n_features,)
    y_mean : float
    fit_intercept : bool

    Returns
    -------
    Ensemble
    """
    y_scale = np.exp(problem.log_scale)
    size = y_scale * problem.mixture.unit
    bounds = np.array([member.bound for member in members])
    weight = np.exp(bounds - bounds.max())
    weight /= weight.sum()
    mean = np.array([member.mean for member in members])
    variance = np.array([member.variance for member in members])
    noise = np.array([member.noise_variance for member in members])
    inclusion = weight @ np.array([member.inclusion for member in members])
    nodes = [node_factors(problem, member) for member in members]
    marginal = _marginals(weight, nodes, size)
    centre = weight @ mean
    total = weight @ (variance + (mean - centre) ** 2)
    return Ensemble(
        weight,
        mean * size,
        variance * size**2,
        y_scale * np.sqrt(noise),
        marginal,
        centre * size,
        np.sqrt(total) * size,
        inclusion if problem.mixture.has_spike else None,
        np.zeros(len(size)),
        *_origin(problem, x_mean, y_mean, fit_intercept),
    )


def of_draws(problem, refreshed, x_mean, y_mean, fit_intercept):
    """Draws, with the moments of every coefficient given the scales.

    Parameters
    ----------
    problem : Problem
    refreshed : Refreshed
    x_mean, y_mean, fit_intercept
        As :func:`of_members` takes them.

    Returns
    -------
    Ensemble
    """
    y_scale = np.exp(problem.log_scale)
    size = y_scale * problem.mixture.unit
    n_draws = len(refreshed.draws)
    centre = refreshed.mean.mean(axis=0)
    sd = np.sqrt(refreshed.variance.mean(axis=0) + refreshed.mean.var(axis=0)) * size
    spiked = problem.mixture.has_spike
    location, scale = refreshed.mean.T, np.sqrt(refreshed.variance.T)
    if spiked:
        location, scale = refreshed.draws.T, np.zeros((len(size), n_draws))
    weight = np.full(n_draws, 1.0 / n_draws)
    return Ensemble(
        weight,
        refreshed.draws * size,
        np.zeros((1, len(size))),
        y_scale * np.sqrt(refreshed.noise_variance),
        _mixture(weight[None], location * size[:, None], scale * size[:, None]),
        centre * size,
        sd,
        refreshed.inclusion if spiked else None,
        (centre - refreshed.draws.mean(axis=0)) * size,
        *_origin(problem, x_mean, y_mean, fit_intercept),
    )


def _origin(problem, x_mean, y_mean, fit_intercept):
    if not fit_intercept:
        return np.zeros_like(x_mean), 0.0, 0.0
    return x_mean, float(y_mean), 1.0 / (problem.weight + INTERCEPT_PRECISION)


def _marginals(weight, nodes, size):
    probability = np.concatenate(
        [w * node[0] for w, node in zip(weight, nodes, strict=True)], axis=1
    )
    location = np.concatenate([node[1] for node in nodes], axis=1) * size[:, None]
    scale = np.concatenate([node[2] for node in nodes], axis=1) * size[:, None]
    return _mixture(probability, location, scale)


def _mixture(probability, location, scale):
    """Normal mixtures, with what has no width a narrow one."""
    widest = np.maximum(np.abs(location), scale).max(axis=1, keepdims=True)
    scale = np.maximum(scale, _POINT * np.where(widest > 0.0, widest, 1.0))
    return StudentTMixture(probability, location, scale, np.full((1, scale.shape[1]), np.inf))
