"""Regressions under priors with scales of their own, as a user of scikit-learn meets them."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from skvi import (
    SVI,
    AdaptiveShrinkage,
    Gamma,
    GroupedRidge,
    HalfCauchy,
    Horseshoe,
    Laplace,
    RegularizedHorseshoe,
    SpikeSlab,
    VariationalBayesianRegression,
    merge,
)
from skvi.priors._named import NAMED_PRIORS
from skvi.priors._scales import ScaleMixturePrior

RNG = np.random.RandomState(0)
X = 2.0 * RNG.standard_normal((60, 6)) + 1.0
Y = 1.5 * X[:, 0] - X[:, 3] + RNG.standard_normal(60) + 4.0
NAMES = sorted(name for name, kind in NAMED_PRIORS.items() if issubclass(kind, ScaleMixturePrior))
every_prior = pytest.mark.parametrize("name", NAMES)
refreshes = pytest.mark.parametrize("refresh", [0, 40])


def fit(prior="horseshoe", X=X, Y=Y, refresh=40, **options):
    options = {"prior": prior, "refresh": refresh, "random_state": 0} | options
    return VariationalBayesianRegression(**options).fit(X, Y)


@every_prior
@refreshes
def test_all_that_a_regression_tells(name, refresh):
    regression = fit(name, refresh=refresh)
    assert regression.converged_
    assert regression.score(X, Y) > 0.85
    assert regression.lambda_.shape == regression.coef_.shape == (6,)
    assert np.all(regression.lambda_ > 0.0)
    mean, std = regression.predict(X, return_std=True)
    low, high = regression.predict_interval(X, coverage=0.9).T
    assert np.all((low < mean) & (mean < high))
    assert 0.8 < np.mean((low <= Y) & (high >= Y)) <= 1.0
    distribution = regression.predict_dist(X)
    np.testing.assert_allclose(distribution.std(), std)
    np.testing.assert_allclose(distribution.mean(), mean)
    np.testing.assert_allclose(regression.predict(X), mean, rtol=1e-9)
    quantiles = regression.predict(X[:5], quantiles=[0.05, 0.95])
    np.testing.assert_allclose(quantiles, np.column_stack([low, high])[:5], rtol=1e-6)
    density = regression.log_predictive_density(X, Y)
    np.testing.assert_allclose(density, distribution.logpdf(Y), rtol=1e-9)
    draws = regression.sample_y(X[:3], 4000, random_state=0)
    # the mean of forty draws of the coefficients has an error of its own
    np.testing.assert_allclose(draws.mean(axis=1), mean[:3], atol=0.25 if refresh else 0.1)
    np.testing.assert_allclose(draws.std(axis=1), std[:3], rtol=0.06)
    assert sum(regression.elbo_terms_.values()) == pytest.approx(regression.elbo_, rel=1e-12)


@every_prior
@refreshes
def test_factors_and_summary_agree(name, refresh):
    regression = fit(name, refresh=refresh)
    coef, table = regression.posterior_.coef, regression.summary()
    np.testing.assert_allclose(coef.mean, regression.coef_, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(table["mean"].iloc[1:], coef.mean, rtol=1e-6, atol=1e-15)
    np.testing.assert_allclose(table["sd"].iloc[1:], coef.sd, rtol=1e-9)
    np.testing.assert_allclose(np.sqrt(np.diag(coef.cov)), coef.sd, rtol=1e-9)
    np.testing.assert_allclose(regression.sigma_, coef.cov)
    assert np.all(np.diff(table[["5%", "50%", "95%"]], axis=1) >= 0.0)
    assert table.loc["intercept", "mean"] == pytest.approx(regression.intercept_, rel=1e-9)
    draws = coef.sample(4000, random_state=0)
    error = 0.5 if refresh else 0.15  # standard deviations: that of forty draws is 0.16
    np.testing.assert_allclose(draws.mean(axis=0), coef.mean, atol=error * coef.sd.max())
    assert regression.posterior_.noise.mean == pytest.approx(1.0, abs=0.25)
    assert "inclusion" in table.columns or not hasattr(regression, "inclusion_probability_")


def test_selection():
    regression = fit("spike_slab")
    np.testing.assert_array_equal(regression.get_support(indices=True), [0, 3])
    np.testing.assert_array_equal(regression.get_support(), regression.inclusion_probability_ > 0.5)
    table = regression.summary()
    np.testing.assert_allclose(table["inclusion"].iloc[1:], regression.inclusion_probability_)
    assert table["P(>0)"].iloc[1] > 0.99
    zero = regression.inclusion_probability_ < 0.4
    np.testing.assert_array_equal(table["50%"].iloc[1:][zero], 0.0)


def test_selection_needs_a_spike():
    regression = fit("horseshoe")
    assert not hasattr(regression, "inclusion_probability_")
    with pytest.raises(AttributeError, match="get_support"):
        regression.get_support()


@pytest.mark.parametrize("refresh", [0, 20])
def test_fits_are_repeatable_and_survive_pickling(refresh):
    first = fit(refresh=refresh)
    again = pickle.loads(pickle.dumps(first))
    np.testing.assert_array_equal(again.predict(X), first.predict(X))
    np.testing.assert_array_equal(fit(refresh=refresh).predict(X), first.predict(X))
    np.testing.assert_array_equal(again.predict_interval(X[:3]), first.predict_interval(X[:3]))
    assert clone(first).get_params() == first.get_params()


@every_prior
def test_weights_are_repetitions(name):
    times = RNG.randint(0, 3, 60)
    weighted = VariationalBayesianRegression(prior=name, refresh=0).fit(X, Y, sample_weight=times)
    repeated = fit(name, X.repeat(times, axis=0), Y.repeat(times), refresh=0)
    assert weighted.elbo_ == pytest.approx(repeated.elbo_, rel=1e-9)
    np.testing.assert_allclose(weighted.coef_, repeated.coef_, rtol=1e-6, atol=1e-9)


@every_prior
def test_further_rows_are_taken_up_exactly(name):
    streamed = VariationalBayesianRegression(prior=name, refresh=0)
    for rows in (slice(0, 25), slice(25, 60)):
        streamed.partial_fit(X[rows], Y[rows])
    whole = fit(name, refresh=0)
    assert streamed.elbo_ == pytest.approx(whole.elbo_, rel=1e-8)
    np.testing.assert_allclose(streamed.coef_, whole.coef_, atol=1e-5)


def test_fits_merge():
    parts = [fit(X=X[rows], Y=Y[rows], refresh=0) for rows in (slice(30), slice(30, 60))]
    assert merge(parts).elbo_ == pytest.approx(fit(refresh=0).elbo_, rel=1e-8)


@every_prior
@pytest.mark.parametrize("unit", [1e-30, 1e30])
def test_units_do_not_matter(name, unit):
    plain, scaled = fit(name, refresh=0), fit(name, X * unit, Y * unit, refresh=0)
    np.testing.assert_allclose(scaled.coef_, plain.coef_, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(scaled.predict(X * unit), plain.predict(X) * unit, rtol=1e-6)


def test_columns_of_a_pipeline_by_name():
    frame = pd.DataFrame(X[:, :4], columns=list("abcd"))
    frame["kind"] = np.where(X[:, 4] > 1.0, "high", "low")
    columns = ColumnTransformer(
        [("scale", StandardScaler(), list("abcd")),
         ("code", OneHotEncoder(sparse_output=False), ["kind"])],
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")  # fmt: skip
    groups = [["a", "b"], ["c", "d"], ["kind_high", "kind_low"]]
    pipeline = Pipeline(
        [("columns", columns), ("regression", VariationalBayesianRegression(refresh=10))]
    )
    search = GridSearchCV(
        pipeline,
        [
            {"regression__prior": [GroupedRidge(groups), Laplace(), SpikeSlab()]},
            {"regression__prior": [RegularizedHorseshoe()],
             "regression__prior__slab": [1.0, 4.0],
             "regression__prior__expected_size": [1, 2]},
        ],
        cv=3,
    ).fit(frame, Y)  # fmt: skip
    assert len(search.cv_results_["params"]) == 7
    assert np.all(search.cv_results_["mean_test_score"] > 0.7)
    assert search.predict(frame).shape == (60,)
    labels = fit(GroupedRidge(groups), columns.fit_transform(frame), refresh=0)
    assert len(np.unique(labels.lambda_[:2])) >= 1
    assert labels._state.prior.mixture.groups.tolist() == [0, 0, 1, 1, 2, 2]


def changed(change):
    """Rows with something awkward about them."""
    table, target = X.copy(), Y.copy()
    if change == "constant column":
        table[:, 2] = 7.0
    elif change == "duplicates":
        table[:, 1] = table[:, 0]
    elif change == "one row":
        table, target = table[:1], target[:1]
    elif change == "few rows":
        table, target = table[:4], target[:4]
    elif change == "constant target":
        target[:] = 3.0
    elif change == "huge":
        table[:, 1] *= 1e12
        table[:, 4] *= 1e-12
    elif change == "one column":
        table = table[:, :1]
    return table, target


@every_prior
@pytest.mark.parametrize(
    "change",
    [
        "constant column",
        "duplicates",
        "one row",
        "few rows",
        "constant target",
        "huge",
        "one column",
    ],
)
@refreshes
def test_awkward_tables(name, change, refresh):
    table, target = changed(change)
    regression = fit(name, table, target, refresh=min(refresh, 8))
    assert np.isfinite(regression.elbo_)
    assert np.all(np.isfinite(regression.coef_))
    assert np.all(np.isfinite(regression.predict(table)))
    assert np.all(np.isfinite(regression.predict_interval(table)))
    if change == "duplicates" and name not in ("spike_slab", "adaptive_shrinkage"):
        pair = regression.coef_[:2]
        assert pair.sum() == pytest.approx(1.5, abs=0.3)
    if change == "constant column":
        assert regression.coef_[2] == pytest.approx(0.0, abs=0.5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"family": "mean_field"}, "family='mean_field' is not allowed with prior='horseshoe'"),
        ({"prior": "spike_slab", "family": "gaussian"}, "family='gaussian' is not allowed"),
        ({"prior": "grouped_ridge", "family": "coordinate"}, "family='coordinate' is not allowed"),
        ({"prior": "ridge", "family": "gaussian"}, "family='gaussian' is not allowed with prior="),
        ({"family": "coordinate", "noise_prior": Gamma(1.0, 1.0)}, "noise_prior=.* is not allowed"),
        ({"solver": SVI()}, "solver=SVI.* is not allowed with prior='horseshoe'"),
        ({"prior": Horseshoe(9)}, "prior=Horseshoe.*expected_size must be positive and less"),
        ({"prior": GroupedRidge([["z"]])}, "prior=GroupedRidge.*names the column 'z'"),
        ({"refresh": -1}, "refresh"),
        ({"refresh": True}, "refresh=True is not allowed"),
        ({"prior": "bridge"}, "prior"),
    ],
)
def test_what_is_not_allowed_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        fit(**options)


def test_a_refused_fit_leaves_the_last_one():
    regression = fit(refresh=5)
    before = regression.predict(X)
    regression.set_params(prior=Horseshoe(9))
    with pytest.raises(ValueError, match="expected_size"):
        regression.fit(X, Y)
    np.testing.assert_array_equal(regression.predict(X), before)


def test_several_targets_are_refused():
    with pytest.raises(ValueError, match="takes one target, got 2"):
        fit(Y=np.column_stack([Y, Y]))


def test_more_columns_than_rows():
    rng = np.random.RandomState(3)
    wide = rng.standard_normal((40, 120))
    target = 2.0 * wide[:, 5] - 2.0 * wide[:, 50] + 0.5 * rng.standard_normal(40)
    for prior in (RegularizedHorseshoe(), SpikeSlab(), AdaptiveShrinkage()):
        regression = fit(prior, wide, target, refresh=40)
        largest = np.argsort(-np.abs(regression.coef_))[:2]
        assert sorted(largest.tolist()) == [5, 50]
        assert regression.family_ == "coordinate"
    ordered = rng.permutation(120)
    again = fit(SpikeSlab(), wide[:, ordered], target, refresh=0)
    plain = fit(SpikeSlab(), wide, target, refresh=0)
    np.testing.assert_allclose(again.coef_, plain.coef_[ordered], atol=1e-5)


def test_noise_priors_serve_the_gaussian_family():
    strict = fit(noise_prior=Gamma(1e4, 1e4 * 0.25), refresh=0)
    assert strict.alpha_ == pytest.approx(4.0, rel=0.1)
    heavy = fit(noise_prior=HalfCauchy(1.0), refresh=20)
    assert heavy.alpha_ == pytest.approx(1.0, rel=0.5)


def test_structured_is_refreshed():
    regression = fit(family="structured", refresh="auto")
    assert len(regression._model.refreshed.draws) == 300
    assert regression.family_ == "gaussian"


def test_a_scaler_in_front_changes_nothing():
    plain = fit("laplace", refresh=0)
    piped = make_pipeline(
        StandardScaler(), VariationalBayesianRegression(prior="laplace", refresh=0)
    ).fit(X, Y)
    np.testing.assert_allclose(piped.predict(X), plain.predict(X), rtol=1e-6)
