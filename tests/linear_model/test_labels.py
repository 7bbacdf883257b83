"""Labels of classifiers: which of them count, and what is said where there are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tests.linear_model.manners import X, each

classifiers = each("binary", "softmax", "ordinal")
WEIGHTS = np.where(np.arange(60) < 2, 0.0, 1.5)


def with_a_stranger(y):
    """Labels with one in a row of weight zero that is none of the others."""
    return np.array(["zzz", *y[1:]])


@classifiers
@pytest.mark.parametrize("weights", [WEIGHTS, pd.Series(WEIGHTS, dtype="Float64")], ids=type)
def test_a_class_of_rows_of_weight_zero_is_none(estimator, y, weights):
    without = clone(estimator).fit(X[2:], y[2:], sample_weight=WEIGHTS[2:])
    fitted = clone(estimator).fit(X, with_a_stranger(y), sample_weight=weights)
    assert fitted.classes_.tolist() == without.classes_.tolist()
    assert fitted.elbo_ == without.elbo_
    np.testing.assert_array_equal(fitted.coef_, without.coef_)
    np.testing.assert_array_equal(fitted.predict(X), without.predict(X))


@classifiers
def test_nor_is_one_of_a_chunk_or_of_further_rows(estimator, y):
    chunk, rest = slice(0, 30), slice(30, None)
    strange = with_a_stranger(y)
    chunks = [(X[rows], strange[rows], WEIGHTS[rows]) for rows in (chunk, rest)]
    without = [(X[2:30], y[2:30], WEIGHTS[2:30]), (X[30:], y[30:], WEIGHTS[30:])]
    fitted, other = clone(estimator).fit(chunks), clone(estimator).fit(without)
    assert fitted.classes_.tolist() == other.classes_.tolist()
    assert fitted.elbo_ == other.elbo_
    fitted.partial_fit(X, strange, sample_weight=WEIGHTS)
    other.partial_fit(X[2:], y[2:], sample_weight=WEIGHTS[2:])
    np.testing.assert_array_equal(fitted.coef_, other.coef_)


@classifiers
def test_a_stranger_of_positive_weight_is_refused_later(estimator, y):
    fitted = clone(estimator).fit(X, y)
    with pytest.raises(ValueError, match="y holds the label 'zzz', which is none of the classes"):
        fitted.partial_fit(X, with_a_stranger(y), sample_weight=WEIGHTS + 1.0)


@classifiers
@pytest.mark.parametrize("chunks", [[X[:30], X[30:]], [(X[:30], None), (X[30:], None)]])
def test_chunks_without_labels(estimator, y, chunks):
    with pytest.raises(ValueError, match=r"chunk of . parts?.* expected \(X, y\)"):
        clone(estimator).fit(chunks)


@classifiers
def test_what_gives_no_rows_is_named(estimator, y):
    with pytest.raises(ValueError, match="X=generator can be read only once; expected a re-iter"):
        clone(estimator).fit((X, labels) for labels in [y])
    with pytest.raises(ValueError, match="requires y to be passed"):
        clone(estimator).fit([])
    with pytest.raises(ValueError, match=r"X of shape \(0,\)"):
        clone(estimator).fit([], [])
