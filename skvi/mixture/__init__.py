"""Mixture models."""

from __future__ import annotations

from skvi.mixture._gaussian import VariationalGaussianMixture

__all__ = ["VariationalGaussianMixture"]
