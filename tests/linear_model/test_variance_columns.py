"""Which columns the variance of a heteroscedastic regression depends on."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import VariationalBayesianRegression
from skvi.likelihoods import Heteroscedastic
from tests.linear_model.problems import problem


@pytest.mark.parametrize("mask", [[True, False, True], np.array([True, False, True])], ids=type)
def test_columns_of_the_variance_by_truth_values(mask):
    X, y = problem()
    fits = [
        VariationalBayesianRegression(likelihood=Heteroscedastic(columns)).fit(X, y)
        for columns in (mask, [0, 2], np.array([2, 0]))
    ]
    for other in fits[1:]:
        np.testing.assert_array_equal(fits[0].log_variance_coef_, other.log_variance_coef_)
    assert fits[0].log_variance_coef_[1] == 0.0


@pytest.mark.parametrize("columns", [[True, False], [True, 2], [False], [3], [-1], [1.5], ["x"]])
def test_what_names_no_column_of_the_variance(columns):
    with pytest.raises(ValueError, match=r"variance_columns=.* is not allowed; .* 0 to 2"):
        VariationalBayesianRegression(likelihood=Heteroscedastic(columns)).fit(*problem())
