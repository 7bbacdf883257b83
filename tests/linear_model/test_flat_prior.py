"""A flat prior of weights that the rows leave open is refused, whatever the likelihood."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from skvi import VariationalGLMRegressor, VariationalLogisticRegression
from tests.linear_model.manners import BINARY, COUNTS, X, each

LEVELS = np.eye(4)[np.random.RandomState(3).randint(4, size=60)]
TWICE = np.column_stack([X, X[:, 0]])
MESSAGE = r"prior=Flat\(\) needs columns of full rank, but X has 60 rows, 4 columns.* rank 3;"


@each()
@pytest.mark.parametrize("table", [TWICE, LEVELS, sparse.csr_array(LEVELS)], ids=type)
def test_columns_that_depend_on_each_other(estimator, y, table):
    with pytest.raises(ValueError, match=MESSAGE):
        clone(estimator).set_params(prior="flat").fit(table, y)


@each("binary", "poisson", "quantile")
def test_independent_weights_are_no_way_around(estimator, y):
    flat = clone(estimator).set_params(prior="flat", family="diagonal")
    for table in (TWICE, sparse.csr_array(LEVELS)):
        with pytest.raises(ValueError, match=MESSAGE):
            clone(flat).fit(table, y)


@each()
def test_in_chunks_and_in_further_rows(estimator, y):
    flat = clone(estimator).set_params(prior="flat")
    with pytest.raises(ValueError, match=MESSAGE):
        clone(flat).fit([(TWICE[:30], y[:30]), (TWICE[30:], y[30:])])
    with pytest.raises(ValueError, match=MESSAGE):
        clone(flat).partial_fit(TWICE, y)


@each()
def test_rows_of_weight_zero_do_not_count(estimator, y):
    table = np.column_stack([X, X[:, 0]])
    table[0, 3] += 1.0
    weights = np.where(np.arange(60) == 0, 0.0, 1.0)
    with pytest.raises(ValueError, match="59 rows, 4 columns.* rank 3;"):
        clone(estimator).set_params(prior="flat").fit(table, y, sample_weight=weights)


def test_more_columns_than_rows():
    wide = np.random.RandomState(0).standard_normal((60, 80))
    with pytest.raises(ValueError, match="60 rows, 80 columns.* rank 59;"):
        VariationalLogisticRegression(prior="flat").fit(wide, BINARY)


def test_levels_without_an_intercept_are_means_of_groups():
    fitted = VariationalGLMRegressor(prior="flat", fit_intercept=False).fit(LEVELS, COUNTS)
    sizes = LEVELS.sum(axis=0)
    # the mean of exp(w) under its posterior, Gamma(sum of counts, size), is the mean of the group
    moment = np.exp(fitted.coef_ + 0.5 * fitted.posterior_.coef.sd**2)
    np.testing.assert_allclose(moment, (COUNTS @ LEVELS) / sizes, rtol=1e-3)
    assert np.all(np.isfinite(fitted.predict(LEVELS)))
