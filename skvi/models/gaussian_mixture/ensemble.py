"""Several mixtures of the same rows at once.

Where rows are few, a lap of one mixture is all overhead. Full covariances have compiled laps (see
``few_rows.py``). For the others, the summaries of many mixtures are
stacked along a leading axis: posteriors are updated for all of them together, and so are the
responsibilities of few rows, with distances from differences and moments about the centres of the
components. Many rows go through the kernels, one mixture after the other. Only the short runs that
compare starting points use this, and the winner before it is run to the end.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skvi.inference.summary import total
from skvi.models.gaussian_mixture import few_rows, start, weights
from skvi.models.gaussian_mixture.kernels import BlockStatistics, Logits
from skvi.models.gaussian_mixture.sample import Sample
from skvi.models.gaussian_mixture.units import in_units

__all__ = ["cheap_laps", "climbed"]

_FEW_NUMBERS = 10000
_ARRAY_LAPS_FOR_ONE = 3
_COMPILED_LAPS_FOR_ONE = 32
_FEW_PRODUCTS = 1 << 23
_CHEAP_PRODUCTS = 1 << 26
_MOST_LAPS = 500
_MOST_ARRAY_LAPS = 60
_SETTLED = 1e-3
_NUMBERS_AT_ONCE = 1 << 17
_LARGEST_DISTANCE = 1e300
_SMALLEST_LOGIT = -800.0
_HALF_LOG_TWO_PI = 0.5 * np.log(2.0 * np.pi)


class _Group(NamedTuple):
    """Moments of C mixtures with a leading axis, and entropies of shape (C,)."""

    moments: Any
    entropy: np.ndarray


def climbed(model, prior, rows, summaries, laps):
    """Summaries and bounds of several mixtures after some laps.

    Parameters
    ----------
    model : GaussianMixtureModel
    prior : MixturePrior
    rows : ArrayBlocks
    summaries : list of BlockStatistics
    laps : int
        Over few rows more are taken, since one costs so little: three for each, or up to 32 where
        laps are compiled.

    Returns
    -------
    list of (BlockStatistics, float)
    """
    n_components, n_features = model.n_components, model.n_features
    numbers = rows.X.size * n_components
    small, lap = numbers <= _FEW_NUMBERS, _kernel_lap
    if _products(model, rows) <= _FEW_PRODUCTS:
        most = min(_COMPILED_LAPS_FOR_ONE * laps, cheap_laps(model, rows)) if small else laps
        group = _compiled_laps(prior, rows, _stacked(summaries), most)
        if group is not None:
            return list(zip(_members(group), _bound(model, prior, group), strict=True))
        laps = min(laps, _MOST_ARRAY_LAPS)
    if small:
        lap, laps = _array_lap, _ARRAY_LAPS_FOR_ONE * laps
    else:
        numbers = n_components * n_features**2
    size, found = max(1, _NUMBERS_AT_ONCE // numbers), []
    for low in range(0, len(summaries), size):
        group = _stacked(summaries[low : low + size])
        for _ in range(laps):
            group = lap(model, prior, rows, group)
        found += zip(_members(group), _bound(model, prior, group), strict=True)
    return found


def cheap_laps(model, rows):
    """How many laps of one mixture cost next to nothing over these rows.

    Parameters
    ----------
    model : GaussianMixtureModel
    rows : ArrayBlocks

    Returns
    -------
    int
        Zero where a lap costs as much as one of the final run.
    """
    products = _products(model, rows)
    return min(_MOST_LAPS, int(_CHEAP_PRODUCTS / products)) if products <= _FEW_PRODUCTS else 0


def _products(model, rows):
    """How many products a compiled lap takes; infinitely many where none is compiled."""
    if model.covariance_type != "full" or not isinstance(rows, Sample):
        return np.inf
    return rows.X.size * model.n_features * model.n_components


def _compiled_laps(prior, rows, group, laps):
    """The group after some laps, or None where array code is needed."""
    component, sticks = prior.components.distribution, prior.weights.distribution
    whitened = rows.kept("whitened rows", "full", _whitened_rows)
    found = few_rows.climb(whitened, component, sticks, group.moments, laps, _SETTLED)
    return None if found is None else _Group(*found)


def _whitened_rows(rows, structure):
    return few_rows.WhitenedRows.of(rows.weights, *start.whitened(rows, structure))


def _stacked(summaries):
    moments = [summary.moments for summary in summaries]
    fields = (np.array(field) for field in zip(*moments, strict=True))
    entropy = np.array([summary.entropy for summary in summaries])
    return _Group(type(moments[0])(*fields), entropy)


def _members(group):
    """The summaries of the single mixtures."""
    kind = type(group.moments)
    return [
        BlockStatistics(kind(*fields), float(entropy), 0.0)
        for *fields, entropy in zip(*group.moments, group.entropy, strict=True)
    ]


def _posterior(model, prior, moments):
    components = model.structure.updated(prior.components, moments)
    return components, weights.updated(prior.weights, moments.weight)


def _bound(model, prior, group):
    """The bound of every mixture: all that does not cancel between its terms."""
    components, sticks = _posterior(model, prior, group.moments)
    gain = components.log_normalizer - prior.components.log_normalizer
    if gain.ndim == 2:
        gain = gain.sum(axis=1)
    gain = gain + sticks.log_normalizer - prior.weights.log_normalizer
    n_rows = group.moments.weight.sum(axis=1)
    return gain + group.entropy - _HALF_LOG_TWO_PI * model.n_features * n_rows


def _logits(model, prior, moments):
    """What the rows need to know of every mixture, with a leading axis."""
    components, sticks = _posterior(model, prior, moments)
    log_determinant = components.log_determinant
    if log_determinant.ndim == 1:
        log_determinant = log_determinant[:, None]
    constant = sticks.expected_log + 0.5 * (log_determinant - components.mean_spread)
    constant -= _HALF_LOG_TWO_PI * model.n_features
    return Logits(constant, components.distribution.mean, components.factor)


def _kernel_lap(model, prior, rows, group):
    logits = _logits(model, prior, group.moments)
    views = (
        in_units(Logits(*each), prior.center, model.covariance_type)
        for each in zip(*logits, strict=True)
    )
    return _stacked([total(model.statistics(block, *view) for block in rows) for view in views])


def _array_lap(model, prior, rows, group):
    constant, mean, factor = _logits(model, prior, group.moments)
    difference = rows.X - mean[:, :, None]
    scaled = _scaled(difference, factor, model.covariance_type)
    distance = np.einsum("ckni,ckni->ckn", scaled, scaled)
    logits = constant[..., None] - 0.5 * np.fmin(distance, _LARGEST_DISTANCE)
    logits -= logits.max(axis=1, keepdims=True)
    share = np.exp(logits)
    whole = share.sum(axis=1, keepdims=True)
    share *= rows.weights / whole
    np.maximum(logits, _SMALLEST_LOGIT, out=logits)
    entropy = np.log(whole[:, 0]) @ rows.weights - np.einsum("ckn,ckn->c", share, logits)
    fields = _moments(difference, share, mean, model.covariance_type)
    return _Group(type(group.moments)(*fields), entropy)


def _scaled(difference, factor, structure):
    if structure == "full":
        return difference @ factor.swapaxes(-1, -2)
    if structure == "tied":
        return difference @ factor.swapaxes(-1, -2)[:, None]
    return difference * factor.reshape(*factor.shape[:2], 1, -1)


def _moments(difference, share, mean, structure):
    """Weights, means and scatters from differences to some centres of the components."""
    weight = share.sum(axis=2)
    first = (share[:, :, None] @ difference)[:, :, 0]
    offset = first / np.where(weight == 0.0, 1.0, weight)[..., None]
    if structure in ("full", "tied"):
        second = difference.swapaxes(-1, -2) @ (difference * share[..., None])
        scatter = second - first[..., :, None] * offset[..., None, :]
        if structure == "tied":
            scatter = scatter.sum(axis=1)
    else:
        second = (share[:, :, None] @ (difference * difference))[:, :, 0]
        scatter = second - first * offset
        if structure == "spherical":
            scatter = scatter.sum(axis=-1, keepdims=True)
    return weight, mean + offset, scatter
