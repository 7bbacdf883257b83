"""Linear models."""

from __future__ import annotations

from skvi.linear_model._glm import VariationalGLMRegressor
from skvi.linear_model._logistic import VariationalLogisticRegression
from skvi.linear_model._ordinal import VariationalOrdinalRegression
from skvi.linear_model._quantile import VariationalQuantileRegressor
from skvi.linear_model._regression import VariationalBayesianRegression

__all__ = [
    "VariationalBayesianRegression",
    "VariationalGLMRegressor",
    "VariationalLogisticRegression",
    "VariationalOrdinalRegression",
    "VariationalQuantileRegressor",
]
