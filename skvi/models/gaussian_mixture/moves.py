"""Merges and splits: what to try on a mixture that coordinate ascent no longer improves.

Every move changes the summary alone. Two components become one with their pooled moments, which
leaves a place without rows. A component is cut in two across its longest axis relative to the
spread of all rows, as if its rows were Gaussian: with ``u`` that axis in standard deviations, the
halves have means ``m +- sqrt(2 / pi) u`` and scatters ``(S - (2 / pi) N u u') / 2``. The second
half takes an empty place, or that of a component merged away. Whether a move is any good is left
to the bound after some laps (Ueda, Nakano, Ghahramani and Hinton, 2000, Neural Computation 12).
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture import weights
from skvi.models.gaussian_mixture.agglomerate import worths
from skvi.models.gaussian_mixture.kernels import BlockStatistics, SphericalMoments, TiedMoments

__all__ = ["merged", "proposals", "split"]

_MERGES = 4
_EXCHANGES = 24
_EMPTY = 0.5  # of a row, or of the mean weight of a component if that is less than one
_NUMBERS_AT_ONCE = 1 << 20
_SQUARED_SHIFT = 2.0 / np.pi


def proposals(model, prior, summary):
    """Summaries to go on from.

    Parameters
    ----------
    model : GaussianMixtureModel
    prior : MixturePrior
    summary : BlockStatistics

    Returns
    -------
    list of BlockStatistics
        The four most promising merges; the best of them with another component split in exchange,
        some two dozen in all; and components split into an empty place where there is one. All of
        them are split, or the heaviest where mixtures have many numbers. Entropies are zero: only
        moments are used to go on.
    """
    moments = summary.moments
    empty = moments.weight < _EMPTY * min(1.0, moments.weight.mean())
    used, empty = np.flatnonzero(~empty), np.flatnonzero(empty)
    most = max(1, _NUMBERS_AT_ONCE // sum(field.size for field in moments))
    heaviest = used[np.argsort(-moments.weight[used], kind="stable")]
    found = []
    if used.size > 1:
        first, second = (used[index] for index in np.triu_indices(used.size, 1))
        ranked = np.argsort(-_gains(model, prior, moments, first, second, most), kind="stable")
        best = ranked[:_MERGES]
        found.append(merged(moments, first[best], second[best]))
        for pair in ranked[: max(1, _EXCHANGES // used.size)]:
            others = heaviest[(heaviest != first[pair]) & (heaviest != second[pair])][:most]
            one, other = (np.full(others.size, index[pair]) for index in (first, second))
            if others.size:
                found.append(split(merged(moments, one, other), others, other, prior))
    if empty.size:
        source = heaviest[:most]
        start = type(moments)(*(np.stack([field] * source.size) for field in moments))
        found.append(split(start, source, np.full(source.size, empty[0]), prior))
    return [
        BlockStatistics(type(moments)(*fields), 0.0, 0.0)
        for part in found
        for fields in zip(*part, strict=True)
    ]


def merged(moments, first, second):
    """Moments with the second component of a pair added to the first, once for every pair.

    Parameters
    ----------
    moments : Moments, TiedMoments or SphericalMoments
        Of one mixture.
    first, second : ndarray of shape (P,)
        Components.

    Returns
    -------
    Moments, TiedMoments or SphericalMoments
        With a leading axis of length P.
    """
    weight, mean, scatter = (np.stack([field] * first.size) for field in moments)
    pair = np.arange(first.size)
    total = weight[pair, first] + weight[pair, second]
    delta = mean[pair, second] - mean[pair, first]
    share = (weight[pair, second] / total)[:, None]
    between = _square(moments, weight[pair, first][:, None] * share * delta, delta)
    mean[pair, first] += share * delta
    weight[pair, first], weight[pair, second] = total, 0.0
    if isinstance(moments, TiedMoments):
        scatter += between
    else:
        scatter[pair, first] += scatter[pair, second] + between
        scatter[pair, second] = 0.0
    return type(moments)(weight, mean, scatter)


def split(moments, source, place, prior):
    """Moments with a component cut in two, in every mixture.

    Parameters
    ----------
    moments : Moments, TiedMoments or SphericalMoments
        With a leading axis of length P.
    source, place : ndarray of shape (P,)
        Component to cut, and where the second half goes.
    prior : MixturePrior
        Keeps the spread of all rows away from zero.

    Returns
    -------
    Moments, TiedMoments or SphericalMoments
    """
    weight, mean, scatter = (field.copy() for field in moments)
    pair = np.arange(source.size)
    count = weight[pair, source]
    axis = _longest_axis(moments, pair, source, prior)
    shift = np.sqrt(_SQUARED_SHIFT) * axis
    removed = _square(moments, _SQUARED_SHIFT * count[:, None] * axis, axis)
    mean[pair, place] = mean[pair, source] - shift
    mean[pair, source] += shift
    weight[pair, source] = weight[pair, place] = 0.5 * count
    if isinstance(moments, TiedMoments):
        scatter -= removed
    else:
        half = 0.5 * (scatter[pair, source] - removed)
        scatter[pair, source] = scatter[pair, place] = half
    return type(moments)(weight, mean, scatter)


def _gains(model, prior, moments, first, second, most):
    """What the bound would be after every merge, if rows stayed sure, up to a constant."""
    if isinstance(moments, TiedMoments):
        parts = [slice(low, low + most) for low in range(0, first.size, most)]
        gains = [_gain_of_tied(model, prior, moments, first[p], second[p]) for p in parts]
        return np.concatenate(gains)
    worth, unions = worths(prior.components.distribution, moments, first, second)
    counts, pair = np.tile(moments.weight, (first.size, 1)), np.arange(first.size)
    counts[pair, first] += counts[pair, second]
    counts[pair, second] = 0.0
    sticks = weights.updated(prior.weights, counts).log_normalizer
    return sticks + unions - worth[first] - worth[second]


def _gain_of_tied(model, prior, moments, first, second):
    moments = merged(moments, first, second)
    sticks = weights.updated(prior.weights, moments.weight).log_normalizer
    return sticks + model.structure.updated(prior.components, moments).log_normalizer


def _square(moments, first, second):
    """``first second'`` in the shape of a scatter."""
    if isinstance(moments, SphericalMoments):
        return np.sum(first * second, axis=-1, keepdims=True)
    if isinstance(moments, TiedMoments) or moments.scatter.ndim > moments.mean.ndim:
        return first[:, :, None] * second[:, None, :]
    return first * second


def _longest_axis(moments, pair, source, prior):
    """One standard deviation of a component along its longest axis, relative to that of all."""
    weight, mean, scatter = moments
    count, whole = weight[pair, source], weight.sum(axis=1)
    delta = mean - (weight[:, None] @ mean) / whole[:, None, None]
    if scatter.ndim == 3 and not isinstance(moments, TiedMoments):
        return _longest_column(moments, pair, source, delta)
    own, within = scatter[pair, source] if scatter.ndim == 4 else scatter, scatter
    if scatter.ndim == 4:
        own, within = own / count[:, None, None], scatter.sum(axis=1)
    else:
        own = own / whole[:, None, None]
    spread = within + (weight[..., None] * delta).swapaxes(-1, -2) @ delta
    lower = np.linalg.cholesky(spread + prior.components.distribution.scale_matrix)
    half = np.linalg.solve(lower, own)
    value, vector = np.linalg.eigh(np.linalg.solve(lower, half.swapaxes(-1, -2)))
    size = np.sqrt(np.maximum(value[:, -1:], 0.0))
    return (lower @ vector[:, :, -1:])[:, :, 0] * size


def _longest_column(moments, pair, source, delta):
    """The same where axes are columns."""
    weight, mean, scatter = moments
    spread = np.einsum("pk,pkd->pd", weight, delta * delta)
    own = scatter[pair, source] / weight[pair, source][:, None]
    if isinstance(moments, SphericalMoments):
        own = np.tile(own / mean.shape[-1], mean.shape[-1])
        column = spread.argmax(axis=1)
    else:
        spread += scatter.sum(axis=1)
        column = np.argmax(own / np.where(spread > 0.0, spread, 1.0), axis=1)
    axis = np.zeros_like(own)
    axis[pair, column] = np.sqrt(np.maximum(own[pair, column], 0.0))
    return axis
