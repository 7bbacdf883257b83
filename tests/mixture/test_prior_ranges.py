"""Priors at the ends of their ranges beside rows at the ends of theirs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from skvi import (
    Dirichlet,
    DirichletProcess,
    NormalWishart,
    PitmanYor,
    VariationalGaussianMixture,
)
from tests.mixture.samples import clusters

WEIGHT_PRIORS = [
    Dirichlet(1e-100), Dirichlet(1e8), DirichletProcess(1e-100), DirichletProcess(1e8),
    PitmanYor(1e-100, 0.999), PitmanYor(1e8, 0.25), PitmanYor(1.0, 1.0 - 1e-16),
]  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 1e140, 1e-140])
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_finite_at_the_ends_of_the_ranges(covariance_type, scale):
    rng = np.random.RandomState(0)
    X, refused = clusters()[0][::20] * scale, 0
    sizes = np.clip(np.array([1e20, 1e-20]) * scale, 1e-150, 1e150)
    for _ in range(12):
        options = {
            "mean": [None, 1e3 * scale][rng.randint(2)],
            "mean_precision": [None, 1e-10, 1e10][rng.randint(3)],
            "degrees_of_freedom": [None, 2.0, 1e6][rng.randint(3)],
            "scale_matrix": [None, *sizes**2][rng.randint(3)],
        }
        estimator = VariationalGaussianMixture(
            3,
            covariance_type=covariance_type,
            prior=NormalWishart(**options),
            weight_prior=WEIGHT_PRIORS[rng.randint(len(WEIGHT_PRIORS))],
            max_iter=4,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            try:
                estimator.fit(X)
            except ValueError as refusal:
                message = str(refusal)
            else:
                message = None
        if message is not None:
            refused += 1
            assert "too many orders of magnitude apart: choose other units" in message
            continue
        fall = np.diff(estimator.elbo_history_)
        assert np.all(fall >= -1e-8 * (1.0 + abs(estimator.elbo_)))
        for values in (
            estimator.elbo_,
            estimator.means_,
            estimator.score_samples(X),
            estimator.predict_proba(X),
            estimator.sample(3)[0],
        ):
            assert np.all(np.isfinite(values))
    assert refused <= 3


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"weight_prior": Dirichlet(1e300)}, r"weight_prior=Dirichlet.*between 1e-100 and 1e\+08"),
        ({"weight_prior": DirichletProcess(1e-300)}, r"weight_prior=.*concentration must be"),
        ({"weight_prior": PitmanYor(1e300)}, r"weight_prior=.*concentration must be"),
        ({"prior": NormalWishart(mean_precision=1e300)}, r"mean_precision must be between 1e-10"),
        ({"prior": NormalWishart(degrees_of_freedom=1e300)}, r"between 0.001 and 1e\+08"),
        ({"prior": NormalWishart(scale_matrix=1e300)}, r"scale_matrix must have a diagonal of"),
        ({"prior": NormalWishart(scale_matrix=1e-300)}, r"variances of the rows, got 1e-300"),
        ({"prior": NormalWishart(mean=1e150)}, r"mean must be within 1e\+06 standard deviations"),
    ],
)
@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_refusals_name_what_is_wrong(covariance_type, changes, named):
    estimator = VariationalGaussianMixture(2, covariance_type=covariance_type, **changes)
    with pytest.raises(ValueError, match=named):
        estimator.fit(clusters()[0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("covariance_type", ["tied", "diag", "spherical"])
def test_components_far_narrower_than_the_rows_never_lower_the_bound(covariance_type, seed):
    # full covariances lose a digit for every power of ten between the axes of a scale matrix
    X = np.random.RandomState(0).standard_normal((300, 3))
    estimator = VariationalGaussianMixture(
        6,
        covariance_type=covariance_type,
        prior=NormalWishart(scale_matrix=1e-20),
        max_iter=60,
        tol=0.0,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        estimator.fit(X)
    bounds = estimator.elbo_history_
    assert np.all(np.diff(bounds) >= -1e-12 * np.abs(bounds[1:]))


@pytest.mark.parametrize("size", [1e-10, 1e-14])
def test_full_covariances_without_digits_left_stop_with_their_best_bound(size):
    X = np.random.RandomState(0).standard_normal((300, 3))
    for seed in range(3):
        estimator = VariationalGaussianMixture(
            6, prior=NormalWishart(scale_matrix=size), max_iter=60, tol=1e-9, random_state=seed
        )
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            estimator.fit(X)
        bounds = estimator.elbo_history_
        assert np.all(np.diff(bounds) >= -1.1e-11 * (1.0 + np.abs(bounds[1:])))
        assert (
            estimator.converged_
            or "only rounding can do" in str(caught[-1].message)
            or ("did not converge" in str(caught[-1].message))
        )


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_matrices_symmetric_to_rounding_are_symmetric(covariance_type):
    X, _ = clusters()
    matrix = np.linalg.inv(X.T @ X)
    assert not np.array_equal(matrix, matrix.T)
    bounds = [
        VariationalGaussianMixture(
            2,
            covariance_type=covariance_type,
            prior=NormalWishart(scale_matrix=scale),
            random_state=0,
        )
        .fit(X)
        .elbo_
        for scale in (matrix, 0.5 * (matrix + matrix.T))
    ]
    assert bounds[0] == bounds[1]
    skew = np.array([[1.0, 0.1], [0.1001, 1.0]])
    with pytest.raises(ValueError, match="symmetric"):
        VariationalGaussianMixture(2, prior=NormalWishart(scale_matrix=skew)).fit(X)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_a_row_that_outweighs_all_others_leaves_them_their_scatter(covariance_type):
    X = np.array([[1.6], [0.1], [0.2]])
    fitted = VariationalGaussianMixture(1, covariance_type=covariance_type)
    fitted.fit(X, sample_weight=[1e-18, 3.0, 1e-18])
    # with the default prior the expected covariance is that of the rows, and what they add to it
    variance = np.sum([1e-18 * 1.5**2, 1e-18 * 0.1**2]) / 3.0
    # Psi = (1 + 3) variance, nu = 3 + 3
    assert fitted.covariances_.item() == pytest.approx(variance * 4.0 / 6.0, rel=1e-9)


@pytest.mark.parametrize("name", ["mean", "mean_precision", "degrees_of_freedom", "scale_matrix"])
@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_errors_name_the_parameter_that_holds_the_prior(name, value):
    estimator = VariationalGaussianMixture(2, prior=NormalWishart(**{name: value}))
    with pytest.raises(ValueError, match=f"prior=NormalWishart.*{name} must be"):
        estimator.fit(clusters()[0][::20])
