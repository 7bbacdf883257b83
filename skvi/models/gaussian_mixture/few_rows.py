"""Coordinate ascent of one mixture with full covariances over few rows, compiled as a whole.

Over few rows a lap in array code is all overhead, and a lap of the compiled passes nearly so. Here
a run of laps is one call: the posterior from moments (``components/full.py``, ``weights.py``),
responsibilities from differences, and moments about the last centres, with rows as the lanes of
vectors. Sticks are in decreasing order of their components, which is best but for the last one of
some priors; the bound of a run is taken elsewhere, with the best order.

The source is plain loops: slices and array expressions would take long to compile.
"""

from __future__ import annotations

import numpy as np

from skvi.families.dirichlet import Dirichlet
from skvi.numerics.frozen import frozen
from skvi.numerics.jit import kernel
from skvi.numerics.special import digamma, exp, log

__all__ = ["climb"]

_LOG_TWO = np.log(2.0)
_LOG_TWO_PI = np.log(2.0 * np.pi)
_SMALLEST_LOGIT = -700.0


def climb(tiles, prior, sticks, moments, laps, tolerance):
    """Run laps.

    Parameters
    ----------
    tiles : Tiles
    prior : NormalWishart
        Of one component.
    sticks : StickBreaking or Dirichlet
    moments : Moments
        To start from.
    laps : int
        At the most.
    tolerance : float
        A run ends early once a lap moves no posterior mean by more than this many posterior
        standard deviations, and no weight by as many binomial ones.

    Returns
    -------
    moments : Moments
    entropy : float
        Of the responsibilities of the last lap; nan where a scale matrix was not positive
        definite.
    """
    weight, mean, scatter = (np.array(field) for field in moments)
    n_components, n_features = mean.shape
    size = tiles.weights.shape[1]
    center, factor, constant = np.zeros(mean.shape), np.zeros(scatter.shape), np.zeros(n_components)
    share, scratch = np.empty((n_components, size)), np.empty((n_features + 4, size))
    scratch[n_features + 1] = -np.inf
    order, scale = np.zeros(n_components, dtype=np.intp), np.zeros((n_features, n_features))
    failure = np.empty(0) if isinstance(sticks, Dirichlet) else sticks.failure
    entropy = _climb(
        tiles.columns, tiles.weights, frozen(prior.mean), frozen(prior.scale_matrix),
        float(prior.mean_precision), float(prior.degrees_of_freedom),
        frozen(sticks[0]), frozen(failure),
        weight, mean, scatter, center, factor, constant, share, scratch, order, scale,
        laps, tolerance,
    )  # fmt: skip
    return type(moments)(weight, mean, scatter), entropy


@kernel
def _climb(
    columns, weights, prior_mean, prior_scale, prior_precision, prior_freedom, success, failure,
    weight, mean, scatter, center, factor, constant, share, scratch, order, scale, laps, tolerance,
):  # fmt: skip
    entropy = 0.0
    for lap in range(laps):
        moved = 0.0
        for k in range(weight.size):
            change = _update(
                prior_mean, prior_scale, prior_precision, prior_freedom, weight[k], mean, scatter,
                scale, center, factor, constant, k,
            )  # fmt: skip
            if not change >= 0.0:
                return np.nan
            moved = max(moved, change)
        if lap > 0 and moved <= tolerance:
            break
        _add_sticks(success, failure, weight, order, constant)
        entropy = _pass(
            columns, weights, weight, mean, scatter, center, factor, constant, share, scratch
        )
    return entropy


@kernel(inline="always")
def _pass(columns, weights, weight, mean, scatter, center, factor, constant, share, scratch):
    """Moments under the responsibilities of the rows; the result is their entropy."""
    n_components, entropy = weight.size, 0.0
    for tile in range(columns.shape[0]):
        for k in range(n_components):
            _logits(columns, tile, center, factor, constant[k], k, scratch, share)
        entropy += _normalise(share, weights, tile, columns.shape[1], scratch)
        for k in range(n_components):
            kept = 1.0 if tile > 0 else 0.0
            total = _add_rows(columns, tile, center, k, share, scratch, kept, mean, scatter)
            weight[k] = kept * weight[k] + total
    for k in range(n_components):
        _centre(weight[k], center, mean, scatter, k)
    return entropy


@kernel
def _psi(x):
    """Digamma, compiled once."""
    return digamma(x)


@kernel(inline="always")
def _update(
    prior_mean, prior_scale, prior_precision, prior_freedom, count, mean, scatter,
    scale, center, factor, constant, k,
):  # fmt: skip
    """Centre, factor and constant of a component; the largest movement of its centre, or nan."""
    n_features, moved = mean.shape[1], 0.0
    precision, freedom = prior_precision + count, prior_freedom + count
    fraction = count / precision
    for i in range(n_features):
        shift = mean[k, i] - prior_mean[i]
        for j in range(i + 1):
            between = prior_precision * fraction * shift * (mean[k, j] - prior_mean[j])
            scale[i, j] = prior_scale[i, j] + scatter[k, i, j] + between
        place = prior_mean[i] + fraction * shift
        change = abs(place - center[k, i]) * np.sqrt(freedom * precision / scale[i, i])
        moved = max(moved, change)
        center[k, i] = place
    log_determinant = _invert_factor(scale, np.sqrt(freedom), factor, k) + n_features * _LOG_TWO
    for i in range(n_features):
        log_determinant += _psi(0.5 * (freedom - i))
    constant[k] = 0.5 * (log_determinant - n_features * (1.0 / precision + _LOG_TWO_PI))
    return moved + 0.0 * log_determinant


@kernel(inline="always")
def _invert_factor(scale, root, factor, k):
    """Times ``root`` the inverse of the Cholesky factor of ``scale``, which is overwritten.

    Only lower triangles are used. The result is minus the log-determinant of ``scale``, or nan.
    """
    log_determinant = _factor_in_place(scale)
    for j in range(scale.shape[0]):
        factor[k, j, j] = root / scale[j, j]
        for i in range(j + 1, scale.shape[0]):
            value = 0.0
            for m in range(j, i):
                value -= scale[i, m] * factor[k, m, j]
            factor[k, i, j] = value / scale[i, i]
    return log_determinant


@kernel(inline="always")
def _factor_in_place(scale):
    """Cholesky factor of a matrix; the result is minus its log-determinant, or nan."""
    size, log_determinant = scale.shape[0], 0.0
    for j in range(size):
        for i in range(j, size):
            value = scale[i, j]
            for m in range(j):
                value -= scale[i, m] * scale[j, m]
            scale[i, j] = value
        pivot = scale[j, j]
        if not pivot > 0.0:
            return np.nan
        log_determinant -= log(pivot)
        for i in range(j, size):
            scale[i, j] /= np.sqrt(pivot)
    return log_determinant


@kernel(inline="always")
def _add_sticks(success, failure, weight, order, constant):
    """Add the expected logarithms of the weights to the constants."""
    rest, before = 0.0, 0.0
    for k in range(weight.size):
        rest += weight[k]
        j = k
        while j > 0 and weight[order[j - 1]] < weight[k]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = k
    if failure.size == 0:
        for k in range(weight.size):
            rest += success[k]
        for k in range(weight.size):
            constant[k] += _psi(success[k] + weight[k]) - _psi(rest)
        return
    for j in range(weight.size - 1):
        k = order[j]
        rest = max(rest - weight[k], 0.0)
        both = _psi(success[j] + weight[k] + failure[j] + rest)
        constant[k] += before + _psi(success[j] + weight[k]) - both
        before += _psi(failure[j] + rest) - both
    constant[order[weight.size - 1]] += before


@kernel(inline="always")
def _logits(columns, tile, center, factor, constant, k, scratch, share):
    """``constant - |A (x - m)|^2 / 2`` of the rows of a tile, and the largest of every row."""
    n_features, size = columns.shape[1], columns.shape[2]
    for t in range(size):
        share[k, t] = constant
    for i in range(n_features):
        for t in range(size):
            scratch[i, t] = columns[tile, i, t] - center[k, i]
            scratch[n_features, t] = factor[k, i, i] * scratch[i, t]
        for j in range(i):
            for t in range(size):
                scratch[n_features, t] += factor[k, i, j] * scratch[j, t]
        for t in range(size):
            share[k, t] -= 0.5 * scratch[n_features, t] * scratch[n_features, t]
    for t in range(size):
        scratch[n_features + 1, t] = max(scratch[n_features + 1, t], share[k, t])


@kernel(inline="always")
def _normalise(share, weights, tile, n_features, scratch):
    """Exponentials of the logits, and what they are to be multiplied by; the entropy.

    The line of the largest logits is made ready for the next tile.
    """
    n_components, size = share.shape
    entropy = 0.0
    for t in range(size):
        scratch[n_features + 2, t] = scratch[n_features + 3, t] = 0.0
    for k in range(n_components):
        for t in range(size):
            shifted = max(share[k, t] - scratch[n_features + 1, t], _SMALLEST_LOGIT)
            value = exp(shifted)
            share[k, t] = value
            scratch[n_features + 2, t] += value
            scratch[n_features + 3, t] += value * shifted
    for t in range(size):
        whole = scratch[n_features + 2, t]
        entropy += weights[tile, t] * (log(whole) - scratch[n_features + 3, t] / whole)
        scratch[n_features + 1, t] = -np.inf
        scratch[n_features + 2, t] = weights[tile, t] / whole
    return entropy


@kernel(reassociate=True)
def _add_rows(columns, tile, center, k, share, scratch, kept, first, second):
    """Add sums about the last centre of a component; the result is the weight of the rows.

    ``kept`` is zero for the first tile, before which the sums are something else, and one for all
    others.
    """
    n_features, size = columns.shape[1], columns.shape[2]
    total = 0.0
    for t in range(size):
        share[k, t] *= scratch[n_features + 2, t]
        total += share[k, t]
    for i in range(n_features):
        whole = 0.0
        for t in range(size):
            scratch[i, t] = columns[tile, i, t] - center[k, i]
            scratch[n_features, t] = share[k, t] * scratch[i, t]
            whole += scratch[n_features, t]
        first[k, i] = kept * first[k, i] + whole
        for j in range(i + 1):
            product = 0.0
            for t in range(size):
                product += scratch[n_features, t] * scratch[j, t]
            second[k, i, j] = kept * second[k, i, j] + product
    return total


@kernel(inline="always")
def _centre(count, center, mean, scatter, k):
    """Sums about a centre become the mean and the scatter about it."""
    share = 1.0 / count if count > 0.0 else 0.0
    for i in range(mean.shape[1]):
        for j in range(i + 1):
            scatter[k, i, j] -= mean[k, i] * mean[k, j] * share
            scatter[k, j, i] = scatter[k, i, j]
    for i in range(mean.shape[1]):
        mean[k, i] = center[k, i] + mean[k, i] * share
