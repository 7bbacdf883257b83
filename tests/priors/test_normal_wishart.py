"""The normal-Wishart prior of components: given values, defaults from the data, errors."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from skvi.numerics.moments import Moments
from skvi.priors.normal_wishart import NormalWishart, pooled_covariance

SCALE = np.array([[2.0, 0.5], [0.5, 1.0]])


def facts_of(X, matrix=True):
    covariance = (X - X.mean(axis=0)).T @ (X - X.mean(axis=0))
    return Moments(
        np.float64(len(X)), X.mean(axis=0), covariance if matrix else covariance.diagonal()
    )


@pytest.fixture
def X():
    return np.random.RandomState(0).standard_normal((50, 2)) @ SCALE + 7.0


@pytest.mark.parametrize("structure", ["full", "tied"])
@pytest.mark.parametrize(
    ("given", "used"), [(SCALE, SCALE), (3.0, 3.0 * np.eye(2)), ([1.0, 2.0], np.diag([1.0, 2.0]))]
)
def test_given_values_for_matrices(X, structure, given, used):
    prior = NormalWishart([1.0, -1.0], 0.3, 5.0, given)
    distribution = prior.component_distribution(facts_of(X), structure, 3)
    np.testing.assert_array_equal(distribution.mean, [1.0, -1.0])
    assert distribution.mean_precision == 0.3
    assert distribution.degrees_of_freedom == 5.0
    np.testing.assert_array_equal(distribution.scale_matrix, used)


def test_given_values_for_diagonals(X):
    prior = NormalWishart(0.5, 0.3, 5.0, SCALE)
    distribution = prior.component_distribution(facts_of(X, False), "diag", 3)
    np.testing.assert_array_equal(distribution.mean, [0.5, 0.5])
    np.testing.assert_array_equal(distribution.mean_precision, [0.3])
    np.testing.assert_array_equal(distribution.shape, [2.5, 2.5])
    np.testing.assert_array_equal(distribution.rate, [1.0, 0.5])
    shared = prior.component_distribution(facts_of(X, False), "spherical", 3)
    np.testing.assert_array_equal(shared.shape, [5.0])
    np.testing.assert_array_equal(shared.rate, [1.5])


def test_defaults_for_matrices(X):
    distribution = NormalWishart().component_distribution(facts_of(X), "full", 9)
    np.testing.assert_array_equal(distribution.mean, X.mean(axis=0))
    assert distribution.mean_precision == 0.1
    assert distribution.degrees_of_freedom == 4.0
    variance = X.var(axis=0) / 9.0
    np.testing.assert_allclose(distribution.scale_matrix.diagonal(), variance)
    shrunk = np.cov(X.T, ddof=0)[0, 1] * (50.0 / 53.0) / 9.0
    assert distribution.scale_matrix[0, 1] == pytest.approx(shrunk)


@pytest.mark.parametrize("freedom", [None, 5.0, 40.0])
def test_expected_covariance_is_that_of_the_rows_over_the_volume(X, freedom):
    prior = NormalWishart(degrees_of_freedom=freedom)
    full = prior.component_distribution(facts_of(X), "full", 4)
    expected = full.scale_matrix.diagonal() / (full.degrees_of_freedom - 3.0)
    np.testing.assert_allclose(expected, X.var(axis=0) / 4.0)
    diagonal = prior.component_distribution(facts_of(X, False), "diag", 4)
    np.testing.assert_allclose(diagonal.rate / (diagonal.shape - 1.0), X.var(axis=0) / 4.0)


def test_defaults_follow_the_units_of_the_columns(X):
    factors = np.array([2.0**30, 2.0**-12])
    first, second = (
        NormalWishart().component_distribution(facts_of(rows), "full", 3)
        for rows in (X, X * factors)
    )
    np.testing.assert_allclose(second.mean, first.mean * factors, rtol=1e-12)
    expected = first.scale_matrix * np.outer(factors, factors)
    np.testing.assert_allclose(second.scale_matrix, expected, rtol=1e-12)


def test_pooled_covariance_is_positive_definite_for_few_rows():
    wide = np.random.RandomState(0).standard_normal((4, 20))
    smallest = np.linalg.eigvalsh(pooled_covariance(facts_of(wide)))[0]
    assert smallest > 0.05


@pytest.mark.parametrize(("value", "sd"), [(0.0, 1e-3), (-50.0, 0.05)])
def test_constant_columns_get_a_small_scale(X, value, sd):
    X[:, 1] = value
    pooled = pooled_covariance(facts_of(X))
    assert pooled[1, 1] == pytest.approx(sd**2)
    assert pooled[0, 1] == 0.0
    assert pooled_covariance(facts_of(X, False))[1] == pytest.approx(sd**2)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mean": [1.0, 2.0, 3.0]}, r"mean must be a number or an array of shape \(2,\)"),
        ({"mean": np.nan}, "mean must be finite"),
        ({"mean_precision": 0.0}, "mean_precision must be positive"),
        (
            {"degrees_of_freedom": 1.0},
            "degrees_of_freedom must be above n_features - 1 = 1, got 1.0",
        ),
        ({"degrees_of_freedom": -2.0}, "degrees_of_freedom must be positive"),
        ({"scale_matrix": np.ones((2, 3))}, "scale_matrix must be a number or an array of shape"),
        ({"scale_matrix": [[1.0, 2.0], [2.0, 1.0]]}, "must be symmetric and positive definite"),
        ({"scale_matrix": [[1.0, 0.5], [0.0, 1.0]]}, "must be symmetric and positive definite"),
        ({"scale_matrix": 0.0}, "must be symmetric and positive definite"),
    ],
)
def test_bad_arguments_are_named(X, arguments, message):
    with pytest.raises(ValueError, match=f"NormalWishart: .*{message}|NormalWishart: {message}"):
        NormalWishart(**arguments).component_distribution(facts_of(X), "full", 2)


def test_few_degrees_of_freedom_are_enough_without_matrices(X):
    distribution = NormalWishart(degrees_of_freedom=0.5).component_distribution(
        facts_of(X, False), "diag", 2
    )
    np.testing.assert_array_equal(distribution.shape, [0.25, 0.25])


def test_parameters_can_be_cloned():
    assert clone(NormalWishart(mean_precision=2.0)).get_params()["mean_precision"] == 2.0
