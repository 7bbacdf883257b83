"""What may come in as rows, and what is said about the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skvi import VariationalBayesianRegression, VariationalGaussianMixture
from skvi.further import check_forgetting_factor
from skvi.validation import is_chunks
from tests.linear_model.problems import problem

X, Y = problem()


class Again:
    """Re-iterable, of no other kind."""

    def __init__(self, *chunks):
        self.chunks = chunks

    def __iter__(self):
        return iter(self.chunks)


@pytest.mark.parametrize(
    "table",
    [X, X.tolist(), [X[0], X[1]], pd.DataFrame(X), pl.DataFrame(X), sparse.csr_array(X), (), [],
     "rows", {"a": 1}, 3, None, [["a"]]],
)  # fmt: skip
def test_tables_are_not_chunks(table):
    assert not is_chunks(table)


@pytest.mark.parametrize(
    "chunks",
    [[X, X], ((X, Y), (X, Y)), [pd.DataFrame(X)], [sparse.csr_array(X)], Again(X), iter([X])],
)
def test_iterables_of_tables_are_chunks(chunks):
    assert is_chunks(chunks)


def weight(value):
    return np.full(len(Y), value)


BAD_CHUNKS = [
    ((part for part in [(X, Y)]), "generator can be read only once; expected a re-iterable"),
    (Again(), "no rows in it"),
    ([(X, Y, weight(0.0))], "no rows in it"),
    ([X], "chunk of 1 parts; expected \\(X, y\\)"),
    ([(X, None)], "expected \\(X, y\\)"),
    ([(X, Y, None, None)], "chunk of 4 parts"),
    ([(X, Y), (X[:, :2], Y)], "chunk with 2 features; expected 3"),
    ([(X, Y), (X, Y[:, None])], "y of shape \\(40, 1\\)"),
    ([(X, np.c_[Y, Y]), (X, np.c_[Y, Y, Y])], "y of shape \\(40, 3\\)"),
    ([(X, Y), (X, Y[1:])], "inconsistent numbers of samples"),
    ([(X, Y, weight(-1.0))], "Negative values .*sample_weight"),
    ([(X, Y, weight(np.nan))], "sample_weight contains NaN"),
    ([(X, Y, weight(1.0)[1:])], "sample_weight.shape == \\(39,\\)"),
    ([(X, Y), (np.where(X == X[0], np.nan, X), Y)], "contains NaN"),
    ([(X, Y), (X, np.where(Y == Y[0], np.nan, Y))], "y contains NaN"),
    (
        [(pd.DataFrame(X, columns=list("abc")), Y), (pd.DataFrame(X, columns=list("acb")), Y)],
        "chunk with columns \\['a', 'c', 'b'\\]",
    ),
]


@pytest.mark.parametrize(("chunks", "message"), BAD_CHUNKS, ids=[m for _, m in BAD_CHUNKS])
def test_bad_chunks_are_named(chunks, message):
    with pytest.raises(ValueError, match=message):
        VariationalBayesianRegression().fit(chunks)


@pytest.mark.parametrize("extra", [{"y": Y}, {"sample_weight": weight(1.0)}])
def test_chunks_bring_their_own_targets_and_weights(extra):
    with pytest.raises(ValueError, match="put them into the chunks"):
        VariationalBayesianRegression().fit([(X, Y)], **extra)


def test_mixtures_take_chunks_without_targets():
    whole = VariationalGaussianMixture(2, random_state=0).fit(X)
    for chunks in ([X[:15], X[15:]], [(X[:15],), (X[15:], None)], Again(X[:15], X[15:])):
        chunked = VariationalGaussianMixture(2, random_state=0).fit(chunks)
        assert chunked.elbo_ == pytest.approx(whole.elbo_, rel=1e-8)
    with pytest.raises(ValueError, match="expected X, \\(X, None\\)"):
        VariationalGaussianMixture().fit([(X, None, weight(1.0), None)])
    with pytest.raises(ValueError, match="2 parts with y; expected X, .*X, None, sample_weight"):
        VariationalGaussianMixture().fit([(X, weight(1.0))])


def test_a_chunk_of_weight_zero_is_no_chunk():
    chunks = [(X[:20], Y[:20]), (X[20:], Y[20:], np.zeros(20))]
    fitted = VariationalBayesianRegression().fit(chunks)
    alone = VariationalBayesianRegression().fit(X[:20], Y[:20])
    assert fitted.elbo_ == pytest.approx(alone.elbo_, rel=1e-12)


@pytest.mark.parametrize("estimator", [VariationalBayesianRegression(),
                                       VariationalGaussianMixture(2, random_state=0)])  # fmt: skip
def test_single_precision_is_decided_by_the_first_chunk(estimator):
    target = (Y[:20],) if isinstance(estimator, VariationalBayesianRegression) else ()
    estimator.fit([(X[:20].astype(np.float32), *target), (X[20:], *target)])
    values = estimator.coef_ if target else estimator.means_
    assert values.dtype == np.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X[:0], Y[:0]), "0 sample"),
        ((X[:, :0], Y), "0 feature"),
        ((X[0], Y), "Expected 2D array"),
        ((X, None), "requires y to be passed"),
        ((X, Y[1:]), "inconsistent numbers of samples"),
        ((X.astype(complex), Y), "Complex data not supported"),
        ((np.where(X == X[0], np.inf, X), Y), "X contains infinity"),
        ((X, np.where(Y == Y[0], np.nan, Y)), "y contains NaN"),
        (([["a", "b"], ["c", "d"]], [0.0, 1.0]), "could not convert string|dtype='numeric'"),
        ((X, Y, weight(0.0)), "at least one non-zero"),
        ((X, Y, weight(-1.0)), "Negative values"),
        ((X, Y, weight(np.nan)), "sample_weight contains NaN"),
        ((X, Y, np.ones((40, 2))), "must be 1D array or scalar"),
    ],
)
def test_bad_tables_are_named(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        VariationalBayesianRegression().fit(*arguments)


def test_mixtures_refuse_sparse_rows():
    with pytest.raises(TypeError, match="[Ss]parse"):
        VariationalGaussianMixture().fit(sparse.csr_array(X))


@pytest.mark.parametrize("value", [0.0, 1.5, np.nan, "x", True])
def test_forgetting_factors_are_in_the_unit_interval(value):
    check_forgetting_factor(1.0)
    with pytest.raises(ValueError, match="forgetting_factor="):
        check_forgetting_factor(value)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("kind", ["regression", "mixture"])
def test_large_tables_are_checked_through_their_moments(kind, bad):
    X = np.random.RandomState(0).standard_normal((1 << 19, 8))
    X[-7, 3] = bad
    estimator = {
        "regression": VariationalBayesianRegression(),
        "mixture": VariationalGaussianMixture(2, random_state=0),
    }[kind]
    with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
        estimator.fit(X, np.zeros(len(X)))
    assert not hasattr(estimator, "n_features_in_")


@pytest.mark.parametrize("kind", ["regression", "mixture"])
def test_values_whose_squares_overflow_are_refused(kind):
    X = np.random.RandomState(0).standard_normal((30, 2)) * 1e200
    estimator = {
        "regression": VariationalBayesianRegression(),
        "mixture": VariationalGaussianMixture(2, random_state=0),
    }[kind]
    with pytest.raises(ValueError, match="squares overflow"):
        estimator.fit(X, np.arange(30.0))


@pytest.mark.parametrize("weight", [1e18, 1e100, 1e300])
@pytest.mark.parametrize(
    "estimator", [VariationalBayesianRegression(), VariationalGaussianMixture(2)]
)
def test_weights_beyond_counting_are_refused(estimator, weight):
    X = np.random.RandomState(0).standard_normal((7, 3))
    with pytest.raises(ValueError, match="sample_weight"):
        estimator.fit(X, X[:, 0], sample_weight=np.full(7, weight))


@pytest.mark.parametrize("change", [{"n_components": 5}, {"covariance_type": "diag"}])
def test_partial_fit_refuses_another_model(change):
    X = np.random.RandomState(0).standard_normal((60, 2))
    mixture = VariationalGaussianMixture(2, random_state=0).partial_fit(X)
    with pytest.raises(ValueError, match=f"{next(iter(change))}=.* cannot change"):
        mixture.set_params(**change).partial_fit(X)


@pytest.mark.parametrize("unit", [1e30, 1e-30])
def test_single_precision_results_that_do_not_fit_stay_double(unit):
    X = (np.random.RandomState(0).standard_normal((60, 2)) * unit).astype(np.float32)
    mixture = VariationalGaussianMixture(2, random_state=0).fit(X)
    assert mixture.means_.dtype == np.float32
    assert np.all(np.isfinite(mixture.covariances_))
    assert np.all(mixture.covariances_[:, 0, 0] > 0.0)
    assert np.all(np.isfinite(mixture.precisions_))
    regression = VariationalBayesianRegression().fit(X, X[:, 0] + 1.0 * unit)
    assert np.isfinite(regression.alpha_)
    assert regression.alpha_ > 0.0


@pytest.mark.parametrize(("first", "then"), [(Y, Y[:, None]), (Y[:, None], Y)])
def test_targets_keep_the_shape_they_began_with(first, then):
    fitted = VariationalBayesianRegression().fit(X, first)
    before = fitted.coef_.copy()
    for rows in ((X, then), ([(X, then)],)):
        with pytest.raises(ValueError, match="y has [12] dimensions, but had the shape"):
            fitted.partial_fit(*rows)
    np.testing.assert_array_equal(fitted.coef_, before)
    assert fitted.partial_fit(X, first).coef_.shape == before.shape


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_what_stands_in_a_row_of_weight_zero_must_be_a_number(weight):
    weights = np.append(np.full(39, 1.0), weight)
    strange = np.where(np.arange(40)[:, None] == 39, np.nan, X)
    with pytest.raises(ValueError, match="X contains NaN"):
        VariationalBayesianRegression().fit(strange, Y, sample_weight=weights)
