"""Linear models."""

from __future__ import annotations

from skvi.linear_model._regression import VariationalBayesianRegression

__all__ = ["VariationalBayesianRegression"]
