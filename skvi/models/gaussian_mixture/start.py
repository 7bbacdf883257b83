"""Starting points: k-means++ seeds among whitened rows, with or without Lloyd steps.

Seeds spread over the rows (Arthur and Vassilvitskii, 2007) start variational mixtures better than
converged k-means where clusters overlap. They are drawn from a sample of distinct rows in
lexicographic order, so that neither the order of the rows nor the way repetitions are written
(twice, or with weight two) matters.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from skvi.models.gaussian_mixture.agglomerate import agglomerated
from skvi.models.gaussian_mixture.kernels import (
    BlockStatistics,
    Logits,
    SphericalMoments,
    TiedMoments,
    label_statistics,
    row_moments,
    squared_distances,
)
from skvi.models.gaussian_mixture.refine import partition
from skvi.models.gaussian_mixture.sample import distinct_rows
from skvi.models.gaussian_mixture.units import in_units, row_units
from skvi.numerics.linalg import cholesky_with_jitter, triangular_inverse
from skvi.numerics.moments import Moments
from skvi.priors.normal_wishart import pooled_covariance

__all__ = [
    "Seeds",
    "merged_statistics",
    "nearest_seed_statistics",
    "refined_statistics",
    "sample_facts",
    "seed_rows",
    "subsample",
    "whole_statistics",
]

_FEWEST_ROWS = 2000
_ROWS_PER_COMPONENT = 100
_ROWS_PER_MEAN = 20
_MOST_VALUES = 1 << 20


class Seeds(NamedTuple):
    """Rows to start from, and the metric in which rows are near them.

    Attributes
    ----------
    rows : ndarray of shape (K, D)
        Repeated where there are fewer than K distinct rows.
    factor : ndarray
        Whitening factor, shaped as the kernels want it.
    center : ndarray of shape (D,)
        Mean of the rows.
    """

    rows: np.ndarray
    factor: np.ndarray
    center: np.ndarray


def subsample(blocks, rng, n_components):
    """Distinct rows enough to start from.

    Parameters
    ----------
    blocks : Blocks
    rng : numpy.random.RandomState
    n_components : int

    Returns
    -------
    ArrayBlocks
        All distinct rows, or ``max(2000, 100 K, 20 K D)`` of them (within a million values),
        with weights that add up to those of all rows.
    """
    n_features = blocks.n_features
    wanted = n_components * max(_ROWS_PER_COMPONENT, _ROWS_PER_MEAN * n_features)
    limit = max(_FEWEST_ROWS, min(wanted, _MOST_VALUES // n_features))
    return distinct_rows(blocks, limit, rng)


def seed_rows(sample, rng, n_components, covariance_type):
    """Draw k-means++ seeds.

    Parameters
    ----------
    sample : ArrayBlocks
        As :func:`subsample` gives it.
    rng : numpy.random.RandomState
    n_components : int
    covariance_type : {"full", "tied", "diag", "spherical"}
        Distances are taken after whitening (full, tied), after standardising the columns (diag), or
        as they are.

    Returns
    -------
    Seeds
    """
    center, factor, whitened = _whitened(sample, covariance_type)
    chosen = _spread(whitened, sample.weights, n_components, rng)
    if covariance_type == "diag":
        factor = np.tile(factor, (n_components, 1))
    if covariance_type == "spherical":
        factor = np.full(n_components, factor[0])
    return Seeds(sample.X[chosen], factor, center)


def refined_statistics(sample, rng, n_components, covariance_type, *, learned):
    """Statistics of a sample partitioned by Lloyd steps from k-means++ seeds.

    Parameters
    ----------
    sample : ArrayBlocks
        As :func:`subsample` gives it.
    rng : numpy.random.RandomState
    n_components : int
    covariance_type : {"full", "tied", "diag", "spherical"}
    learned : bool
        Whether the metric is learned from the partition.

    Returns
    -------
    BlockStatistics
    """
    center, _, whitened = _whitened(sample, covariance_type)
    chosen = _spread(whitened, sample.weights, n_components, rng)
    diagonal = covariance_type in ("diag", "spherical")
    labels = partition(whitened, sample.weights, chosen, learned=learned, diagonal=diagonal)
    return label_statistics(sample.X, sample.weights, labels, center, covariance_type, n_components)


def merged_statistics(sample, rng, n_components, covariance_type, prior, times):
    """Statistics of a sample partitioned into more clusters, which are then merged.

    Parameters
    ----------
    sample : ArrayBlocks
        As :func:`subsample` gives it.
    rng : numpy.random.RandomState
    n_components : int
    covariance_type : {"full", "diag", "spherical"}
    prior : NormalWishart or NormalGamma
        Of one component.
    times : int
        How many times as many clusters there are at first.

    Returns
    -------
    BlockStatistics
    """
    n_clusters = max(n_components, min(times * n_components, sample.n_rows))
    many = refined_statistics(sample, rng, n_clusters, covariance_type, learned=True)
    return many._replace(moments=agglomerated(prior, many.moments, n_components))


def sample_facts(sample, covariance_type):
    """Weight, mean and scatter of a sample, full or its diagonal: what a prior asks for."""
    structure = "full" if covariance_type in ("full", "tied") else "diag"
    return sample.kept("facts", structure, _facts)


def _facts(sample, structure):
    moments = row_moments(sample.X, sample.weights, structure)
    return Moments(*(field[0] for field in moments))


def _whitened(sample, covariance_type):
    """Mean of a sample, whitening factor and whitened rows."""
    center = sample_facts(sample, covariance_type).mean
    factor = sample.kept("whitening", covariance_type, _whitening)
    difference = sample.X - center
    return center, factor, difference @ factor.T if factor.ndim == 2 else difference * factor


def nearest_seed_statistics(block, seeds, covariance_type):
    """Statistics of a block with every row given to its nearest seed.

    Parameters
    ----------
    block : Block
    seeds : Seeds
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    BlockStatistics
    """
    n_components = seeds.rows.shape[0]
    metric = "tied" if covariance_type == "full" else covariance_type
    logits = Logits(np.zeros(n_components), seeds.rows, seeds.factor)
    units = row_units(seeds.factor, metric)
    X, logits, center = in_units(block.X, logits, seeds.center, units)
    labels = squared_distances(X, logits, center, metric).argmin(axis=1)
    return label_statistics(
        block.X, block.weights, labels, seeds.center, covariance_type, n_components
    )


def whole_statistics(block, structure):
    """Statistics of a block of which every row belongs to the only component.

    Parameters
    ----------
    block : Block
    structure : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    BlockStatistics
    """
    kind = "full" if structure in ("full", "tied") else "diag"
    moments = row_moments(block.X, block.weights, kind)
    if structure == "tied":
        moments = TiedMoments(moments.weight, moments.mean, moments.scatter[0])
    if structure == "spherical":
        trace = moments.scatter.sum(axis=-1, keepdims=True)
        moments = SphericalMoments(moments.weight, moments.mean, trace)
    return BlockStatistics(moments, 0.0, 0.0)


def _whitening(sample, covariance_type):
    """Factor ``(D, D)`` or ``(D,)`` that gives the rows unit covariance, or unit size."""
    variance = pooled_covariance(sample_facts(sample, covariance_type))
    if variance.ndim == 2:
        return triangular_inverse(cholesky_with_jitter(variance)[0])
    if covariance_type == "spherical":
        variance = np.full_like(variance, variance.max())
    return 1.0 / np.sqrt(variance)


def _spread(rows, weights, n_seeds, rng):
    """Indices of k-means++ seeds: each new one with chance proportional to its squared distance."""
    chosen = np.empty(n_seeds, dtype=np.intp)
    nearest = np.full(rows.shape[0], np.inf)
    chance = weights
    for k in range(n_seeds):
        cumulative = chance.cumsum()
        draw = rng.random_sample() * cumulative[-1]
        chosen[k] = min(cumulative.searchsorted(draw, side="right"), rows.shape[0] - 1)
        if k == n_seeds - 1:
            break
        difference = rows - rows[chosen[k]]
        nearest = np.minimum(nearest, np.einsum("ij,ij->i", difference, difference))
        chance = weights * nearest if nearest.any() else weights
    return chosen
