"""Compiled row passes of Gaussian mixtures: pure functions of one block of rows."""

from __future__ import annotations

from skvi.models.gaussian_mixture.kernels.api import (
    expectation_statistics,
    log_responsibilities,
    prepare,
    squared_distances,
)
from skvi.models.gaussian_mixture.kernels.dense.repeated import RepeatedPass
from skvi.models.gaussian_mixture.kernels.given import label_statistics, row_moments
from skvi.models.gaussian_mixture.kernels.structures import (
    STRUCTURES,
    BlockStatistics,
    Logits,
    SphericalMoments,
    TiedMoments,
)

__all__ = [
    "STRUCTURES",
    "BlockStatistics",
    "Logits",
    "RepeatedPass",
    "SphericalMoments",
    "TiedMoments",
    "expectation_statistics",
    "label_statistics",
    "log_responsibilities",
    "prepare",
    "row_moments",
    "squared_distances",
]
