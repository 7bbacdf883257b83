"""Merging fits on disjoint rows is the fit on their union; anything else is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skvi import (
    SVI,
    ELBOMonitor,
    Normal,
    Ridge,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
    merge,
)
from tests.linear_model.problems import problem, same_fit


@pytest.mark.parametrize("options", [{}, {"prior": Ridge(2.0)}, {"solver": SVI(batch_size=10)},
                                     {"family": "mean_field"}], ids=repr)  # fmt: skip
@pytest.mark.parametrize("sizes", [(30, 30), (5, 50, 5), (60,)])
def test_the_merged_fit_is_the_fit_on_the_union(options, sizes):
    X, y = problem(60)
    options = {"tol": 0.0, "max_iter": 20, "random_state": 0, **options}
    bounds = np.cumsum((0, *sizes))
    parts = [
        VariationalBayesianRegression(**options).fit(X[low:high], y[low:high])
        for low, high in zip(bounds[:-1], bounds[1:], strict=True)
    ]
    union = VariationalBayesianRegression(**{**options, "solver": "cavi"}).fit(X, y)
    merged = merge(parts)
    same_fit(merged, union, rtol=1e-8)
    assert repr(merged) == repr(parts[0])
    np.testing.assert_allclose(merged.predict(X), union.predict(X), rtol=1e-8)


@pytest.mark.parametrize("sizes", [(10, 10), (10, 60), (100, 10, 15)], ids=repr)
def test_wide_and_tall_parts_can_be_mixed(sizes):
    X, y = problem(sum(sizes), 30)
    low, parts = 0, []
    for size in sizes:
        rows = slice(low, low + size)
        parts.append(VariationalBayesianRegression().fit(X[rows], y[rows]))
        low += size
    same_fit(merge(parts), VariationalBayesianRegression().fit(X, y), rtol=1e-6)


def test_merged_estimators_keep_names_dtype_and_axes():
    X, Y = problem(n_targets=2)
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).astype(np.float32)
    parts = [VariationalBayesianRegression().fit(frame[k::2], Y[k::2]) for k in (0, 1)]
    before = [part.coef_.copy() for part in parts]
    merged = merge(iter(parts))
    assert merged.feature_names_in_.tolist() == ["a", "b", "c"]
    assert merged.n_features_in_ == 3
    assert merged.coef_.dtype == np.float32
    assert merged.predict(frame).shape == Y.shape
    for part, coef in zip(parts, before, strict=True):
        np.testing.assert_array_equal(part.coef_, coef)


def test_a_merged_estimator_takes_further_rows():
    X, y = problem(60)
    parts = [VariationalBayesianRegression().fit(X[k:40:2], y[k:40:2]) for k in (0, 1)]
    merged = merge(parts).partial_fit(X[40:], y[40:])
    same_fit(merged, VariationalBayesianRegression().fit(X, y), rtol=1e-8)


def test_what_cannot_be_merged_is_refused():
    X, y = problem()
    fitted = VariationalBayesianRegression().fit(X, y)
    with pytest.raises(ValueError, match="estimators is empty"):
        merge([])
    with pytest.raises(NotFittedError):
        merge([fitted, clone(fitted)])
    mixture = VariationalGaussianMixture(random_state=0).fit(X)
    with pytest.raises(TypeError, match="mixes VariationalBayesianRegression and"):
        merge([fitted, mixture])
    with pytest.raises(TypeError, match="cannot be merged exactly"):
        merge([mixture, mixture])
    with pytest.raises(ValueError, match="parameters \\['prior', 'prior__alpha'\\]"):
        merge([fitted, VariationalBayesianRegression(prior=Ridge(1.0)).fit(X, y)])
    with pytest.raises(ValueError, match="different columns: 3 .* and 2"):
        merge([fitted, VariationalBayesianRegression().fit(X[:, :2], y)])
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    with pytest.raises(ValueError, match="different columns"):
        merge([fitted, VariationalBayesianRegression().fit(frame, y)])
    with pytest.raises(ValueError, match="different numbers of targets"):
        merge([fitted, VariationalBayesianRegression().fit(X, np.column_stack([y, y]))])
    with pytest.raises(ValueError, match="y of one dimension and of two"):
        merge([fitted, VariationalBayesianRegression().fit(X, y[:, None])])


def test_priors_are_compared_entry_by_entry():
    X, y = problem(80, 70)
    mean = np.zeros(70)
    mean[35] = 1.0  # lost in the repr of a long array
    first, second = (
        VariationalBayesianRegression(prior=Normal(m)).fit(X, y) for m in (np.zeros(70), mean)
    )
    with pytest.raises(ValueError, match="parameters \\['prior__mean'\\]"):
        merge([first, second])
    assert merge([first, first]).n_features_in_ == 70


def test_what_leaves_the_fit_as_it_is_may_differ():
    X, y = problem()
    options = [
        {"random_state": np.random.RandomState(0), "verbose": 0},
        {"random_state": np.random.RandomState(0), "n_jobs": 2},
        {"random_state": 7, "n_jobs": 1},
    ]
    parts = [
        VariationalBayesianRegression(**o).fit(X[k::3], y[k::3]) for k, o in enumerate(options)
    ]
    parts[1].set_callbacks(ELBOMonitor())
    same_fit(merge(parts), VariationalBayesianRegression().fit(X, y), rtol=1e-8)


@pytest.mark.parametrize("value", ["parts", 3, None])
def test_what_is_no_list_is_named(value):
    with pytest.raises(TypeError, match="estimators=.* use a list of fitted estimators"):
        merge(value)
    with pytest.raises(TypeError, match="estimators=VariationalBayesianRegression"):
        merge(VariationalBayesianRegression())


def test_names_of_targets_are_kept():
    X, y = problem(n_targets=2)
    frame = pd.DataFrame(y, columns=["left", "right"])
    parts = [VariationalBayesianRegression().fit(X[k::2], frame[k::2]) for k in (0, 1)]
    assert merge(parts).summary().index.levels[0].tolist() == ["left", "right"]
    turned = VariationalBayesianRegression().fit(X[1::2], frame[["right", "left"]][1::2])
    with pytest.raises(ValueError, match=r"y has the columns \['right', 'left'\], but had"):
        merge([parts[0], turned])
    nameless = VariationalBayesianRegression().fit(X[1::2], y[1::2])
    with pytest.raises(ValueError, match="y has the columns"):
        merge([nameless, parts[0], turned])
    with pytest.raises(ValueError, match="y has the columns"):
        nameless.partial_fit(X, frame).partial_fit(X, frame[["right", "left"]])
    nameless = VariationalBayesianRegression().fit(X[1::2], y[1::2])
    np.testing.assert_allclose(merge([parts[0], nameless]).coef_, merge(parts).coef_)
