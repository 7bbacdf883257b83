"""The mixture estimator: what a fit gives, whatever the shapes, weight priors and solvers."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture

from skvi import (
    SVI,
    Dirichlet,
    DirichletProcess,
    Memoized,
    NormalWishart,
    PitmanYor,
    VariationalGaussianMixture,
)
from tests.mixture.samples import clusters

SHAPES = ["full", "tied", "diag", "spherical"]
WEIGHTS = ["dirichlet", "dirichlet_process", "pitman_yor"]
SOLVERS = ["cavi", SVI(batch_size=64), Memoized(n_batches=4)]
every_shape = pytest.mark.parametrize("covariance_type", SHAPES)


def small(n_components=3, **options):
    return VariationalGaussianMixture(n_components, **{"n_init": 3, "random_state": 0, **options})


def assert_decreasing(values):
    assert np.all(np.diff(values) <= 1e-12)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("covariance_type", "weight_prior", "solver"),
    list(itertools.product(SHAPES, WEIGHTS, SOLVERS)),
    ids=str,
)
def test_every_combination_finds_the_clusters(covariance_type, weight_prior, solver):
    X, labels = clusters()
    fitted = small(
        covariance_type=covariance_type, weight_prior=weight_prior, solver=solver, max_iter=60
    ).fit(X)
    assert adjusted_rand_score(labels, fitted.predict(X)) > 0.9
    assert_decreasing(fitted.weights_)
    assert fitted.weights_.sum() == pytest.approx(1.0)
    assert fitted.n_iter_ == len(fitted.elbo_history_)
    assert fitted.elbo_history_[-1] == fitted.elbo_
    assert sum(fitted.elbo_terms_.values()) == pytest.approx(fitted.elbo_, rel=1e-12)
    if not isinstance(solver, SVI):
        assert fitted.converged_
        assert np.all(np.diff(fitted.elbo_history_) >= -1e-9 * abs(fitted.elbo_))
    proba = fitted.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-12)
    np.testing.assert_array_equal(proba.argmax(axis=1), fitted.predict(X))


@every_shape
def test_solvers_reach_the_same_bound(covariance_type):
    X, _ = clusters()
    options = {"covariance_type": covariance_type, "tol": 1e-7, "max_iter": 500}
    batch = small(**options).fit(X)
    memoized = small(solver=Memoized(n_batches=5), **options).fit(X)
    assert memoized.elbo_ == pytest.approx(batch.elbo_, abs=1e-3)
    stochastic = small(solver=SVI(batch_size=50), **{**options, "tol": 0.0, "max_iter": 60}).fit(X)
    assert batch.elbo_ - 1.0 < stochastic.elbo_ < batch.elbo_ + 1e-6


@every_shape
def test_parameters_have_the_shapes_of_scikit_learn(covariance_type):
    X, _ = clusters(n_features=3)
    ours = small(covariance_type=covariance_type).fit(X)
    theirs = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    names = ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_")
    for name in names:
        assert getattr(ours, name).shape == getattr(theirs, name).shape, name
    order = np.argsort(-theirs.weights_)
    np.testing.assert_allclose(ours.means_, theirs.means_[order], atol=0.2)
    precision = ours.precisions_cholesky_
    if covariance_type in ("full", "tied"):
        product = precision @ np.swapaxes(precision, -1, -2)
        inverse = ours.precisions_ @ ours.covariances_
        np.testing.assert_allclose(inverse, np.broadcast_to(np.eye(3), inverse.shape), atol=1e-9)
    else:
        product = precision**2
        np.testing.assert_allclose(ours.precisions_ * ours.covariances_, 1.0, rtol=1e-12)
    np.testing.assert_allclose(product, ours.precisions_, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_responsibilities_are_those_of_scikit_learn_at_the_same_state(covariance_type):
    X, _ = clusters()
    ours = small(covariance_type=covariance_type, weight_prior="dirichlet").fit(X)
    posterior = ours._state.posterior
    theirs = BayesianGaussianMixture(
        n_components=3,
        covariance_type=covariance_type,
        weight_concentration_prior_type="dirichlet_distribution",
    )
    theirs.weight_concentration_ = posterior.weights.distribution.concentration
    theirs.means_, theirs.precisions_cholesky_ = ours.means_, ours.precisions_cholesky_
    _, theirs.mean_precision_, theirs.degrees_of_freedom_, _ = posterior.components.distribution
    theirs.weights_, theirs.covariances_ = ours.weights_, ours.covariances_
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-10, rtol=0.0)


def test_shapes_agree_on_one_column():
    X, _ = clusters(n_features=1)
    prior = NormalWishart(X.mean(), 0.1, 3.0, 2.0)
    options = {"prior": prior, "weight_prior": "dirichlet", "tol": 1e-6}
    reference = small(covariance_type="full", **options).fit(X)
    for covariance_type in ("diag", "spherical"):
        other = small(covariance_type=covariance_type, **options).fit(X)
        assert other.elbo_ == pytest.approx(reference.elbo_, abs=1e-6)
        np.testing.assert_allclose(other.means_, reference.means_, rtol=1e-4)
        np.testing.assert_allclose(
            other.score_samples(X), reference.score_samples(X), rtol=1e-4, atol=1e-6
        )
    alone = [small(1, covariance_type=shape, **options).fit(X).elbo_ for shape in SHAPES]
    np.testing.assert_allclose(alone, alone[0], rtol=1e-12)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_rescaling_columns_shifts_the_bound_by_the_log_jacobian(covariance_type):
    X, _ = clusters()
    units = np.array([1e-5, 3e4])
    options = {"covariance_type": covariance_type, "tol": 0.0, "max_iter": 40}
    base, scaled = small(**options).fit(X), small(**options).fit(X * units)
    shift = -len(X) * np.sum(np.log(units))
    assert scaled.elbo_ - base.elbo_ == pytest.approx(shift, rel=1e-9)
    np.testing.assert_allclose(scaled.means_, base.means_ * units, rtol=1e-6)


@every_shape
def test_one_unit_for_all_columns_shifts_the_bound_of_every_shape(covariance_type):
    X, _ = clusters()
    options = {"covariance_type": covariance_type, "tol": 0.0, "max_iter": 40}
    base, scaled = small(**options).fit(X), small(**options).fit(X * 1e6)
    assert scaled.elbo_ - base.elbo_ == pytest.approx(-X.size * np.log(1e6), rel=1e-9)


def test_the_best_number_of_components_does_not_depend_on_units():
    X, _ = clusters()
    best = []
    for units in ([1.0, 1.0], [1e-3, 1e3], [50.0, 0.02]):
        bounds = [small(k).fit(X * units).elbo_ for k in range(1, 5)]
        best.append(1 + int(np.argmax(bounds)))
    assert best == [3, 3, 3]


@every_shape
def test_weights_are_repetitions(covariance_type):
    X, _ = clusters(120)
    times = np.random.RandomState(0).randint(0, 4, size=len(X))
    weighted = small(covariance_type=covariance_type).fit(X, sample_weight=times)
    repeated = small(covariance_type=covariance_type).fit(X.repeat(times, axis=0))
    assert weighted.elbo_ == pytest.approx(repeated.elbo_, rel=1e-9)
    np.testing.assert_allclose(weighted.means_, repeated.means_, rtol=1e-7)


@every_shape
def test_single_precision_follows_and_is_given_back(covariance_type):
    X, _ = clusters()
    double = small(covariance_type=covariance_type, tol=1e-5).fit(X)
    X = X.astype(np.float32)
    single = small(covariance_type=covariance_type, tol=1e-5).fit(X)
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert getattr(single, name).dtype == np.float32, name
        np.testing.assert_allclose(
            getattr(single, name), getattr(double, name), rtol=2e-3, atol=2e-3, err_msg=name
        )
    assert single.predict_proba(X).dtype == np.float32
    assert single.elbo_ == pytest.approx(double.elbo_, rel=1e-4)


def test_containers_and_layouts_do_not_matter(tmp_path):
    X, _ = clusters()
    reference = small().fit(X)
    stored = np.memmap(tmp_path / "rows", dtype=X.dtype, mode="w+", shape=X.shape)
    stored[:] = X
    frozen = X.copy()
    frozen.flags.writeable = False
    tables = [
        np.asfortranarray(X), np.repeat(X, 2, axis=0)[::2], stored, frozen, X.tolist(),
        pd.DataFrame(X, columns=["a", "b"]), pl.DataFrame(X, schema=["a", "b"]),
    ]  # fmt: skip
    for table in tables:
        fitted = small().fit(table)
        assert fitted.elbo_ == reference.elbo_
        np.testing.assert_array_equal(fitted.predict_proba(table), reference.predict_proba(X))
    assert fitted.feature_names_in_.tolist() == ["a", "b"]


@pytest.mark.parametrize("solver", ["cavi", SVI(batch_size=20_000), "memoized"], ids=str)
@every_shape
def test_the_number_of_threads_changes_no_bit(covariance_type, solver):
    X, _ = clusters(40_000)
    options = {"covariance_type": covariance_type, "solver": solver, "max_iter": 3, "tol": 0.0}
    one, two = (small(n_jobs=jobs, **options).fit(X) for jobs in (1, 2))
    assert one.elbo_ == two.elbo_
    np.testing.assert_array_equal(one.covariances_, two.covariances_)
    assert_decreasing(one.weights_)


@every_shape
@pytest.mark.parametrize("weight_prior", WEIGHTS)
def test_more_components_than_rows(covariance_type, weight_prior):
    X, _ = clusters(5)
    fitted = small(9, covariance_type=covariance_type, weight_prior=weight_prior).fit(X)
    assert np.isfinite(fitted.elbo_)
    assert fitted.means_.shape == (9, 2)
    assert np.all(np.isfinite(fitted.score_samples(X)))
    assert_decreasing(fitted.weights_)


@pytest.mark.parametrize("X", [np.ones((6, 2)), np.array([[3.0, 4.0]]), np.zeros((2, 1)),
                               np.column_stack([np.ones(9), np.arange(9.0)])],
                         ids=["one value", "one row", "zeros", "constant column"])  # fmt: skip
@every_shape
def test_degenerate_tables(X, covariance_type):
    fitted = small(2, covariance_type=covariance_type).fit(X)
    assert np.isfinite(fitted.elbo_)
    assert np.all(np.isfinite(fitted.score_samples(X)))
    assert np.all(np.isfinite(fitted.covariances_))


def test_the_same_seed_gives_the_same_bits_and_weights_priors_are_objects_or_names():
    X, _ = clusters()
    for name, prior in zip(WEIGHTS, (Dirichlet(), DirichletProcess(), PitmanYor()), strict=True):
        named, given = small(weight_prior=name).fit(X), small(weight_prior=prior).fit(X)
        assert named.elbo_ == given.elbo_
        np.testing.assert_array_equal(named.means_, given.means_)


def test_components_by_position_and_the_closed_form_at_one():
    """K = 1: the evidence of a Gaussian with a normal-Wishart prior is a product of Student-t's."""
    X = clusters(20)[0]
    mean, beta, nu, scale = np.array([9.0, 11.0]), 0.5, 5.0, np.array([[3.0, 1.0], [1.0, 2.0]])
    fitted = VariationalGaussianMixture(1, prior=NormalWishart(mean, beta, nu, scale)).fit(X)
    log_evidence = 0.0
    for row in X:
        freedom = nu - 1.0
        shape = scale * (beta + 1.0) / (beta * freedom)
        log_evidence += stats.multivariate_t(mean, shape, freedom).logpdf(row)
        gap = row - mean
        scale = scale + beta / (beta + 1.0) * np.outer(gap, gap)
        mean, beta, nu = (beta * mean + row) / (beta + 1.0), beta + 1.0, nu + 1.0
    assert fitted.elbo_ == pytest.approx(log_evidence, rel=1e-10)


@every_shape
def test_posterior_factors_agree_with_themselves(covariance_type):
    X, _ = clusters()
    fitted = small(covariance_type=covariance_type).fit(X)
    posterior = fitted.posterior_
    assert list(posterior) == ["weights", "means", "precisions"]
    n_draws = 20_000
    for name, factor in posterior.items():
        draws = factor.sample(n_draws, random_state=0)
        assert draws.shape == (n_draws, *factor.mean.shape)
        error = 5.0 * factor.sd / np.sqrt(n_draws)
        assert np.all(np.abs(draws.mean(axis=0) - factor.mean) <= error + 1e-12), name
        np.testing.assert_allclose(draws.std(axis=0), factor.sd, rtol=0.06, err_msg=name)
    np.testing.assert_allclose(posterior.weights.mean, fitted.weights_, rtol=1e-12)
    np.testing.assert_allclose(posterior.means.mean, fitted.means_, rtol=1e-12)
    np.testing.assert_allclose(posterior.precisions.mean, fitted.precisions_, rtol=1e-12)
    variance = np.diagonal(posterior.weights.cov)
    np.testing.assert_allclose(np.sqrt(variance), posterior.weights.sd, rtol=1e-10)


def test_a_short_fit_warns_and_says_what_to_do():
    X, _ = clusters()
    estimator = small(5, n_init=1, max_iter=2, tol=1e-9)
    with pytest.warns(ConvergenceWarning, match="max_iter=2 iterations.*increase max_iter"):
        estimator.fit(X)
    assert not estimator.converged_
    assert estimator.n_iter_ == 2


def test_verbose_prints_a_line_per_fit_and_per_iteration(capsys):
    X, _ = clusters()
    fitted = small(verbose=1).fit(X)
    assert capsys.readouterr().out == (
        f"VariationalGaussianMixture: converged after {fitted.n_iter_} iterations, "
        f"ELBO {fitted.elbo_:.6f}\n"
    )
    fitted.set_params(verbose=2).fit(X)
    assert len(capsys.readouterr().out.splitlines()) == fitted.n_iter_ + 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_components": 0}, "n_components.* must be an int in the range"),
        ({"covariance_type": "cubic"}, "covariance_type.* must be a str among"),
        ({"weight_prior": "beta"}, "weight_prior"),
        ({"prior": "wishart"}, "prior"),
        ({"solver": "newton"}, "solver"),
        ({"tol": -1.0}, "tol"),
        ({"weight_prior": Dirichlet(0.0)}, "concentration must be positive.*got 0.0"),
        ({"weight_prior": PitmanYor(1.0, 1.0)}, "discount must be at least 0 and below 1, got 1.0"),
        ({"prior": NormalWishart(mean=np.zeros(3))}, "mean must be .*shape \\(2,\\)"),
        ({"prior": NormalWishart(mean_precision=0.0)}, "mean_precision must be positive"),
        ({"prior": NormalWishart(degrees_of_freedom=1.0)}, "degrees_of_freedom must be above"),
        ({"prior": NormalWishart(scale_matrix=-np.eye(2))}, "scale_matrix must be symmetric and"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        VariationalGaussianMixture(**options).fit(clusters()[0])


@every_shape
@pytest.mark.parametrize("weight_prior", ["dirichlet", "dirichlet_process"])
def test_scikit_learn_reads_the_parameters_under_its_own_names(covariance_type, weight_prior):
    X, _ = clusters(n_features=1)
    ours = small(covariance_type=covariance_type, weight_prior=weight_prior).fit(X)
    kind = "dirichlet_distribution" if weight_prior == "dirichlet" else "dirichlet_process"
    theirs = BayesianGaussianMixture(
        n_components=3, covariance_type=covariance_type, weight_concentration_prior_type=kind
    )
    for name in (
        "weights", "means", "covariances", "precisions_cholesky", "weight_concentration",
        "mean_precision", "degrees_of_freedom",
    ):  # fmt: skip
        setattr(theirs, f"{name}_", getattr(ours, f"{name}_"))
    if kind == "dirichlet_process":
        success, failure = ours.weight_concentration_
        assert failure.min() == 0.0
        failure = np.where(failure == 0.0, 1e-12, failure)
        theirs.weight_concentration_ = success, failure
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-9)
    assert ours.lower_bound_ == ours.elbo_
    assert ours.lower_bounds_ is ours.elbo_history_


@every_shape
def test_components_are_worth_their_rows_and_those_of_the_prior(covariance_type):
    X, _ = clusters(n_features=2)
    prior = NormalWishart(mean_precision=0.5, degrees_of_freedom=4.0)
    fitted = small(covariance_type=covariance_type, prior=prior, weight_prior=Dirichlet(0.25)).fit(
        X
    )
    counts = fitted.weight_concentration_ - 0.25
    np.testing.assert_allclose(counts.sum(), len(X))
    np.testing.assert_allclose(fitted.mean_precision_, counts + 0.5)
    worth = len(X) + 4.0 if covariance_type == "tied" else counts + 4.0
    np.testing.assert_allclose(fitted.degrees_of_freedom_, worth)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@every_shape
def test_bound_of_overlapping_float32_rows_never_falls(covariance_type):
    rng = np.random.RandomState(2)
    X = rng.standard_normal((6000, 4))
    X[:2000] += 3.0
    mixture = small(4, covariance_type=covariance_type, n_init=1, max_iter=60, tol=1e-9)
    history = np.array(mixture.fit(X.astype(np.float32)).elbo_history_)
    assert np.all(np.diff(history) >= -1e-12 * np.abs(history[1:]))


@pytest.mark.parametrize("unit", [1e-149, 1e-100, 1e61, 1e148])
@pytest.mark.parametrize("n_init", [1, 3])
@every_shape
def test_the_same_optimum_is_found_in_any_units(covariance_type, n_init, unit):
    X, options = clusters(120)[0], {"covariance_type": covariance_type, "tol": 1e-8}
    one, other = (
        VariationalGaussianMixture(5, n_init=n_init, random_state=0, **options).fit(rows)
        for rows in (X, X * unit)
    )
    assert other.elbo_ + X.size * np.log(unit) == pytest.approx(one.elbo_, rel=1e-9)
    np.testing.assert_array_equal(other.predict(X * unit), one.predict(X))


@every_shape
def test_several_starts_of_rows_that_weigh_little(covariance_type):
    X = clusters(60)[0]
    mixture = VariationalGaussianMixture(
        4, covariance_type=covariance_type, n_init=2, random_state=0
    ).fit(X, sample_weight=np.full(60, 1e-3))
    assert np.isfinite(mixture.elbo_)
    assert mixture.weights_.sum() == pytest.approx(1.0)
