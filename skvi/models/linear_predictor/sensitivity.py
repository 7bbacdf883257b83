"""How what a row tells the weights changes with the predictor's law and the hyper-parameters."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["Sensitivity", "row_sensitivity"]

_STEP = 1e-3  # of a mean in standard deviations, of a variance relative to it
_PARAMETER_STEP = 1e-4
_LEAST_SD = 1e-6


class Sensitivity(NamedTuple):
    """Derivatives of weighted curvatures and slopes, row by row.

    Curvatures are those of the ``n_pairs`` pairs ``k <= l`` of predictors; one that stands for two
    counts twice.

    Attributes
    ----------
    in_mean : ndarray of shape (n, n_pairs, n_predictors)
        Of the curvatures, in the means.
    in_variance : ndarray of shape (n, n_pairs, n_pairs)
        Of the curvatures, in the covariances.
    in_parameters : ndarray of shape (n, n_pairs, n_parameters)
        Of the curvatures, in the hyper-parameters.
    slope_in_parameters : ndarray of shape (n, n_predictors, n_parameters)
    """

    in_mean: np.ndarray
    in_variance: np.ndarray
    in_parameters: np.ndarray
    slope_in_parameters: np.ndarray


def row_sensitivity(likelihood, y, mean, variance, parameters, weights):
    """Central differences of :meth:`Likelihood.expectations`.

    Parameters
    ----------
    likelihood : Likelihood
    y, mean, variance, parameters
        As a likelihood takes them.
    weights : ndarray of shape (n,)

    Returns
    -------
    Sensitivity
    """
    first, second = np.triu_indices(likelihood.n_predictors)
    counts = weights[:, None] * np.where(first == second, 1.0, 2.0)

    def between(ahead, behind):
        up, down = (likelihood.expectations(y, *moments) for moments in (ahead, behind))
        slope = weights[:, None] * (up[1] - down[1]).reshape(len(y), -1)
        change = up[2] - down[2]
        if change.ndim == 1:
            return slope, counts * change[:, None]
        return slope, counts * change[:, first, second]

    def changes(moved, sizes):
        """Derivatives of slopes and curvatures along some moves of the moments."""
        pairs = [between(move(step), move(-step)) for move, step in zip(moved, sizes, strict=True)]
        if not pairs:
            return np.empty((len(y), mean.size // len(y), 0)), np.empty((len(y), len(first), 0))
        widths = (np.reshape(2.0 * step, (-1, 1)) for step in sizes)
        scaled = [
            [part / width for part in pair] for pair, width in zip(pairs, widths, strict=True)
        ]
        return tuple(np.stack(parts, axis=2) for parts in zip(*scaled, strict=True))

    variance = variance + _LEAST_SD**2 * np.eye(likelihood.n_predictors).squeeze()  # room below
    sds = np.sqrt(np.einsum("...kk->...k", variance.reshape(len(y), *_square(mean))))
    means = [_moved(0, k, mean, variance, parameters) for k in range(sds.shape[1])]
    in_mean = changes(means, _STEP * sds.T)[1]
    pairs = [
        _moved(1, pair, mean, variance, parameters) for pair in zip(first, second, strict=True)
    ]
    in_variance = changes(pairs, _STEP * (sds[:, first] * sds[:, second]).T)[1]
    each = [_moved(2, j, mean, variance, parameters) for j in range(len(parameters))]
    slope, in_parameters = changes(each, np.full(len(parameters), _PARAMETER_STEP))
    return Sensitivity(in_mean, in_variance, in_parameters, slope)


def _square(mean):
    size = 1 if mean.ndim == 1 else mean.shape[1]
    return size, size


def _moved(which, place, mean, variance, parameters):
    """The moments as a function of a step of one of them."""

    def at(step):
        moments = [mean, variance, parameters]
        moved = moments[which] = moments[which].copy()
        if which == 2:
            moved[place] += step
        elif moved.ndim == 1:
            moved += step
        elif which == 0:
            moved[:, place] += step
        else:
            moved[:, *place] += step
            if place[0] != place[1]:
                moved[:, *place[::-1]] += step
        return moments

    return at
