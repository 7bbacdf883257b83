"""The regression estimator: what a fit gives, whatever the prior, family, solver and input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse, stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge as SklearnRidge

from skvi import (
    CAVI,
    SVI,
    Flat,
    Gamma,
    HalfCauchy,
    HalfStudentT,
    Memoized,
    Normal,
    Ridge,
    VariationalBayesianRegression,
)
from tests.linear_model.problems import problem, same_fit

PRIORS = [Ridge(), Ridge(0.5), Normal(0.0, 4.0), Flat()]
NOISES = [None, Gamma(2.0, 1.0), HalfCauchy(1.0), HalfStudentT(3.0, 1.0), Flat()]
FAMILIES = ["structured", "mean_field"]


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 50.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_fixed_alpha_gives_the_coefficients_of_scikit_learn(alpha, fit_intercept, family):
    X, y = problem()
    ours = VariationalBayesianRegression(
        prior=Ridge(alpha), fit_intercept=fit_intercept, family=family
    ).fit(X, y)
    theirs = SklearnRidge(alpha, fit_intercept=fit_intercept).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9)
    np.testing.assert_allclose(ours.intercept_, theirs.intercept_, rtol=1e-9)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-9)


def test_fixed_alpha_gives_the_coefficients_of_scikit_learn_with_weights_and_wide_designs():
    X, y = problem(15, 40)
    weights = np.random.RandomState(0).uniform(0.5, 3.0, size=15)
    ours = VariationalBayesianRegression(prior=Ridge(2.0)).fit(X, y, sample_weight=weights)
    theirs = SklearnRidge(2.0).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-7, atol=1e-9)


def test_elbo_at_fixed_alpha_is_the_multivariate_t_density():
    X, y = problem()
    shape, rate, alpha = 2.0, 3.0, 0.7
    fitted = VariationalBayesianRegression(
        prior=Ridge(alpha), noise_prior=Gamma(shape, rate), fit_intercept=False
    ).fit(X, y)
    covariance = rate / shape * (np.eye(len(y)) + X @ X.T / alpha)
    exact = stats.multivariate_t(np.zeros(len(y)), covariance, df=2.0 * shape).logpdf(y)
    assert fitted.elbo_ == pytest.approx(exact, rel=1e-10)


@pytest.mark.parametrize("prior", PRIORS, ids=repr)
@pytest.mark.parametrize("noise_prior", NOISES, ids=repr)
def test_every_pair_of_priors_fits_and_the_mean_field_stays_below(prior, noise_prior):
    X, y = problem()
    bounds = {}
    for family in FAMILIES:
        fitted = VariationalBayesianRegression(
            prior=prior, noise_prior=noise_prior, family=family, tol=1e-6
        ).fit(X, y)
        assert fitted.converged_
        assert fitted.n_iter_ == len(fitted.elbo_history_)
        assert fitted.elbo_history_[-1] == fitted.elbo_
        assert sum(fitted.elbo_terms_.values()) == pytest.approx(fitted.elbo_, rel=1e-12)
        assert fitted.score(X, y) > 0.7
        bounds[family] = fitted.elbo_
    assert bounds["mean_field"] < bounds["structured"]


def test_mean_field_intervals_are_narrower_on_few_rows():
    X, y = problem(8, 3)
    exact, factorised = (
        VariationalBayesianRegression(family=family).fit(X, y) for family in FAMILIES
    )
    assert np.trace(factorised.sigma_) < 0.6 * np.trace(exact.sigma_)


def test_names_stand_for_default_prior_objects():
    X, y = problem()
    named = [VariationalBayesianRegression(prior=name).fit(X, y) for name in ("ridge", "flat")]
    given = [VariationalBayesianRegression(prior=prior).fit(X, y) for prior in (Ridge(), Flat())]
    for first, second in zip(named, given, strict=True):
        same_fit(first, second, rtol=0.0)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "solver",
    ["auto", "cavi", "memoized", CAVI(accelerate=False), Memoized(n_batches=3),
     SVI(batch_size=10**6), SVI(batch_size=16), SVI(batch_size=16, step_size=0.3)],
    ids=repr,
)  # fmt: skip
def test_every_solver_ends_at_the_same_posterior(solver, family):
    X, y = problem(60)
    options = {"family": family, "tol": 1e-9}
    reference = VariationalBayesianRegression(**options).fit(X, y)
    fitted = VariationalBayesianRegression(solver=solver, random_state=0, **options).set_params(
        max_iter=30, tol=0.0 if isinstance(solver, SVI) else 1e-9
    )
    fitted.fit(X, y)
    # under svi the summary of the last sweep is exact; only a mean-field scale may lag behind
    rtol = 1e-9 if family == "structured" or not isinstance(solver, SVI) else 1e-2
    np.testing.assert_allclose(fitted.coef_, reference.coef_, rtol=rtol)
    np.testing.assert_allclose(fitted.elbo_, reference.elbo_, rtol=rtol)


def test_several_targets_are_separate_fits():
    X, Y = problem(n_targets=3)
    for family in FAMILIES:
        together = VariationalBayesianRegression(family=family, tol=1e-9).fit(X, Y)
        apart = [
            VariationalBayesianRegression(family=family, tol=1e-9).fit(X, Y[:, t]) for t in range(3)
        ]
        for name in ("coef_", "intercept_", "alpha_", "lambda_", "sigma_"):
            expected = np.stack([getattr(single, name) for single in apart])
            np.testing.assert_allclose(getattr(together, name), expected, rtol=1e-8, err_msg=name)
        assert together.elbo_ == pytest.approx(sum(s.elbo_ for s in apart), rel=1e-9)
        np.testing.assert_allclose(
            together.predict(X, return_std=True)[1],
            np.column_stack([s.predict(X, return_std=True)[1] for s in apart]),
            rtol=1e-8,
        )
        np.testing.assert_allclose(
            together.predict_interval(X),
            np.stack([s.predict_interval(X) for s in apart], axis=1),
            rtol=1e-8,
        )


def test_a_target_of_one_column_keeps_its_axis():
    X, y = problem()
    fitted = VariationalBayesianRegression().fit(X, y[:, None])
    assert fitted.coef_.shape == (1, 3)
    assert fitted.predict(X).shape == (40, 1)
    assert fitted.predict_interval(X).shape == (40, 1, 2)
    assert fitted.sigma_.shape == (1, 3, 3)


@pytest.mark.parametrize("shape", [(40, 3), (12, 30)])
@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csr_matrix, sparse.csc_array])
def test_sparse_rows_are_dense_rows(make, shape):
    X, y = problem(*shape)
    X = np.where(np.abs(X) > 1.0, X, 0.0)
    dense = VariationalBayesianRegression().fit(X, y)
    thin = VariationalBayesianRegression().fit(make(X), y)
    same_fit(dense, thin, rtol=1e-8)
    np.testing.assert_allclose(thin.predict(make(X)), dense.predict(X), rtol=1e-9)
    np.testing.assert_allclose(thin.predict_interval(make(X)), dense.predict_interval(X), rtol=1e-8)
    np.testing.assert_allclose(thin.sample_y(make(X), 2), dense.sample_y(X, 2), rtol=1e-6)


def layouts(X, path):
    """The same table as users hold it."""
    stored = np.memmap(path, dtype=X.dtype, mode="w+", shape=X.shape)
    stored[:] = X
    frozen = X.copy()
    frozen.flags.writeable = False
    return {
        "Fortran": np.asfortranarray(X),
        "strided": np.repeat(X, 2, axis=0)[::2],
        "memmap": np.memmap(path, dtype=X.dtype, mode="r", shape=X.shape),
        "read-only": frozen,
        "list": X.tolist(),
        "pandas": pd.DataFrame(X, columns=["a", "b", "c"]),
        "polars": pl.DataFrame(X, schema=["a", "b", "c"]),
    }


def test_containers_and_layouts_do_not_matter(tmp_path):
    X, y = problem()
    reference = VariationalBayesianRegression().fit(X, y)
    for name, table in layouts(X, tmp_path / "rows").items():
        fitted = VariationalBayesianRegression().fit(table, y)
        same_fit(fitted, reference, rtol=1e-12)
        np.testing.assert_allclose(fitted.predict(table), reference.predict(X), rtol=1e-12)
        if name in ("pandas", "polars"):
            assert fitted.feature_names_in_.tolist() == ["a", "b", "c"]
            assert fitted.summary().index.tolist() == ["intercept", "a", "b", "c"]
        else:
            assert not hasattr(fitted, "feature_names_in_")


def test_series_and_integer_targets_are_taken():
    X, y = problem()
    counts = np.round(y).astype(int)
    reference = VariationalBayesianRegression().fit(X, counts.astype(float))
    for target in (counts, pd.Series(counts), pl.Series(counts), counts.tolist()):
        same_fit(VariationalBayesianRegression().fit(X, target), reference, rtol=0.0)


@pytest.mark.parametrize("shape", [(200, 3), (20, 50)])
def test_single_precision_follows_and_is_given_back(shape):
    X, y = problem(*shape)
    double = VariationalBayesianRegression().fit(X, y)
    X = X.astype(np.float32)
    single = VariationalBayesianRegression().fit(X, y)
    for name in ("coef_", "intercept_", "alpha_", "lambda_"):
        assert getattr(single, name).dtype == np.float32, name
        np.testing.assert_allclose(
            getattr(single, name), getattr(double, name), rtol=2e-4, atol=1e-5, err_msg=name
        )
    assert single.elbo_ == pytest.approx(double.elbo_, rel=1e-4)
    mean, std = single.predict(X, return_std=True)
    assert single.predict(X).dtype == mean.dtype == std.dtype == np.float32
    assert single.predict_interval(X).dtype == single.sample_y(X).dtype == np.float32
    np.testing.assert_allclose(mean, double.predict(X), rtol=1e-3, atol=1e-3)


def test_weights_are_repetitions():
    X, y = problem()
    times = np.random.RandomState(0).randint(0, 4, size=len(y))
    weighted = VariationalBayesianRegression().fit(X, y, sample_weight=times)
    repeated = VariationalBayesianRegression().fit(X.repeat(times, axis=0), y.repeat(times))
    same_fit(weighted, repeated)


def test_units_shift_the_bound_alone():
    X, y = problem()
    base = VariationalBayesianRegression().fit(X, y)
    scaled = VariationalBayesianRegression().fit(X * 1000.0, y * 0.01)
    assert scaled.elbo_ == pytest.approx(base.elbo_ - len(y) * np.log(0.01), rel=1e-10)
    np.testing.assert_allclose(scaled.coef_, base.coef_ * 1e-5, rtol=1e-9)


@pytest.mark.parametrize("n_jobs", [2, -1])
@pytest.mark.parametrize("order", ["C", "F"])
def test_the_number_of_threads_changes_no_bit(n_jobs, order):
    X, y = problem(50_000, 8)
    X = np.asarray(X, order=order)
    one = VariationalBayesianRegression(n_jobs=1).fit(X, y)
    two = VariationalBayesianRegression(n_jobs=n_jobs).fit(X, y)
    assert one.elbo_ == two.elbo_
    np.testing.assert_array_equal(one.coef_, two.coef_)
    np.testing.assert_array_equal(one.sigma_, two.sigma_)


@pytest.mark.parametrize("condition", [1e6, 1e10])
def test_ill_conditioned_designs_keep_their_digits(condition):
    rng = np.random.RandomState(0)
    left = np.linalg.qr(rng.standard_normal((60, 4)))[0]
    right = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    singular = np.geomspace(1.0, 1.0 / condition, 4)
    X = (left * singular) @ right
    coef = right.T @ np.array([1.0, -2.0, 0.5, 3.0])
    alpha = 1e-3 * singular[-1] ** 2
    fitted = VariationalBayesianRegression(prior=Ridge(alpha), fit_intercept=False).fit(X, X @ coef)
    shrunk = right.T @ (singular**2 / (singular**2 + alpha) * (right @ coef))
    # the data themselves carry condition * eps
    np.testing.assert_allclose(fitted.coef_, shrunk, rtol=100.0 * condition * 2.3e-16 + 1e-12)


def test_a_short_mean_field_fit_warns_and_says_what_to_do():
    X, y = problem()
    estimator = VariationalBayesianRegression(family="mean_field", max_iter=2, tol=1e-12)
    with pytest.warns(ConvergenceWarning, match="max_iter=2.*increase max_iter"):
        estimator.fit(X, y)
    assert not estimator.converged_
    assert estimator.n_iter_ == 2
    estimator.set_params(tol=0.0).fit(X, y)  # asked for: no warning
    assert estimator.n_iter_ == 2


def test_verbose_prints_a_line_per_fit_and_per_iteration(capsys):
    X, y = problem()
    VariationalBayesianRegression().fit(X, y)
    assert capsys.readouterr().out == ""
    fitted = VariationalBayesianRegression(verbose=1, family="mean_field").fit(X, y)
    assert capsys.readouterr().out == (
        f"VariationalBayesianRegression: converged after {fitted.n_iter_} iterations, "
        f"ELBO {fitted.elbo_:.6f}\n"
    )
    fitted.set_params(verbose=2).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == fitted.n_iter_ + 1
    assert lines[0].startswith("  iteration    1  ELBO")


def test_the_fit_is_no_function_of_the_row_order():
    X, y = problem()
    order = np.random.RandomState(0).permutation(len(y))
    same_fit(
        VariationalBayesianRegression().fit(X, y),
        VariationalBayesianRegression().fit(X[order], y[order]),
    )


@pytest.mark.parametrize("y", [3.57, 0.0, -1e5])
def test_one_row_says_next_to_nothing(y):
    for options in ({}, {"prior": Ridge(1.0)}, {"prior": Normal(0.0, 1.0)}):
        fitted = VariationalBayesianRegression(**options).fit([[1.0, 2.0]], [y])
        low, high = fitted.predict_interval([[5.0, 9.0]])[0]
        assert high - low > max(abs(y), 1.0)


def test_alpha_is_infinite_where_the_noise_may_vanish():
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((7, 10)), rng.standard_normal(7)
    tall = rng.standard_normal((10, 7)), rng.standard_normal(10)
    for noise_prior in (HalfCauchy(1.0), HalfStudentT(3.0, 1.0), Flat()):
        options = {"prior": Normal(0.0, 1.0), "noise_prior": noise_prior, "fit_intercept": False}
        assert VariationalBayesianRegression(**options).fit(X, y).alpha_ == np.inf
        assert VariationalBayesianRegression(**options).fit(*tall).alpha_ < np.inf
        learned = VariationalBayesianRegression(noise_prior=noise_prior)
        for n_rows in (2, 5, 7):
            assert learned.fit(X[:n_rows], y[:n_rows]).alpha_ == np.inf
        assert learned.fit(*tall).alpha_ < np.inf
    for noise_prior in (None, Gamma(0.1, 1e-8)):
        for n_rows in (2, 5, 7):
            proper = VariationalBayesianRegression(noise_prior=noise_prior)
            assert proper.fit(X[:n_rows], y[:n_rows]).alpha_ < np.inf


@pytest.mark.parametrize("noise_prior", [HalfCauchy(1.0), HalfStudentT(3.0, 1.0), Flat()], ids=str)
def test_exact_fits_without_a_bound_on_the_noise_are_refused(noise_prior):
    rng = np.random.RandomState(0)
    X = rng.standard_normal((20, 3))
    learned = VariationalBayesianRegression(noise_prior=noise_prior)
    with pytest.raises(ValueError, match="noise_prior=.*(infinite|improper)"):
        learned.fit(X, X @ [1.0, 2.0, 3.0])
    learned.fit(X[:5], X[:5] @ [1.0, 2.0, 3.0])  # the integral over alpha and the noise is finite


@pytest.mark.parametrize("n_features", [1, 2, 5, 10])
def test_flat_weights_that_can_fit_every_row_leave_the_noise_to_its_prior(n_features):
    """The bound is the evidence, and the noise no smaller than its prior says."""
    inside = []
    for seed in range(60):
        rng = np.random.RandomState(seed)
        coef = rng.standard_normal(n_features)
        X = rng.standard_normal((n_features + 2, n_features))
        y = X @ coef + rng.standard_normal(n_features + 2)
        fitted = VariationalBayesianRegression(prior="flat").fit(X[1:], y[1:])
        low, high = fitted.predict_interval(X[:1])[0]
        inside.append(low <= y[0] <= high)
    assert np.mean(inside) > 0.7


@pytest.mark.parametrize(
    ("covariance", "precision"), [(4.0, 0.25), ([2.0, 0.5, 1.0], 3 / 3.5), (2 * np.eye(3), 0.5)]
)
def test_lambda_of_a_normal_prior_is_its_precision(covariance, precision):
    X, y = np.random.RandomState(0).standard_normal((30, 3)), np.arange(30.0)
    fitted = VariationalBayesianRegression(prior=Normal(0.0, covariance)).fit(X, y)
    assert fitted.lambda_ == pytest.approx(precision, rel=1e-9)


@pytest.mark.parametrize("weight", [1e-300, 1e-100, 1.0])
def test_summaries_at_the_ends_of_the_range_hold_numbers(weight):
    X = np.random.RandomState(0).standard_normal((50, 3))
    fitted = VariationalBayesianRegression()
    fitted.fit(X * 1e-149, X[:, 0], sample_weight=np.full(50, weight))
    assert not fitted.summary().isna().to_numpy().any()
