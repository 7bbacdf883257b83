"""Comparison of fits."""

from __future__ import annotations

from skvi.model_selection._ranking import rank_by_bound

__all__ = ["rank_by_bound"]
