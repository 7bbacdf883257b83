"""Predictive densities against quadrature, one-row evidence and Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import logsumexp

from skvi.inference.blocks import ArrayBlocks
from skvi.models.gaussian_mixture import (
    GaussianMixtureModel,
    log_predictive_density,
    log_probabilities,
    sample,
)
from skvi.priors.normal_wishart import NormalWishart
from tests.models.gaussian_mixture import reference
from tests.models.gaussian_mixture.small import clusters, fitted


def test_density_integrates_to_one_in_one_dimension(structure, weight_prior):
    X = clusters(30, 1)
    posterior = fitted(X, 3, structure, weight_prior=weight_prior)[2]

    def density(u):
        rows = np.array([[np.sinh(u) * 0.1 + 10.0]])
        return np.exp(log_predictive_density(rows, posterior, structure)[0]) * np.cosh(u) * 0.1

    total = quad(density, -20.0, 20.0, limit=400, points=[-3.0, 0.0, 3.0])[0]
    assert total == pytest.approx(1.0, abs=1e-7)


def test_density_integrates_to_one_in_two_dimensions(structure):
    X = clusters(60, 2, distance=1.0)
    posterior = fitted(X, 2, structure)[2]
    step = 0.02
    u = np.arange(-11.0, 11.0, step)
    axes = [np.sinh(u) * scale + center for scale, center in ((0.3, 10.0), (1.5, 10.0))]
    jacobian = 0.3 * 1.5 * np.cosh(u)[:, None] * np.cosh(u)
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    log_density = log_predictive_density(grid, posterior, structure).reshape(jacobian.shape)
    total = np.sum(np.exp(log_density) * jacobian) * step**2
    # Outside of the grid: tails of a Student-t with more than 20 degrees of freedom.
    assert total == pytest.approx(1.0, abs=1e-6)


def test_density_of_one_component_is_a_ratio_of_evidences(structure):
    X = clusters(15, 3)
    new = clusters(4, 3, seed=9)
    model, prior, posterior, _ = fitted(X, 1, structure, laps=1)
    plain = reference.plain_prior(prior, structure)

    def evidence(rows):
        return reference.log_marginal(rows, np.zeros(len(rows), dtype=int), 1, plain, structure)

    exact = [evidence(np.vstack([X, row])) - evidence(X) for row in new]
    computed = log_predictive_density(new, posterior, structure)
    np.testing.assert_allclose(computed, exact, rtol=1e-10)


def test_tied_components_share_what_they_know():
    X = np.vstack([clusters(12, 2, 1, seed=4), clusters(13, 2, 1, seed=5) + 200.0])
    _, prior, posterior, summary = fitted(X, 2, "tied", laps=20)
    labels = np.exp(log_probabilities(X, posterior, "tied")).argmax(axis=1)
    assert summary.entropy < 1e-6
    plain = reference.plain_prior(prior, "tied")
    new = X.mean(axis=0)
    share = posterior.weights.distribution.expected_value()
    base = reference.log_marginal(X, labels, 2, plain, "tied")
    parts = [
        reference.log_marginal(np.vstack([X, new]), np.append(labels, k), 2, plain, "tied") - base
        for k in range(2)
    ]
    computed = log_predictive_density(new[None], posterior, "tied")[0]
    assert computed == pytest.approx(logsumexp(parts, b=share), rel=1e-6)


def test_probabilities_are_the_responsibilities_of_the_next_lap(structure, weight_prior):
    X = clusters(40, 2, distance=1.0)
    model, prior, posterior, _ = fitted(X, 3, structure, weight_prior=weight_prior)
    r = np.exp(log_probabilities(X, posterior, structure))
    np.testing.assert_allclose(r.sum(axis=1), 1.0, rtol=1e-12)
    summary = model.summarize(next(iter(ArrayBlocks(X))), posterior)
    np.testing.assert_allclose(r.sum(axis=0), summary.moments.weight, rtol=1e-9)


def test_draws_have_the_moments_of_the_density(structure):
    X = clusters(400, 2, seed=2)
    posterior = fitted(X, 3, structure, laps=30)[2]
    n_draws = 40000
    draws, labels = sample(n_draws, posterior, structure, np.random.RandomState(0))
    assert draws.shape == (n_draws, 2)
    assert labels.shape == (n_draws,)
    again, _ = sample(n_draws, posterior, structure, np.random.RandomState(0))
    np.testing.assert_array_equal(draws, again)
    # With 400 rows the prior hardly matters: the draws look like the rows, within four errors.
    error = 4.0 * X.std(axis=0) * np.sqrt(1.0 / n_draws + 1.0 / 400)
    np.testing.assert_array_less(np.abs(draws.mean(axis=0) - X.mean(axis=0)), error)


def test_draws_follow_the_density(structure):
    X = clusters(12, 1)
    posterior = fitted(X, 2, structure)[2]
    n_draws = 40000
    draws, _ = sample(n_draws, posterior, structure, np.random.RandomState(3))
    edges = np.quantile(X, [0.0, 0.3, 0.6, 1.0])

    def density(x):
        return np.exp(log_predictive_density(np.array([[x]]), posterior, structure)[0])

    for low, high in zip(edges[:-1], edges[1:], strict=True):
        exact = quad(density, low, high, limit=200)[0]
        found = np.mean((draws > low) & (draws <= high))
        assert abs(found - exact) < 4.0 * np.sqrt(exact * (1.0 - exact) / n_draws)


def test_draws_have_the_covariance_of_the_student_t(structure):
    X = clusters(30, 2, 1, seed=6)
    model = GaussianMixtureModel(1, 2, structure, NormalWishart(degrees_of_freedom=12.0))
    blocks = ArrayBlocks(X)
    prior = model.prior(model.facts(blocks))
    posterior = model.update(prior, model.start(blocks, np.random.RandomState(0)))
    n_draws = 60000
    draws, _ = sample(n_draws, posterior, structure, np.random.RandomState(0))
    distribution = posterior.components.distribution
    if structure in ("full", "tied"):
        _, beta, nu, scale = distribution
        scale = scale.reshape(2, 2) * (1.0 + 1.0 / beta[0])
        exact = scale / (np.ravel(nu)[0] - 3.0)
    else:
        _, beta, shape, rate = distribution
        exact = np.diag(np.broadcast_to((1 + 1 / beta[0]) * rate[0] / (shape[0] - 1.0), (2,)))
    size = np.sqrt(np.outer(exact.diagonal(), exact.diagonal()))
    # Kurtosis below 3.3: a relative error of about sqrt(2.3 / n), allowed four times.
    np.testing.assert_array_less(np.abs(np.cov(draws.T) - exact) / size, 4 * np.sqrt(2.3 / n_draws))
