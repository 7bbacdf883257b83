"""What a table may hold: no masked cells, no dates, nothing whose squares are lost."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from skvi import (
    SVI,
    Normal,
    NormalWishart,
    VariationalBayesianRegression,
    VariationalGaussianMixture,
)
from skvi.tables import check_content, check_size, check_spread, counted_rows, summed_duplicates
from tests.linear_model.problems import problem

X, Y = problem()
DAYS = np.array(["2020-01-01", "2021-01-01"] * 20, dtype="datetime64[D]")
MASKED = np.ma.array(X, mask=X == X[0])
ESTIMATORS = {
    "regression": VariationalBayesianRegression(),
    "full": VariationalGaussianMixture(2, random_state=0),
    "tied": VariationalGaussianMixture(2, covariance_type="tied", random_state=0),
    "diag": VariationalGaussianMixture(2, covariance_type="diag", random_state=0),
    "spherical": VariationalGaussianMixture(2, covariance_type="spherical", random_state=0),
}
every_kind = pytest.mark.parametrize("estimator", ESTIMATORS.values(), ids=ESTIMATORS)

TIMES = {
    "array": np.column_stack([DAYS, DAYS]),
    "durations": (DAYS - DAYS[0])[:, None],
    "pandas": pd.DataFrame({"a": X[:, 0], "day": DAYS}),
    "zone": pd.DataFrame({"day": pd.to_datetime(DAYS).tz_localize("UTC")}),
    "polars": pl.DataFrame({"a": X[:, 0], "day": [datetime.date(2020, 1, 1)] * 40}),
}


@pytest.mark.parametrize("table", TIMES.values(), ids=TIMES)
@every_kind
def test_dates_are_no_numbers(estimator, table):
    with pytest.raises(ValueError, match="X holds dates or durations .*; expected numbers"):
        estimator.fit(table, Y)


@every_kind
def test_masked_cells_are_not_read(estimator):
    with pytest.raises(ValueError, match="X is a masked array with 3 masked cells; expected"):
        estimator.fit(MASKED, Y)
    with pytest.raises(ValueError, match="sample_weight is a masked array with 1 masked"):
        estimator.fit(X, Y, sample_weight=np.ma.array(np.ones(40), mask=np.arange(40) == 3))
    fitted = estimator.fit(np.ma.array(X), Y)
    with pytest.raises(ValueError, match="X is a masked array"):
        fitted.predict(MASKED)
    with pytest.raises(ValueError, match="X is a masked array"):
        fitted.partial_fit(MASKED, Y)


def test_masked_targets_and_dates_as_targets_are_refused():
    regression = VariationalBayesianRegression()
    for y, message in ((np.ma.array(Y, mask=Y > 0.0), "y is a masked"), (DAYS, "y holds dates")):
        with pytest.raises(ValueError, match=message):
            regression.fit(X, y)
        with pytest.raises(ValueError, match=message):
            regression.fit([(X, y)])
        with pytest.raises(ValueError, match=message):
            VariationalBayesianRegression().fit(X, Y).log_predictive_density(X, y)
    with pytest.raises(ValueError, match="X is a masked"):
        regression.fit([(MASKED, Y)])


@pytest.mark.parametrize(
    "table", [X, X.tolist(), pd.DataFrame(X), pl.DataFrame(X), sparse.csr_array(X), None, "text"]
)
def test_other_content_is_left_to_the_other_checks(table):
    check_content("X", table)


@pytest.mark.parametrize("scale", [1e-155, 1e-200, 1e-310, 1e-320])
@every_kind
def test_values_whose_squares_vanish_are_refused(estimator, scale):
    with pytest.raises(ValueError, match=r"X holds values so small .*\[0.*1e-150 at least"):
        estimator.fit(X * scale, Y)


@pytest.mark.parametrize("family", ["structured", "mean_field"])
@pytest.mark.parametrize("scale", [1e-155, 1e-310])
def test_targets_whose_squares_vanish_are_refused(family, scale):
    estimator = VariationalBayesianRegression(family=family)
    with pytest.raises(ValueError, match="y holds values so small"):
        estimator.fit(X, Y * scale)
    wide = np.random.RandomState(0).standard_normal((5, 40))
    with pytest.raises(ValueError, match="y holds values so small"):
        estimator.fit(wide, Y[:5] * scale)


@every_kind
@pytest.mark.parametrize("scale", [1e-150, 1e150])
def test_the_ends_of_the_range_give_the_same_fit(estimator, scale):
    units = 2.0 ** np.round(np.log2(scale))
    known, far = (
        type(estimator)(**estimator.get_params()).fit(X * unit, Y) for unit in (1.0, units)
    )
    jacobian = 0.0 if estimator is ESTIMATORS["regression"] else -X.size * np.log(units)
    assert far.elbo_ == pytest.approx(known.elbo_ + jacobian, rel=1e-9)


def test_a_column_too_small_to_matter_changes_nothing():
    small = X * [1e-200, 1.0, 1.0]
    fitted = VariationalBayesianRegression(prior="ridge").fit(small, Y)
    without = VariationalBayesianRegression(prior="ridge").fit(X * [0.0, 1.0, 1.0], Y)
    assert fitted.elbo_ == pytest.approx(without.elbo_, rel=1e-12)


@every_kind
@pytest.mark.parametrize("scale", [1e155, 1e200, 1e300])
def test_rows_too_large_are_named_wherever_they_come(estimator, scale):
    fitted = type(estimator)(**estimator.get_params()).fit(X, Y)
    with pytest.raises(ValueError, match="X holds values so large .*below 1e150"):
        fitted.partial_fit(X * scale, Y)
    if estimator is not ESTIMATORS["regression"]:
        for question in (fitted.score_samples, fitted.predict, fitted.predict_proba):
            with pytest.raises(ValueError, match="X holds values so large"):
                question(X * scale)
        return
    assert np.all(np.isfinite(fitted.predict(X * scale)))
    for question in (fitted.predict_interval, fitted.sample_y, fitted.predict_dist):
        with pytest.raises(ValueError, match="X holds values so large"):
            question(X * scale)
    with pytest.raises(ValueError, match="y holds values so large .*below 1e150"):
        fitted.log_predictive_density(X, np.full(40, scale))
    with pytest.raises(ValueError, match="y holds values so large"):
        fitted.partial_fit(X, Y * scale)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("mean", [1e200, -1e300])
def test_prior_means_beyond_the_range_are_named(covariance_type, mean):
    estimator = VariationalGaussianMixture(
        2, covariance_type=covariance_type, prior=NormalWishart(mean=mean)
    )
    with pytest.raises(ValueError, match=r"prior=NormalWishart\(mean=.*between -1e\+150 and"):
        estimator.fit(X)
    with pytest.raises(ValueError, match=r"prior=Normal\(mean=.*between -1e\+150 and"):
        VariationalBayesianRegression(prior=Normal(mean=mean)).fit(X, Y)


def test_sizes_and_spreads():
    check_size("X", np.array([[1e150, -1e150]]))
    check_size("X", sparse.csr_array((0, 3)))
    with pytest.raises(ValueError, match="X holds values so large"):
        check_size("X", sparse.csr_array([[0.0, -1e153]]))
    check_spread("X", np.array([0.0, 1e-160, 1.0]), np.array([0.0, 1.0, 0.0]))
    with pytest.raises(ValueError, match=r"columns \[1\]"):
        check_spread("X", np.array([0.0, 1e-160]), np.array([0.0, 0.0]))


def test_rows_of_weight_zero_are_dropped():
    weights = np.where(np.arange(40) < 3, 0.0, 2.0)
    kept = counted_rows(X, Y, weights)
    np.testing.assert_array_equal(kept[0], X[3:])
    np.testing.assert_array_equal(kept[1], Y[3:])
    np.testing.assert_array_equal(kept[2], np.full(37, 2.0))
    assert counted_rows(X, None, None)[0] is X


def test_cells_in_the_same_place_are_summed_in_a_copy():
    table = sparse.csr_array(([1.0, 2.0, 4.0], [1, 1, 0], [0, 2, 3]), shape=(2, 2))
    summed = summed_duplicates(table)
    np.testing.assert_array_equal(summed.toarray(), [[0.0, 3.0], [4.0, 0.0]])
    assert summed.nnz == 2
    assert table.nnz == 3
    assert summed_duplicates(summed) is summed
    assert summed_duplicates(X) is X


NO_NUMBERS = {
    "text": (np.full(40, "a"), ValueError),
    "categories": (pd.Series(pd.Categorical(["a", "b"] * 20)), ValueError),
    "mapping": ({"a": 1}, TypeError),
    "dates": ([datetime.date(2020, 1, 1)] * 40, TypeError),
    "records": (np.zeros(40, dtype=[("a", float), ("b", float)]), TypeError),
}


@pytest.mark.parametrize("name", ["X", "y", "sample_weight"])
@pytest.mark.parametrize(("values", "kind"), NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_is_named(name, values, kind):
    arguments = {"X": X, "y": Y, "sample_weight": np.ones(40)}
    table = values[:, None] if name == "X" and isinstance(values, np.ndarray) else values
    with pytest.raises(kind, match=f"^{name} does not hold numbers alone: .*[^.].$"):
        VariationalBayesianRegression().fit(**{**arguments, name: table})
    chunk = tuple({**arguments, name: table}.values())
    if name == "sample_weight" and isinstance(values, dict):  # which names what stands beside rows
        with pytest.raises(ValueError, match=r"a chunk with 'a'; expected names .*'sample_weight'"):
            VariationalBayesianRegression().fit([chunk])
    elif name != "X":
        with pytest.raises(kind, match=f"^In a chunk, {name} does not hold numbers alone"):
            VariationalBayesianRegression().fit([chunk])
    if name == "y":
        with pytest.raises(kind, match="^y does not hold numbers alone"):
            VariationalBayesianRegression().fit(X, Y).log_predictive_density(X, values)


@pytest.mark.parametrize("columns", [1, 60])
@pytest.mark.parametrize("family", ["structured", "mean_field"])
def test_gaps_in_targets_and_weights_are_found_in_any_form(columns, family):
    rows = np.tile(X, columns)
    regression = VariationalBayesianRegression(family=family)
    gaps = np.where(np.arange(40) == 3, None, Y.astype(object))
    with pytest.raises(ValueError, match="y contains NaN"):
        regression.fit(rows, gaps)
    for weight in (np.nan, np.inf):
        with pytest.raises(ValueError, match="sample_weight contains"):
            regression.fit(rows, Y, sample_weight=weight)
    fitted = regression.fit(rows, Y)
    with pytest.raises(ValueError, match="y contains NaN"):
        fitted.partial_fit(rows, gaps)
    mixture = VariationalGaussianMixture(2, random_state=0).fit(X)
    with pytest.raises(ValueError, match="sample_weight contains NaN"):
        mixture.partial_fit(X, sample_weight=np.nan)


def test_sparse_targets_are_named():
    with pytest.raises(TypeError, match="y is a sparse array; expected a dense one"):
        VariationalBayesianRegression().fit(X, sparse.csr_array(Y[:, None]))


def test_weights_that_swamp_the_prior_are_said_to():
    weights = 10.0 ** np.linspace(-300.0, 10.0, 40)
    rows = np.random.RandomState(0).standard_normal((40, 3))
    mixture = VariationalGaussianMixture(
        3, solver=SVI(batch_size=8), max_iter=5, tol=0.0, random_state=1
    )
    with pytest.raises(ValueError, match="orders of magnitude apart: choose other units, weights"):
        mixture.fit(rows, sample_weight=weights)


@every_kind
def test_one_row_is_no_way_around_the_range(estimator):
    for rows in (np.full((1, 3), 1e200), np.full((2, 3), -1e153)):
        for table in (rows, [(rows, Y[: len(rows)])]):
            arguments = (table, Y[: len(rows)]) if table is rows else (table,)
            if table is not rows and estimator is not ESTIMATORS["regression"]:
                arguments = ([rows],)
            with pytest.raises(ValueError, match="X holds values so large"):
                estimator.fit(*arguments)


@every_kind
def test_infinities_of_both_signs_are_named_without_a_warning(estimator):
    rows = X.copy()
    rows[0, 0], rows[1, 0] = np.inf, -np.inf
    fitted = type(estimator)(**estimator.get_params()).fit(X, Y)
    for question in (lambda: estimator.fit(rows, Y), lambda: fitted.predict(rows)):
        with pytest.raises(ValueError, match="X contains infinity"):
            question()


BAD_SHAPES = [
    ({"X": X[None]}, r"X of shape \(1, 40, 3\)"),
    ({"X": X[0]}, r"X of shape \(3,\)"),
    ({"X": X[:0]}, r"X of shape \(0, 3\)"),
    ({"X": None}, "X=None"),
    ({"X": X + 1j}, "X holds complex128"),
    ({"X": pd.DataFrame(X, columns=["a", "b", "a"])}, r"X has several columns called \['a'\]"),
    ({"y": Y[:, None, None]}, r"y of shape \(40, 1, 1\)"),
    ({"y": Y[:-1]}, r"y of shape \(39,\)"),
    ({"y": np.zeros((40, 0))}, r"y of shape \(40, 0\)"),
    ({"y": 3.0}, r"y of shape \(\)"),
    ({"y": Y + 1j}, "y holds complex128"),
    ({"sample_weight": np.ones((40, 1))}, r"sample_weight of shape \(40, 1\)"),
    ({"sample_weight": Y + 1j}, "sample_weight holds complex128"),
    ({"sample_weight": np.where(Y == Y[3], -2.5, 1.0)}, "`sample_weight`, -2.5 among them"),
]


@pytest.mark.parametrize(("changed", "message"), BAD_SHAPES)
def test_a_bad_shape_names_the_argument(changed, message):
    arguments = {"X": X, "y": Y, **changed}
    with pytest.raises((ValueError, TypeError), match=message):
        VariationalBayesianRegression().fit(**arguments)
    if "y" not in changed:
        with pytest.raises((ValueError, TypeError), match=message):
            VariationalGaussianMixture().fit(**arguments)


def test_chunks_are_fitted_but_not_predicted():
    fitted = VariationalGaussianMixture(2, random_state=0).fit([X[:20], X[20:]])
    with pytest.raises(ValueError, match="X is an iterable of chunks; expected one table"):
        fitted.predict([X[:20], X[20:]])
