"""What every estimator of a linear predictor does alike, whatever its likelihood."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvi import Flat, Normal, Ridge, VariationalGLMRegressor, VariationalLogisticRegression
from skvi.models.linear_predictor import LinearPredictorModel
from tests.linear_model.manners import BINARY, COUNTS, TIMES, X, Y, assert_finite, each, said

WIDE = np.random.RandomState(1).standard_normal((60, 150))


@each()
def test_sparse_rows_say_what_dense_rows_say(estimator, y):
    rows = np.where(np.abs(X) > 0.7, X, 0.0)
    estimator = clone(estimator).set_params(tol=1e-8)
    dense = clone(estimator).fit(rows, y)
    thin = clone(estimator).fit(sparse.csr_array(rows), y)
    assert thin.elbo_ == pytest.approx(dense.elbo_, rel=1e-8)
    for a, b in zip(said(thin, sparse.csc_matrix(rows)), said(dense, rows), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@each()
@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_cells_of_a_sparse_table_may_come_in_parts(estimator, y, kind):
    whole = sparse.csr_array(np.where(np.abs(X) > 0.7, X, 0.0)).asformat(kind)
    halves = np.repeat(whole.data / 2.0, 2), np.repeat(whole.indices, 2), 2 * whole.indptr
    parts = type(whole)(halves, shape=whole.shape)
    before = parts.data.copy(), parts.indices.copy(), parts.indptr.copy()
    one, other = clone(estimator).fit(whole, y), clone(estimator).fit(parts, y)
    assert other.elbo_ == one.elbo_
    for a, b in zip(said(other, parts), said(one, whole), strict=True):
        np.testing.assert_array_equal(a, b)
    one.partial_fit(whole, y), other.partial_fit(parts, y)
    np.testing.assert_array_equal(other.coef_, one.coef_)
    chunks = [clone(estimator).fit([(table, y)]).coef_ for table in (whole, parts)]
    np.testing.assert_array_equal(*chunks)
    for now, then in zip((parts.data, parts.indices, parts.indptr), before, strict=True):
        np.testing.assert_array_equal(now, then)


@each("binary", "poisson", "quantile")
def test_independent_weights_of_cells_in_parts(estimator, y):
    whole = sparse.csr_array(np.where(np.abs(X) > 0.7, X, 0.0))
    halves = np.repeat(whole.data / 2.0, 2), np.repeat(whole.indices, 2), 2 * whole.indptr
    parts = sparse.csr_matrix(halves, shape=whole.shape)
    one, other = (
        clone(estimator).set_params(family="diagonal").fit(table, y) for table in (whole, parts)
    )
    for a, b in zip(said(other, parts), said(one, whole), strict=True):
        np.testing.assert_array_equal(a, b)


@each()
def test_frames_say_what_arrays_say(estimator, y):
    pandas = pytest.importorskip("pandas")
    array = clone(estimator).fit(X, y)
    for module in (pandas, pytest.importorskip("polars")):
        frame = module.DataFrame({name: X[:, j] for j, name in enumerate("uvw")})
        fitted = clone(estimator).fit(frame, module.Series(y))
        assert list(fitted.feature_names_in_) == ["u", "v", "w"]
        for a, b in zip(said(fitted, frame), said(array, X), strict=True):
            np.testing.assert_array_equal(a, b)


@each()
def test_more_columns_than_rows(estimator, y):
    assert_finite(clone(estimator).fit(WIDE, y), WIDE)


@each()
def test_equal_columns_share_a_coefficient_and_constant_ones_have_none(estimator, y):
    rows = np.column_stack([X, X[:, 0], np.full(60, 7.0), np.zeros(60)])
    fitted = clone(estimator).fit(rows, y)
    coef = np.atleast_2d(fitted.coef_)
    np.testing.assert_allclose(coef[:, 0], coef[:, 3], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(coef[:, 4:], 0.0, atol=1e-6)
    assert_finite(fitted, rows)
    with pytest.raises(ValueError, match=r"prior=Flat\(\) needs columns of full rank"):
        clone(estimator).set_params(prior=Flat()).fit(rows, y)


@each("poisson", "negative binomial", "gamma", "weibull", "quantile", "student_t")
@pytest.mark.parametrize("n_rows", [1, 2])
def test_one_or_two_rows(estimator, y, n_rows):
    assert_finite(clone(estimator).fit(X[:n_rows], y[:n_rows]), X)


@each("quantile", "student_t", "heteroscedastic")
@pytest.mark.parametrize("unit", [1e-100, 1e100])
def test_targets_of_location_families_have_any_unit(estimator, y, unit):
    one, other = clone(estimator).fit(X, y), clone(estimator).fit(X, y * unit)
    shift = len(y) * np.log(unit)
    assert other.elbo_ == pytest.approx(one.elbo_ - shift, rel=1e-9)
    np.testing.assert_allclose(other.coef_ / unit, one.coef_, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(other.predict(X) / unit, one.predict(X), rtol=1e-5, atol=1e-9)


@each("binary", "ordinal", "poisson", "negative binomial", "gamma", "weibull", "quantile")
@pytest.mark.parametrize("offset", [-1e3, 1e3])
def test_offsets_of_a_thousand_move_the_intercept(estimator, y, offset):
    one = clone(estimator).fit(X, y)
    other = clone(estimator).fit(X, y, offset=np.full(60, offset))
    np.testing.assert_allclose(other.coef_, one.coef_, rtol=1e-4, atol=1e-6)
    if hasattr(one, "cut_points_"):
        np.testing.assert_allclose(other.cut_points_ - offset, one.cut_points_, rtol=1e-4)
    else:
        np.testing.assert_allclose(other.intercept_ + offset, one.intercept_, atol=1e-4)
    labels = other.predict(X, offset=np.full(60, offset)), one.predict(X)
    np.testing.assert_array_equal(*labels) if is_classifier(one) else np.testing.assert_allclose(
        *labels, rtol=1e-4, atol=1e-4
    )
    assert other.elbo_ == pytest.approx(one.elbo_, abs=1e-4)


@each()
def test_further_rows_come_close_to_a_fit_of_all(estimator, y):
    rng = np.random.RandomState(2)
    order = rng.randint(60, size=900)
    rows, targets = X[order] + 0.3 * rng.standard_normal((900, 3)), y[order]
    whole = clone(estimator).fit(rows, targets)
    parts = clone(estimator)
    for start in range(0, 900, 300):
        parts.partial_fit(rows[start : start + 300], targets[start : start + 300])
    distance = np.abs(np.ravel(parts.coef_ - whole.coef_)) / np.ravel(whole.posterior_.coef.sd)
    assert np.max(distance) < 0.5
    np.testing.assert_allclose(parts.posterior_.coef.sd, whole.posterior_.coef.sd, rtol=0.15)


@each()
def test_what_needs_the_rows_says_so_once_they_are_gone(estimator, y):
    fitted = clone(estimator).fit(X, y)
    assert np.isfinite(fitted.loo().elpd)
    assert np.all(np.isfinite(fitted.summary(robust=True).to_numpy()))
    stored = pickle.loads(pickle.dumps(fitted))
    further = clone(estimator).fit(X, y).partial_fit(X[:9], y[:9])
    for gone in (stored, further):
        with pytest.raises(ValueError, match="training rows are no longer there"):
            gone.loo()
        with pytest.raises(ValueError, match="training rows are no longer there"):
            gone.summary(robust=True)
        assert len(gone.summary()) == len(fitted.summary())


@each()
def test_rows_in_chunks_are_read_again_for_what_needs_them(estimator, y):
    table = clone(estimator).fit(X, y)
    chunks = clone(estimator).fit([(X[:25], y[:25]), (X[25:], y[25:])])
    # Refits end where another step would gain next to nothing, and rounding has a say in that.
    apart = {"rtol": 1e-3, "atol": 1e-3}
    np.testing.assert_allclose(chunks.loo().log_density, table.loo().log_density, **apart)
    robust = (fitted.summary(robust=True).to_numpy() for fitted in (chunks, table))
    np.testing.assert_allclose(*robust, rtol=1e-2, atol=1e-3)


@each()
def test_what_is_not_fitted_says_so(estimator, y):
    fresh = clone(estimator)
    for ask in (fresh.loo, fresh.summary, lambda: fresh.predict(X), lambda: fresh.posterior_):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            ask()


@each()
def test_an_interrupt_leaves_the_last_iteration(estimator, y, monkeypatch):
    summarize, calls = LinearPredictorModel.summarize, []

    def interrupted(model, *arguments, **options):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return summarize(model, *arguments, **options)

    monkeypatch.setattr(LinearPredictorModel, "summarize", interrupted)
    fitted = clone(estimator).set_params(tol=1e-8)
    with pytest.raises(KeyboardInterrupt):
        fitted.fit(X, y)
    assert not fitted.converged_
    assert fitted.elbo_ == fitted.elbo_history_[-1]
    assert_finite(fitted, X)
    assert np.isfinite(fitted.loo().elpd)
    fitted.partial_fit(X[:9], y[:9])


@each()
def test_a_failed_fit_leaves_the_one_before(estimator, y, monkeypatch):
    fitted = clone(estimator).fit(X, y)
    before, elpd = fitted.elbo_, fitted.loo(refit=False).elpd
    with pytest.raises(ValueError, match="NaN"):
        fitted.fit(np.full((60, 3), np.nan), y)
    assert (fitted.elbo_, fitted.loo(refit=False).elpd) == (before, elpd)

    def interrupted(model, *arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(LinearPredictorModel, "summarize", interrupted)
    for further in (fitted.fit, fitted.partial_fit):
        with pytest.raises(KeyboardInterrupt):
            further(X[:30], y[:30])
        assert (fitted.elbo_, fitted.loo(refit=False).elpd) == (before, elpd)


def test_priors_and_their_parameters_are_searched():
    grid = [
        {"prior": [Ridge(1.0)], "prior__alpha": [0.1, 10.0]},
        {"prior": [Normal()], "prior__covariance": [1.0, 4.0]},
    ]
    cases = (VariationalLogisticRegression(), BINARY), (VariationalGLMRegressor(), COUNTS)
    for estimator, y in cases:
        search = GridSearchCV(clone(estimator), grid, cv=3).fit(X, y)
        assert len(search.cv_results_["params"]) == 4
        assert np.all(np.isfinite(search.cv_results_["mean_test_score"]))


def test_exposures_offsets_and_weights_pass_through_a_pipeline():
    exposure, offset = TIMES, 0.1 * Y
    weights = np.arange(60.0) % 3
    beside = {"sample_weight": weights, "exposure": exposure, "offset": offset}
    alone = VariationalGLMRegressor().fit(StandardScaler().fit_transform(X), COUNTS, **beside)
    with config_context(enable_metadata_routing=True):
        model = VariationalGLMRegressor().set_fit_request(
            sample_weight=True, exposure=True, offset=True
        )
        model.set_predict_request(exposure=True, offset=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = make_pipeline(scaler, model).fit(X, COUNTS, **beside)
        np.testing.assert_allclose(pipeline[-1].coef_, alone.coef_, rtol=1e-10)
        predicted = pipeline.predict(X, exposure=exposure, offset=offset)
    rows = StandardScaler().fit_transform(X)
    expected = alone.predict(rows, exposure=exposure, offset=offset)
    np.testing.assert_allclose(predicted, expected, rtol=1e-10)


@each("binary", "softmax", "ordinal")
def test_labels_of_classifiers_come_back(estimator, y):
    fitted = clone(estimator).fit(X, y)
    assert is_classifier(fitted)
    np.testing.assert_array_equal(fitted.classes_, np.unique(y))
    assert set(fitted.predict(X)) <= set(y)
    np.testing.assert_allclose(fitted.predict_proba(X).sum(axis=1), 1.0, rtol=1e-12)
    expected = fitted.predict_proba(X)[np.arange(60), np.searchsorted(fitted.classes_, y)]
    np.testing.assert_allclose(np.exp(fitted.log_predictive_density(X, y)), expected, rtol=1e-10)
