"""Products of rows against the same products of an explicit matrix in extended precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.models.linear_predictor.design import rows_of
from skvi.models.linear_predictor.design.dense import DenseRows
from skvi.models.linear_predictor.design.diagonal import DiagonalRows
from skvi.models.linear_predictor.design.gram import weighted_gram
from skvi.models.linear_predictor.design.sparse import SparseRows
from skvi.models.linear_predictor.design.tiled import TiledRows, suits_tiles
from tests.models.linear_predictor.problems import explicit, lower_root, table, units_for


def csr(X, units):
    return SparseRows(sparse.csr_array(X), units)


KINDS = {"dense": DenseRows, "tiled": TiledRows, "sparse": csr}
EPS = np.finfo(np.float64).eps

every_kind = pytest.mark.parametrize("kind", KINDS)
every_shape = pytest.mark.parametrize(
    ("n_rows", "n_columns"), [(1, 1), (40, 3), (300, 9), (257, 33)]
)


def close(actual, expected, relative=1e-12):
    expected = np.asarray(expected, dtype=np.float64)
    assert actual.shape == expected.shape
    limit = relative * max(np.abs(expected).max(), 1e-300)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=limit)


def check(rows, design, rng, n_predictors, relative=1e-12):
    """Every product of one kind of rows; of several predictors every covariance is full."""
    n_rows, n_columns = design.shape
    size = n_predictors * n_columns
    mean, root = rng.standard_normal(size), lower_root(rng, size)
    means = design @ mean.reshape(n_predictors, n_columns).T
    close(rows.predictors(mean, n_predictors), means, relative)
    slopes = rng.standard_normal((n_rows, n_predictors))
    close(rows.back(slopes), (slopes.T @ design).ravel(), relative)
    image = (root.reshape(size, n_predictors, n_columns) @ design.T).transpose(2, 1, 0)
    covariance = image @ image.transpose(0, 2, 1)
    single = n_predictors == 1
    close(
        rows.variances(root, n_predictors), covariance[:, 0, 0] if single else covariance, relative
    )
    curvature = rng.standard_normal((n_rows, n_predictors, n_predictors))
    curvature = curvature + curvature.swapaxes(1, 2)
    gram = np.einsum("nde,ni,nj->diej", curvature, design, design).reshape(size, size)
    close(rows.gram(curvature[:, 0, 0] if single else curvature), gram, relative)


@every_shape
@pytest.mark.parametrize("intercept", [False, True])
@every_kind
def test_products_of_one_predictor(kind, intercept, n_rows, n_columns):
    X = table(n_rows, n_columns, zeros=0.3 if kind == "sparse" else 0.0)
    units = units_for(X, intercept)
    check(KINDS[kind](X, units), explicit(X, units), np.random.RandomState(1), 1)


@pytest.mark.parametrize("n_predictors", [2, 3, 4])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_products_of_several_predictors(kind, intercept, n_predictors):
    X = table(60, 4, zeros=0.3)
    units = units_for(X, intercept)
    check(KINDS[kind](X, units), explicit(X, units), np.random.RandomState(2), n_predictors)


@every_kind
def test_products_of_predictors_that_are_independent(kind):
    X = table(300, 9)
    units = units_for(X)
    rows, design, rng = KINDS[kind](X, units), explicit(X, units), np.random.RandomState(3)
    roots = np.stack([lower_root(rng, 10) for _ in range(3)])
    expected = np.stack([np.sum((design @ root.T) ** 2, axis=1) for root in roots], axis=1)
    close(rows.independent_variances(roots), expected)
    mean = rng.standard_normal((3, 10))
    close(rows.predictors(mean.ravel(), 3), design @ mean.T)
    slopes = rng.standard_normal((300, 3))
    close(rows.back(slopes), (slopes.T @ design).ravel())


@every_kind
def test_single_precision_is_read_as_it_is(kind):
    X = table(300, 9, zeros=0.3 if kind == "sparse" else 0.0, dtype=np.float32)
    units = units_for(X)
    # Predictors of whole tables are products in single precision; all other sums are not.
    rows, design, rng = KINDS[kind](X, units), explicit(X, units), np.random.RandomState(4)
    mean = rng.standard_normal(10)
    relative = 1e-12 if kind == "dense" else 1e-6
    close(rows.predictors(mean, 1), design @ mean[:, None], relative)
    root, weights = lower_root(rng, 10), rng.standard_normal(300)
    tolerance = 1e-6 if kind == "tiled" else 1e-12  # of the intercept's share in a variance
    close(rows.variances(root, 1), np.sum((design @ root.T) ** 2, axis=1), tolerance)
    close(rows.back(weights[:, None]), weights @ design)
    close(rows.gram(weights), (design.T * weights) @ design)


@pytest.mark.parametrize("offset", [1e3, 1e6])
@every_kind
def test_a_column_far_from_the_origin(kind, offset):
    X = table(300, 9, offset=offset)
    units = units_for(X)
    assert suits_tiles(X, units) == (offset < 1e6)
    if kind == "tiled" and offset == 1e6:
        assert isinstance(rows_of(X, units), DenseRows)
        return
    # Columns that are read as they are, and moved to their means later, lose the digits of those.
    distance = {"dense": 1.0, "tiled": offset, "sparse": offset**2}[kind]
    relative = max(1e-12, 4.0 * EPS * distance)
    check(KINDS[kind](X, units), explicit(X, units), np.random.RandomState(5), 1, relative)


@every_kind
def test_a_constant_column_is_zero(kind):
    X = table(300, 9, constant=True)
    units = units_for(X)
    design = explicit(X, units)
    assert not np.any(design[:, 8])
    rows = KINDS[kind](X, units)
    check(rows, design, np.random.RandomState(6), 1)
    weights = np.random.RandomState(7).standard_normal(300)
    assert np.abs(rows.gram(weights)[8]).max() <= 1e-11


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("intercept", [False, True])
def test_products_of_independent_weights(intercept, dtype, kind):
    X = table(300, 9, zeros=0.4, dtype=dtype)
    units = units_for(X, intercept)._replace(centre=np.zeros(9))
    rows, design, rng = DiagonalRows(kind(X), units), explicit(X, units), np.random.RandomState(8)
    mean, sd = rng.standard_normal(design.shape[1]), rng.uniform(0.1, 2.0, design.shape[1])
    actual = rows.both(mean, sd)
    close(actual[0], design @ mean)
    close(actual[1], design**2 @ sd**2)
    slopes, curvature = rng.standard_normal((2, 300))
    actual = rows.sums(slopes, curvature)
    close(actual[0], slopes @ design)
    close(actual[1], curvature @ design**2)


def test_independent_weights_of_centred_columns():
    X = table(300, 9, offset=1e6)
    units = units_for(X)
    rows, design, rng = DiagonalRows(X, units), explicit(X, units), np.random.RandomState(9)
    mean, sd = rng.standard_normal(10), rng.uniform(0.1, 2.0, 10)
    close(rows.both(mean, sd)[0], design @ mean)
    close(rows.both(mean, sd)[1], design**2 @ sd**2)
    close(rows.sums(mean[0] * np.ones(300), np.ones(300))[1], np.sum(design**2, axis=0))


@pytest.mark.parametrize("sign", [0.0, 1.0, -1.0])
def test_weights_of_squares_may_have_one_sign_or_be_zero(sign):
    X = table(100, 5)
    units = units_for(X)
    weights = sign * np.random.RandomState(10).uniform(size=100)
    design = explicit(X, units)
    close(weighted_gram(X, units, weights), (design.T * weights) @ design)


def test_which_rows_a_table_gets():
    X = table(300, 9)
    units = units_for(X)
    assert isinstance(rows_of(sparse.csr_array(X), units), SparseRows)
    assert isinstance(rows_of(X, units), TiledRows)
    assert isinstance(rows_of(X, units, 2), DenseRows)
    assert isinstance(rows_of(X[:200], units), DenseRows)
    assert isinstance(rows_of(X[:, :4], units_for(X[:, :4])), DenseRows)


@pytest.mark.parametrize("kind", ["dense", "tiled"])
def test_any_memory_order(kind):
    X = np.asfortranarray(table(300, 9))
    units = units_for(X)
    check(
        KINDS[kind](np.ascontiguousarray(X), units),
        explicit(X, units),
        np.random.RandomState(11),
        1,
    )
