"""Draws have the moments of the posterior, and predictors are those of the weights."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.models.linear_predictor.draws import drawn_predictors, drawn_weights
from skvi.models.linear_predictor.posterior import in_table_units, weight_covariance
from tests.models.linear_predictor.test_posterior import CASES, posterior_of

N = 40_000


@pytest.mark.parametrize("name", CASES)
def test_moments_of_drawn_weights(name):
    posterior = posterior_of(**CASES[name])
    draws = drawn_weights(posterior, N, np.random.RandomState(3))
    assert draws.shape == (N, posterior.n_predictors, posterior.units.n_columns)
    draws = draws.reshape(N, -1)
    covariance = weight_covariance(posterior)
    sd = np.sqrt(np.diag(covariance))
    mean = in_table_units(posterior, posterior.flat_mean()).ravel()
    assert np.all(np.abs(draws.mean(axis=0) - mean) <= 5.0 * sd / np.sqrt(N))
    error = np.abs(np.cov(draws.T) - covariance)
    assert np.all(error <= 5.0 * np.sqrt(2.0 / N) * np.outer(sd, sd))


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("name", CASES)
def test_predictors_are_those_of_the_same_weights(name, kind):
    posterior = posterior_of(**CASES[name])
    X = np.random.RandomState(4).standard_normal((6, 3))
    offset = np.arange(6.0) if posterior.n_predictors == 1 else None
    weights = drawn_weights(posterior, 20, np.random.RandomState(5))
    actual = drawn_predictors(kind(X), offset, posterior, 20, np.random.RandomState(5))
    columns = np.column_stack([X, np.ones((6, int(posterior.units.intercept)))])
    expected = np.einsum("ij,sdj->sid", columns, weights)
    if posterior.n_predictors == 1:
        expected = expected[..., 0] + offset
    np.testing.assert_allclose(actual, expected, rtol=1e-10, atol=1e-12)


def test_no_offset_is_an_offset_of_zero():
    posterior, X = posterior_of(), np.ones((4, 3))
    one = drawn_predictors(X, None, posterior, 5, np.random.RandomState(6))
    other = drawn_predictors(X, np.zeros(4), posterior, 5, np.random.RandomState(6))
    np.testing.assert_array_equal(one, other)
