"""Rows that arrive in parts: partial fits, forgetting and chunks give the fit on their union."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from skvi import SVI, Ridge, VariationalBayesianRegression
from tests.linear_model.problems import problem, same_fit


@pytest.mark.parametrize("options", [{}, {"family": "mean_field"}, {"fit_intercept": False},
                                     {"solver": SVI(batch_size=8)}], ids=repr)  # fmt: skip
@pytest.mark.parametrize("cuts", [[20], [5, 6, 30]])
def test_partial_fits_are_the_fit_on_the_union(options, cuts):
    X, y = problem(60)
    weights = np.random.RandomState(0).randint(1, 4, size=60)
    options = {"max_iter": 20, "tol": 0.0, "random_state": 0, **options}
    union = VariationalBayesianRegression(**{**options, "solver": "cavi"})
    union.fit(X, y, sample_weight=weights)
    parts = zip(*(np.split(values, cuts) for values in (X, y, weights)), strict=True)
    streamed = VariationalBayesianRegression(**options)
    for rows, targets, counts in parts:
        streamed.partial_fit(rows, targets, sample_weight=counts)
    same_fit(streamed, union, rtol=1e-7)


def test_partial_fits_with_more_columns_than_rows():
    X, y = problem(24, 40)
    union = VariationalBayesianRegression().fit(X, y)
    streamed = VariationalBayesianRegression()
    for rows in np.array_split(np.arange(24), 3):
        streamed.partial_fit(X[rows], y[rows])
    same_fit(streamed, union, rtol=1e-7)


def test_partial_fits_grow_from_wide_to_tall():
    X, y = problem(300, 40)
    union = VariationalBayesianRegression().fit(X, y)
    streamed = VariationalBayesianRegression().partial_fit(X[:10], y[:10])
    streamed.partial_fit(X[10:20], y[10:20]).partial_fit(X[20:], y[20:])
    same_fit(streamed, union, rtol=1e-7)


def test_forgetting_lowers_the_weight_of_old_rows():
    X, y = problem(60)
    streamed = VariationalBayesianRegression().fit(X[:40], y[:40])
    streamed.partial_fit(X[40:], y[40:], forgetting_factor=0.25)
    weights = np.r_[np.full(40, 0.25), np.ones(20)]
    same_fit(streamed, VariationalBayesianRegression().fit(X, y, sample_weight=weights), 1e-8)
    streamed.partial_fit(X[:5], y[:5], forgetting_factor=0.5)
    X, y = np.vstack([X, X[:5]]), np.r_[y, y[:5]]
    weights = np.r_[0.5 * weights, np.ones(5)]
    same_fit(streamed, VariationalBayesianRegression().fit(X, y, sample_weight=weights), 1e-8)


@pytest.mark.parametrize("factor", [0.0, -1.0, 1.1, np.nan, "half", None])
def test_forgetting_factors_are_checked(factor):
    X, y = problem()
    fitted = VariationalBayesianRegression().fit(X, y)
    with pytest.raises(ValueError, match="forgetting_factor=.*in \\(0, 1\\]"):
        fitted.partial_fit(X, y, forgetting_factor=factor)


def test_a_mismatched_partial_fit_is_refused_and_leaves_the_fit():
    X, Y = problem(n_targets=2)
    fitted = VariationalBayesianRegression().fit(X, Y)
    before = fitted.predict(X)
    with pytest.raises(ValueError, match="X has 2 features, but"):
        fitted.partial_fit(X[:, :2], Y)
    with pytest.raises(ValueError, match="y has 1 targets, but 2 were seen"):
        fitted.partial_fit(X, Y[:, 0])
    np.testing.assert_array_equal(fitted.predict(X), before)


def test_targets_in_another_order_are_refused():
    X, Y = problem(n_targets=2)
    frame = pd.DataFrame(Y, columns=["left", "right"])
    turned = frame[["right", "left"]]
    fitted = VariationalBayesianRegression().fit(X, frame)
    before = fitted.coef_
    message = r"y has the columns \['right', 'left'\], but had \['left', 'right'\] before"
    with pytest.raises(ValueError, match=message):
        fitted.partial_fit(X, turned)
    assert fitted.coef_ is before
    with pytest.raises(ValueError, match=message):
        VariationalBayesianRegression().fit([(X, frame), (X, turned)])
    assert fitted.partial_fit(X, Y).coef_ is not before


def test_a_fit_after_partial_fits_starts_anew():
    X, y = problem()
    streamed = VariationalBayesianRegression().partial_fit(X[:10], y[:10]).fit(X, y)
    same_fit(streamed, VariationalBayesianRegression().fit(X, y), rtol=0.0)


class Chunks:
    """Made anew on every pass, as from a disk; counts the passes."""

    def __init__(self, *arrays, size=1000, make=np.asarray):
        self.arrays, self.size, self.make, self.passes = arrays, size, make, 0

    def __iter__(self):
        self.passes += 1
        for low in range(0, len(self.arrays[0]), self.size):
            X, *rest = (values[low : low + self.size] for values in self.arrays)
            yield (self.make(X), *rest)


@pytest.mark.parametrize("make", [np.asarray, np.asfortranarray, sparse.csr_array])
@pytest.mark.parametrize("options", [{}, {"n_jobs": 2}, {"family": "mean_field"},
                                     {"solver": SVI(batch_size=100), "max_iter": 3}],
                         ids=repr)  # fmt: skip
def test_chunks_of_any_kind_are_their_union(make, options):
    X, y = problem(4321, 5)
    weights = np.random.RandomState(0).randint(0, 3, size=4321).astype(float)
    options = {"tol": 0.0, "max_iter": 20, **options}
    union = VariationalBayesianRegression(**{**options, "solver": "cavi"})
    union.fit(X, y, sample_weight=weights)
    chunks = Chunks(X, y, weights, make=make)
    same_fit(VariationalBayesianRegression(**options).fit(chunks), union, rtol=1e-8)
    assert chunks.passes > 1
    same_fit(VariationalBayesianRegression(**options).fit(list(chunks)), union, rtol=1e-8)


def test_chunks_can_follow_a_table():
    X, y = problem(200)
    streamed = VariationalBayesianRegression().fit(X[:50], y[:50])
    streamed.partial_fit(Chunks(X[50:], y[50:], size=40))
    same_fit(streamed, VariationalBayesianRegression().fit(X, y), rtol=1e-9)


def test_chunks_of_several_targets():
    X, Y = problem(90, n_targets=2)
    chunked = VariationalBayesianRegression(prior=Ridge(1.0)).fit(Chunks(X, Y, size=40))
    same_fit(chunked, VariationalBayesianRegression(prior=Ridge(1.0)).fit(X, Y), rtol=1e-9)
    assert chunked.predict(X).shape == (90, 2)
