"""From site to posterior: the formulas with explicit inverses, and what a learned scale must be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from skvi.likelihoods import Gaussian, Poisson
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.linear_predictor.prior import matrix_of
from skvi.models.linear_predictor.scale import scale_factor
from skvi.models.linear_predictor.site import Site
from skvi.models.linear_predictor.solve import divergence_terms, noise_precision, solve, spreads_at
from skvi.priors import Flat, Normal, Ridge
from tests.models.linear_predictor.problems import blocks_of, poisson_problem

COVARIANCE = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 0.7]])
PRIORS = {
    "ridge": Ridge(2.0),
    "normal": Normal([0.5, -1.0, 2.0], COVARIANCE),
    "flat": Flat(),
}


def resolved(weights, likelihood=None, intercept=True, n_columns=3):
    likelihood = likelihood or Poisson()
    X, y, sample_weight = poisson_problem(60, n_columns)
    model = LinearPredictorModel(likelihood, weights, intercept, n_features=n_columns)
    return model.prior(model.facts(blocks_of(likelihood, X, y, sample_weight)))


def random_site(size, seed=0, n_parameters=0):
    rng = np.random.RandomState(seed)
    factor = rng.standard_normal((2 * size, size))
    inner = rng.standard_normal((n_parameters + 1, n_parameters))
    return Site(
        np.asarray(-3.0),
        rng.standard_normal(size),
        factor.T @ factor,
        rng.standard_normal(n_parameters),
        inner.T @ inner + np.eye(n_parameters),
    )


@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("name", PRIORS)
def test_the_posterior_by_explicit_inverses(name, intercept):
    prior = resolved(PRIORS[name], intercept=intercept)
    site = random_site(len(prior.active))
    posterior = solve(prior, site, Poisson())
    alpha = {"ridge": 2.0, "normal": 1.0, "flat": 0.0}[name]
    own = matrix_of(prior.fixed) + alpha * matrix_of(prior.scaled)
    covariance = np.linalg.inv(own + site.precision)
    np.testing.assert_allclose(posterior.root.T @ posterior.root, covariance, rtol=1e-11)
    mean = covariance @ (own @ prior.mean + site.linear)
    np.testing.assert_allclose(posterior.mean, mean, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(posterior.sds(), np.sqrt(np.diag(covariance)), rtol=1e-11)
    assert np.all(np.triu(posterior.root, 1) == 0.0)


@pytest.mark.parametrize("name", ["ridge", "normal"])
def test_the_divergence_is_that_of_two_normal_distributions(name):
    prior = resolved(PRIORS[name])
    posterior = solve(prior, random_site(4), Poisson())
    alpha = {"ridge": 2.0, "normal": 1.0}[name]
    inverse = np.linalg.inv(matrix_of(prior.fixed) + alpha * matrix_of(prior.scaled))
    covariance = posterior.root.T @ posterior.root
    apart = posterior.mean - prior.mean
    ratio = np.linalg.solve(inverse, covariance)
    divergence = 0.5 * (np.trace(ratio) + apart @ np.linalg.solve(inverse, apart) - 4)
    divergence -= 0.5 * np.linalg.slogdet(ratio)[1]
    terms = divergence_terms(prior, posterior, 1.0)
    np.testing.assert_allclose(terms["coef"], -divergence, rtol=1e-11)
    assert terms["scale"] == 0.0


def test_the_constant_of_a_flat_prior_is_density_one_in_units_of_the_table():
    prior = resolved(Flat(), intercept=False)
    posterior = solve(prior, random_site(3), Poisson())
    covariance = posterior.root.T @ posterior.root / np.outer(prior.units.scale, prior.units.scale)
    entropy = multivariate_normal(cov=covariance).entropy()
    np.testing.assert_allclose(divergence_terms(prior, posterior, 1.0)["coef"], entropy, rtol=1e-11)


@pytest.mark.parametrize("independent", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_a_learned_precision_is_a_fixed_point(seed, independent):
    prior = resolved(Ridge())
    site = random_site(4, seed)
    if independent:
        site = site._replace(precision=np.diag(site.precision).copy())
    posterior = solve(prior, site, Poisson())
    root = np.diag(posterior.root) if independent else posterior.root
    moments = np.outer(posterior.mean, posterior.mean) + root.T @ root
    squares = np.sum(prior.scaled * np.diag(moments))  # about zero; the intercept has no share
    scale = scale_factor(3, squares, prior.location)
    np.testing.assert_allclose(posterior.scale, scale, rtol=1e-9)
    own = np.diag(prior.fixed + scale.precision * prior.scaled)
    precision = np.diag(site.precision) if independent else site.precision
    np.testing.assert_allclose(root.T @ root, np.linalg.inv(own + precision), rtol=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_no_other_precision_or_weights_have_a_larger_bound(seed):
    prior = resolved(Ridge())
    model = LinearPredictorModel(Poisson(), Ridge(), n_features=3)
    site = random_site(4, seed)
    best = solve(prior, site, Poisson())
    top = sum(model.bound(prior, best, site).values())
    rng = np.random.RandomState(seed)
    for step in (1e-3, 1e-2, 0.3):
        moved = best._replace(mean=best.mean + step * rng.standard_normal(4))
        assert sum(model.bound(prior, moved, site).values()) < top
        wider = best._replace(root=best.root * (1.0 + step * rng.standard_normal((4, 1))))
        assert sum(model.bound(prior, wider, site).values()) < top
        squares = np.exp(step) * prior.n_scaled / best.scale.precision
        other = best._replace(scale=scale_factor(prior.n_scaled, squares, prior.location))
        assert sum(model.bound(prior, other, site).values()) < top + 1e-9


def test_a_diagonal_site_solves_as_its_matrix():
    prior, site = resolved(Ridge(2.0)), random_site(4)
    diagonal = site._replace(precision=np.diag(site.precision).copy())
    whole = site._replace(precision=np.diag(np.diag(site.precision)))
    one, other = solve(prior, diagonal, Poisson()), solve(prior, whole, Poisson())
    np.testing.assert_allclose(one.mean, other.mean, rtol=1e-12)
    np.testing.assert_allclose(one.root, np.diag(other.root), rtol=1e-12)
    terms = [divergence_terms(prior, each, 1.0)["coef"] for each in (one, other)]
    np.testing.assert_allclose(*terms, rtol=1e-12)


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_precision_that_is_not_positive_is_an_error(diagonal):
    prior, site = resolved(Ridge(2.0)), random_site(4)
    precision = -1e6 * (np.ones(4) if diagonal else np.eye(4))
    with pytest.raises(np.linalg.LinAlgError):
        solve(prior, site._replace(precision=precision), Poisson())


def test_the_prior_may_be_in_units_of_the_noise():
    likelihood = Gaussian()
    prior = resolved(Ridge(2.0), likelihood)
    assert prior.relative_to_noise
    site = random_site(4, n_parameters=1)
    posterior = solve(prior, site, likelihood)
    noise = noise_precision(prior, likelihood, posterior.parameters)
    assert noise == pytest.approx(np.exp(-2.0 * posterior.parameters[0]))
    own = np.diag(prior.fixed + 2.0 * noise * prior.scaled)
    covariance = np.linalg.inv(own + site.precision)
    np.testing.assert_allclose(posterior.root.T @ posterior.root, covariance, rtol=1e-11)
    assert noise_precision(resolved(Ridge(2.0)), Poisson(), np.empty(0)) == 1.0


def test_hyper_parameters_take_newton_steps_of_bounded_length():
    likelihood = Gaussian()
    prior = resolved(Normal(0.0, 1.0), likelihood)
    known = prior.parameters
    site = random_site(4, n_parameters=1)
    near = site._replace(
        parameter_linear=site.parameter_precision @ known + 0.1, parameter_precision=np.eye(1)
    )
    near = near._replace(parameter_linear=known + 0.1)
    np.testing.assert_allclose(solve(prior, near, likelihood).parameters, known + 0.1, rtol=1e-12)
    downhill = near._replace(parameter_linear=-known + 0.1, parameter_precision=-np.eye(1))
    np.testing.assert_allclose(
        solve(prior, downhill, likelihood).parameters, known + 0.1, rtol=1e-12
    )
    far = near._replace(parameter_linear=known + 100.0)
    np.testing.assert_allclose(solve(prior, far, likelihood).parameters, known + 1.0, rtol=1e-12)


def test_spreads_at_given_means_are_those_in_balance():
    prior = resolved(Ridge())
    site = random_site(4)
    site = site._replace(precision=np.diag(site.precision).copy())
    before = solve(prior, site, Poisson())
    mean = before.mean + 0.5
    posterior = spreads_at(prior, site, Poisson(), before, mean)
    np.testing.assert_array_equal(posterior.mean, mean)
    squares = prior.scaled @ (mean**2 + posterior.root**2)
    np.testing.assert_allclose(
        posterior.scale.precision,
        scale_factor(prior.n_scaled, squares, prior.location).precision,
        rtol=1e-9,
    )
    precision = site.precision + prior.fixed + posterior.scale.precision * prior.scaled
    np.testing.assert_allclose(posterior.root, precision**-0.5, rtol=1e-6)
