"""Nodes for normal predictors of the softmax function: the more, the wider a row is spread.

Every rule is made of directions and their opposites, with weights, such that first, second and
third moments are those of the standard normal. Two predictors have the product of equal angles and
of the Gauss rule of the radius, which gains digits with every node. More have pseudo-random
directions at the first level, and points of a shifted Sobol sequence beyond.
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
_DIRECTIONS = 32
_RINGS = ((16, 4), (32, 16), (64, 32))
_RING_SPREADS = (0.6, 2.0)
_POINTS = (128, 512, 2048)
_SPREADS = (0.3, 0.8, 3.0)
_BAND = 0.25  # over which one rule gives way to the next, relative to the spread


class Rule(NamedTuple):
    """Half of the nodes; the others are their opposites.

    Attributes
    ----------
    directions : ndarray of shape (n_predictors, n_directions)
    weights : ndarray of shape (n_directions,)
        Of each of two opposites: they sum to one half.
    """

    directions: np.ndarray
    weights: np.ndarray


def levels(variance):
    """Which rule serves every row: between whole numbers, a mixture of both.

    Parameters
    ----------
    variance : ndarray of shape (n, n_predictors, n_predictors)

    Returns
    -------
    ndarray of shape (n,)
        Zero for the first rule; continuous in the variance.
    """
    d = variance.shape[1]
    spread = np.sqrt(np.maximum(np.einsum("njj->n", variance), 0.0) / d)
    level = np.zeros(len(spread))
    for least in _RING_SPREADS if d == 2 else _SPREADS:
        part = np.clip((spread / least - 1.0) / _BAND, 0.0, 1.0)
        level += part * part * (3.0 - 2.0 * part)
    return level


def most_levels(n_predictors):
    """Level of the last rule."""
    return len(_RING_SPREADS if n_predictors == 2 else _SPREADS)


@lru_cache(maxsize=64)
def rule_of(n_predictors, level):
    """Rule of a level.

    Parameters
    ----------
    n_predictors : int
        At least two.
    level : int

    Returns
    -------
    Rule
    """
    if n_predictors == 2:
        return Rule(*_rings(*_RINGS[level]))
    least = _POINTS[level - 1] if level else _DIRECTIONS
    n = max(least, -(-n_predictors // 8) * 8)
    points = _sobol(n, n_predictors) if level else _pseudo_random(n, n_predictors)
    basis, triangle = np.linalg.qr(points)
    directions = np.sqrt(n) * (basis * np.sign(np.diag(triangle))).T
    return Rule(frozen(directions), frozen(np.full(n, 0.5 / n)))


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
