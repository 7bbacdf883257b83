"""Starting points: k-means++ seeds among whitened rows, with or without Lloyd steps.

Seeds spread over the rows (Arthur and Vassilvitskii, 2007) start variational mixtures better than
converged k-means where clusters overlap. They are drawn from a sample of distinct rows in
lexicographic order, so that neither the order of the rows nor the way repetitions are written
(twice, or with weight two) matters.
"""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture.agglomerate import agglomerated, pooled_agglomerated
from skvi.models.gaussian_mixture.kernels import (
    BlockStatistics,
    SphericalMoments,
    TiedMoments,
    label_statistics,
    row_moments,
)
from skvi.models.gaussian_mixture.refine import partition
from skvi.models.gaussian_mixture.sample import distinct_rows
from skvi.numerics.linalg import inverse_factor
from skvi.numerics.moments import Moments
from skvi.priors.normal_wishart import pooled_covariance

__all__ = [
    "merged_statistics",
    "partition_statistics",
    "sample_facts",
    "seeds",
    "subsample",
    "whitened",
    "whole_statistics",
]

_FEWEST_ROWS = 2000
_ROWS_PER_COMPONENT = 100
_ROWS_PER_MEAN = 20
_MOST_VALUES = 1 << 20


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


def seeds(sample, rng, n_components, covariance_type):
    """Draw k-means++ seeds.

    Parameters
    ----------
    sample : Sample
        As :func:`subsample` gives it.
    rng : numpy.random.RandomState
    n_components : int
    covariance_type : {"full", "tied", "diag", "spherical"}
        Distances are taken after whitening (full, tied), after standardising the columns (diag), or
        as they are.

    Returns
    -------
    ndarray of shape (K,)
        Indices of rows; some twice where there are fewer than K distinct ones.
    """
    rows = whitened(sample, covariance_type)[2][:, :-1]
    return _spread(rows, sample.weights, n_components, rng)


def partition_statistics(sample, rng, n_components, covariance_type, kind):
    """Statistics of a sample partitioned from k-means++ seeds.

    Parameters
    ----------
    sample : Sample
        As :func:`subsample` gives it.
    rng : numpy.random.RandomState
    n_components : int
    covariance_type : {"full", "tied", "diag", "spherical"}
    kind : {"seeds", "fixed metric", "learned metric"}
        Whether rows go to the nearest seed, or Lloyd steps follow, and in what metric.

    Returns
    -------
    BlockStatistics
    """
    center, _, lifted = whitened(sample, covariance_type)
    chosen = seeds(sample, rng, n_components, covariance_type)
    options = {"learned": kind == "learned metric"}
    if kind == "seeds":
        options["steps"] = 0
    diagonal = covariance_type in ("diag", "spherical")
    labels = partition(lifted, sample.weights, chosen, diagonal=diagonal, **options)
    return label_statistics(sample.X, sample.weights, labels, center, covariance_type, n_components)


def merged_statistics(sample, rng, n_components, covariance_type, prior, times):
    """Statistics of a sample partitioned into more clusters, which are then merged.

    Parameters
    ----------
    sample : ArrayBlocks
        As :func:`subsample` gives it.
    rng : numpy.random.RandomState
    n_components : int
    covariance_type : {"full", "tied", "diag", "spherical"}
    prior : NormalWishart or NormalGamma
        Of one component.
    times : int
        How many times as many clusters there are at first.

    Returns
    -------
    BlockStatistics
    """
    n_clusters = max(n_components, min(times * n_components, sample.n_rows))
    many = partition_statistics(sample, rng, n_clusters, covariance_type, "learned metric")
    if covariance_type == "tied":
        moments = pooled_agglomerated(prior.scale_matrix, many.moments, n_components)
    else:
        moments = agglomerated(prior, many.moments, n_components)
    return many._replace(moments=moments)


def sample_facts(sample, covariance_type):
    """Weight, mean and scatter of a sample, full or its diagonal: what a prior asks for."""
    structure = "full" if covariance_type in ("full", "tied") else "diag"
    return sample.kept("facts", structure, _facts)


def _facts(sample, structure):
    moments = row_moments(sample.X, sample.weights, structure)
    return Moments(*(field[0] for field in moments))


def whitened(sample, covariance_type):
    """Mean of a sample, whitening factor and whitened rows.

    Parameters
    ----------
    sample : Sample
    covariance_type : {"full", "tied", "diag", "spherical"}

    Returns
    -------
    center : ndarray of shape (D,)
    factor : ndarray of shape (D, D) or (D,)
    lifted : ndarray of shape (n, D + 1)
        Whitened rows, and ones.
    """
    return sample.kept("whitened", covariance_type, _whitened)


def _whitened(sample, covariance_type):
    center, factor = sample_facts(sample, covariance_type).mean, _whitening(sample, covariance_type)
    difference = sample.X - center
    lifted = np.ones((sample.n_rows, center.size + 1))
    product, factors = (np.matmul, factor.T) if factor.ndim == 2 else (np.multiply, factor)
    product(difference, factors, out=lifted[:, :-1])
    return center, factor, lifted


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
        return inverse_factor(variance)
    if covariance_type == "spherical":
        variance = np.full_like(variance, variance.max())
    return 1.0 / np.sqrt(variance)


def _spread(rows, weights, n_seeds, rng):
    """Indices of k-means++ seeds: each new one with chance proportional to its squared distance."""
    chosen = np.empty(n_seeds, dtype=np.intp)
    nearest, chance = None, weights
    for k in range(n_seeds):
        cumulative = chance.cumsum()
        if not cumulative[-1] > 0.0:  # every distinct row is a seed, or as near as numbers go
            cumulative = weights.cumsum()
        draw = rng.random_sample() * cumulative[-1]
        chosen[k] = min(cumulative.searchsorted(draw, side="right"), rows.shape[0] - 1)
        if k == n_seeds - 1:
            break
        difference = rows - rows[chosen[k]]
        distance = np.einsum("ij,ij->i", difference, difference)
        nearest = distance if nearest is None else np.minimum(nearest, distance)
        chance = weights * nearest
    return chosen
