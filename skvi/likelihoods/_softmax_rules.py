"""Nodes for normal predictors of the softmax function: the more, the wider a row is spread.

Every rule is made of directions and their opposites, with weights, such that first, second and
third moments are those of the standard normal. Two predictors have the product of equal angles and
of the Gauss rule of the radius, which gains digits with every node. More have pseudo-random
directions at the first level, and points of a shifted Sobol sequence beyond; from the second level
on, nodes stand only for what pairs of classes leave.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial.laguerre import laggauss
from scipy.special import ndtri
from scipy.stats.qmc import Sobol

from skvi.numerics.frozen import frozen

__all__ = ["Rule", "levels", "most_levels", "rule_of"]

_SEED = 20240
_RINGS = ((16, 4), (32, 16), (64, 32))
_RING_SPREADS = (0.6, 2.0)
_POINTS = (32, 64, 128, 256, 1024)
_SPREADS = (0.3, 0.6, 2.0, 6.0)
_POINTS_FOR_PROBABILITIES = (128, 512, 2048, 2048, 2048)
_RANDOM = 32  # points at the most that are pseudo-random: too few for a sequence
_BAND = 0.25  # over which one rule gives way to the next, relative to the spread


class Rule(NamedTuple):
    """Half of the nodes; the others are their opposites.

    Attributes
    ----------
    directions : ndarray of shape (n_predictors, n_directions)
    weights : ndarray of shape (n_directions,)
        Of each of two opposites: they sum to one half.
    paired : bool
        Whether differences of two logits are to be integrated apart.
    """

    directions: np.ndarray
    weights: np.ndarray
    paired: bool


def levels(variance):
    """Which rule serves every row: between whole numbers, a mixture of both.

    Parameters
    ----------
    variance : ndarray of shape (n, n_predictors, n_predictors)

    Returns
    -------
    level : ndarray of shape (n,)
        Zero for the first rule; continuous in the variance.
    slope : ndarray of shape (n,)
        By which it grows with any diagonal element of the variance.
    """
    d = variance.shape[1]
    spread = np.sqrt(np.maximum(np.einsum("njj->n", variance), 0.0) / d)
    level, slope = np.zeros(len(spread)), np.zeros(len(spread))
    for least in _RING_SPREADS if d == 2 else _SPREADS:
        part = np.clip((spread / least - 1.0) / _BAND, 0.0, 1.0)
        level += part * part * (3.0 - 2.0 * part)
        slope += 6.0 * part * (1.0 - part) / (_BAND * least)
    return level, slope / (2.0 * d * np.maximum(spread, _SPREADS[0]))  # flat below the least


def most_levels(n_predictors):
    """Level of the last rule."""
    return len(_RING_SPREADS if n_predictors == 2 else _SPREADS)


@lru_cache(maxsize=64)
def rule_of(n_predictors, level, for_probabilities=False):
    """Rule of a level.

    Parameters
    ----------
    n_predictors : int
        At least two.
    level : int
    for_probabilities : bool, default=False
        Whether nodes do all of the work, and once only: then there are more of them.

    Returns
    -------
    Rule
    """
    if n_predictors == 2:
        return Rule(*_rings(*_RINGS[level]), paired=False)
    least = (_POINTS_FOR_PROBABILITIES if for_probabilities else _POINTS)[level]
    n = max(least, -(-n_predictors // 8) * 8 * (2 if level else 1))
    points = _pseudo_random(n, n_predictors) if least <= _RANDOM else _sobol(n, n_predictors)
    basis, triangle = np.linalg.qr(points)
    directions = np.sqrt(n) * (basis * np.sign(np.diag(triangle))).T
    weights = frozen(np.full(n, 0.5 / n))
    return Rule(frozen(directions), weights, paired=level > 0 and not for_probabilities)


def _pseudo_random(n, n_predictors):
    return np.random.RandomState(_SEED).standard_normal((n, n_predictors))


def _sobol(n, n_predictors):
    points = Sobol(n_predictors, scramble=False).random(n)
    return ndtri((points + np.random.RandomState(_SEED).random_sample(n_predictors)) % 1.0)


def _rings(n_angles, n_radii):
    """Half of the nodes of the product rule; every other ring is turned by half a step."""
    half_squares, weights = laggauss(n_radii)
    turns = 0.5 * (np.arange(n_radii) % 2)
    angles = 2.0 * np.pi / n_angles * (np.arange(n_angles // 2)[:, None] + turns)
    radii = np.sqrt(2.0 * half_squares)
    directions = np.stack([(radii * np.cos(angles)).ravel(), (radii * np.sin(angles)).ravel()])
    return frozen(directions), frozen(np.tile(weights / n_angles, n_angles // 2))
