"""Predictions of a regressor from its predictive distribution: one mixin for all of them.

A regressor gives ``predict_dist(X)``, a frozen distribution over the rows of ``X`` with ``mean``,
``std``, ``cdf``, ``ppf``, ``logpdf`` and ``rvs``; everything else here follows from it.
"""

from __future__ import annotations

from numbers import Real

import numpy as np
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_array

from skvi.families.intervals import central_interval
from skvi.numerics.random_states import as_generator
from skvi.tables import as_numbers, check_size

__all__ = ["PredictiveMixin", "StackedDistribution", "in_dtype"]

_LEAST = 1e-100


def in_dtype(values, dtype):
    """Values in a floating type; float64 where they would overflow or vanish there."""
    values = np.asarray(values, dtype=np.float64)
    if dtype == np.float64:
        return values
    with np.errstate(over="ignore", under="ignore"):
        cast = values.astype(dtype)
    kept = (np.isfinite(cast) == np.isfinite(values)) & ((cast == 0.0) == (values == 0.0))
    return cast if np.all(kept) else values


class StackedDistribution:
    """Independent distributions side by side: one per target, over the same rows.

    Parameters
    ----------
    parts : list of frozen distributions
        Each over ``n_rows`` rows, with scipy's names for its methods.
    """

    def __init__(self, parts):
        self.parts = list(parts)

    def mean(self):
        """Means, of shape (n_rows, n_targets)."""
        return np.stack([part.mean() for part in self.parts], axis=-1)

    def var(self):
        """Variances, of shape (n_rows, n_targets)."""
        return np.stack([part.var() for part in self.parts], axis=-1)

    def std(self):
        """Standard deviations, of shape (n_rows, n_targets)."""
        return np.stack([part.std() for part in self.parts], axis=-1)

    interval = central_interval

    def pdf(self, x):
        """Densities at ``x``, broadcastable to (..., n_rows, n_targets)."""
        return self._each("pdf", x)

    def logpdf(self, x):
        """Log densities at ``x``, broadcastable to (..., n_rows, n_targets)."""
        return self._each("logpdf", x)

    def cdf(self, x):
        """Probabilities of values up to ``x``, broadcastable to (..., n_rows, n_targets)."""
        return self._each("cdf", x)

    def sf(self, x):
        """Probabilities of values above ``x``, broadcastable to (..., n_rows, n_targets)."""
        return self._each("sf", x)

    def ppf(self, q):
        """Quantiles at ``q``, broadcastable to (..., n_rows, n_targets)."""
        return self._each("ppf", q)

    def rvs(self, size=None, random_state=None):
        """Draws of shape (n_rows, n_targets), or (size, n_rows, n_targets)."""
        rng = as_generator(random_state)
        return np.stack([part.rvs(size, rng) for part in self.parts], axis=-1)

    def _each(self, method, values):
        values = np.asarray(values, dtype=np.float64)
        values = np.broadcast_to(values, (*values.shape[:-1], len(self.parts)))
        results = (getattr(p, method)(values[..., t]) for t, p in enumerate(self.parts))
        return np.stack(list(results), axis=-1)


class PredictiveMixin:
    """Point, interval, quantile and density predictions from ``predict_dist``."""

    def predict(self, X, return_std=False, quantiles=None):
        """Predictive mean, with its uncertainty where asked for.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        return_std : bool, default=False
            Whether to give the predictive standard deviation as well, noise included.
        quantiles : array-like of shape (n_quantiles,), default=None
            Probabilities in (0, 1); gives predictive quantiles instead of the mean.

        Returns
        -------
        mean : ndarray of shape (n_samples,) or (n_samples, n_targets)
            Posterior-predictive mean, or quantiles with one more axis of length ``n_quantiles``.
        std : ndarray of the shape of ``mean``
            Only with ``return_std=True``.

        Raises
        ------
        ValueError
            If a quantile is not in (0, 1), or both kinds of uncertainty are asked for.
        """
        return self._predicted(X, return_std, quantiles)

    def predict_interval(self, X, coverage=0.9):
        """Central predictive interval of every row.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        coverage : float, default=0.9
            Posterior-predictive probability of the interval, in (0, 1).

        Returns
        -------
        interval : ndarray of shape (n_samples, 2) or (n_samples, n_targets, 2)
            Lower and upper end.

        Raises
        ------
        ValueError
            If ``coverage`` is not in (0, 1).
        """
        return self._interval(X, coverage)

    def log_predictive_density(self, X, y):
        """Log posterior-predictive density of every target.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.
        y : array-like of shape (n_samples,) or (n_samples, n_targets)
            Targets.

        Returns
        -------
        log_density : ndarray of the shape of ``y``
            In nats.

        Raises
        ------
        ValueError
            If ``y`` does not have the shape of the predictions, or is not of finite numbers.
        """
        return self._log_density(X, y)

    @np.errstate(over="ignore", under="ignore", divide="ignore")
    def _predicted(self, X, return_std, quantiles, **beside):
        if quantiles is not None:
            if return_std:
                raise ValueError("return_std=True and quantiles are not allowed together.")
            return self._quantiles(X, _probabilities("quantiles", quantiles), **beside)
        if not return_std:
            return self._predict_mean(X, **beside)
        parts = [(part.mean(), part.std()) for part in self._predictive_parts(X, **beside)]
        mean, std = (np.concatenate(values) for values in zip(*parts, strict=True))
        return self._cast(mean), self._cast(std)

    @np.errstate(over="ignore", under="ignore", divide="ignore")
    def _interval(self, X, coverage, **beside):
        if not isinstance(coverage, Real) or not 0.0 < coverage < 1.0:
            raise ValueError(f"coverage={coverage!r} is not allowed; use a number in (0, 1).")
        tail = 0.5 * (1.0 - float(coverage))
        if 1.0 - tail == 1.0:
            raise ValueError(f"coverage={coverage!r} is not allowed; use a number further from 1.")
        return self._quantiles(X, np.array([tail, 1.0 - tail]), **beside)

    @np.errstate(over="ignore", under="ignore", divide="ignore")
    def _log_density(self, X, y, **beside):
        y = self._checked_target(y)
        check_consistent_length(X, y)
        parts, start = [], 0
        for part in self._predictive_parts(X, **beside):
            n_rows = _shape(part)[0]
            parts.append(self._log_density_of(part, y[start : start + n_rows]))
            start += n_rows
        return np.concatenate(parts)

    def _checked_target(self, y):
        with as_numbers(y=y):
            y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
        check_size("y", y)
        return y

    def _log_density_of(self, law, y):
        """Log densities of some rows' targets under their distribution."""
        expected = (len(y), *_shape(law)[1:])
        if y.shape != expected:
            raise ValueError(f"y has shape {y.shape}; expected {expected}.")
        return law.logpdf(y)

    def _quantiles(self, X, probabilities, **beside):
        """Quantiles of every row, one more axis at the end."""
        parts = []
        for part in self._predictive_parts(X, **beside):
            levels = probabilities.reshape(-1, *(1,) * len(_shape(part)))
            parts.append(np.moveaxis(part.ppf(levels), 0, -1))
        return self._cast(np.concatenate(parts))

    def _predictive_parts(self, X):
        """The distribution of some rows after the other, so that memory does not grow with them."""
        yield self.predict_dist(X)

    def _cast(self, values):
        return in_dtype(values, self._dtype)


def _shape(part):
    """Shape of what a distribution is of; one that may have no mean says it itself."""
    return part.shape if hasattr(part, "shape") else part.mean().shape


def _probabilities(name, values):
    try:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 1 or not array.size or not np.all((array >= _LEAST) & (array < 1.0)):
        raise ValueError(
            f"{name}={values!r} is not allowed; use probabilities in (0, 1), {_LEAST:g} at least."
        )
    return array
