"""The factor of a learned precision against adaptive quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from skvi.models.linear_predictor.scale import precision_variance, scale_factor


def log_joint(u, n_weights, squares, location):
    distance = abs(u - location)
    prior = -distance - 2.0 * np.log1p(np.exp(-distance))
    return 0.5 * n_weights * u - 0.5 * squares * np.exp(u) + prior, prior


def by_quadrature(n_weights, squares, location):
    """Means of alpha, log alpha and 1 / alpha, and the divergence from the prior."""
    grid = np.linspace(location - 60.0, np.log((n_weights + 100.0) / squares) + 5.0, 20001)
    logs = np.array([log_joint(u, n_weights, squares, location)[0] for u in grid])
    top, inside = logs.max(), grid[logs > logs.max() - 60.0]
    edges = np.linspace(inside[0], inside[-1], 41)

    def integral(function):
        def density(u):
            log, prior = log_joint(u, n_weights, squares, location)
            return np.exp(log - top) * function(u, log - prior)

        return sum(quad(density, a, b, epsabs=0.0, epsrel=1e-12, limit=200)[0]
                   for a, b in zip(edges[:-1], edges[1:], strict=True))  # fmt: skip

    total = integral(lambda u, _: 1.0)
    likelihood = integral(lambda _, value: value) / total
    return (
        integral(lambda u, _: np.exp(u)) / total,
        integral(lambda u, _: u) / total,
        likelihood - np.log(total) - top,
        integral(lambda u, _: np.exp(-u)) / total,
    )


@pytest.mark.parametrize("location", [-3.0, 0.0, 8.0])
@pytest.mark.parametrize("squares", [1e-6, 1e-2, 1.0, 30.0, 1e6])
@pytest.mark.parametrize("n_weights", [1, 2, 3, 10, 1000])
def test_moments_and_divergence(n_weights, squares, location):
    actual = scale_factor(n_weights, squares, location)
    expected = by_quadrature(n_weights, squares, location)
    values = actual.precision, actual.log_precision, actual.divergence
    np.testing.assert_allclose(values, expected[:3], rtol=1e-9, atol=1e-9)
    # Of one weight the mean of the inverse has a long tail, cut where the factor is negligible.
    np.testing.assert_allclose(actual.variance, expected[3], rtol=3e-6 if n_weights == 1 else 1e-8)


@pytest.mark.parametrize("n_weights", [1, 4, 50])
def test_units_are_arbitrary(n_weights):
    one, other = scale_factor(n_weights, 3.0, 0.5), scale_factor(n_weights, 3e4, 0.5 - np.log(1e4))
    np.testing.assert_allclose(1e4 * other.precision, one.precision, rtol=1e-12)
    np.testing.assert_allclose(other.log_precision + np.log(1e4), one.log_precision, rtol=1e-11)
    np.testing.assert_allclose(1e-4 * other.variance, one.variance, rtol=1e-12)


@pytest.mark.parametrize("unit", [1e-150, 1.0, 1e150])
def test_the_variance_of_the_precision_is_that_of_a_gamma_law_with_a_prior(unit):
    """By a fine grid over the logarithm of the precision."""
    u = np.linspace(-12.0, 12.0, 20001)
    log_density = (
        3.0 * u - 2.0 * np.exp(u) - np.abs(u - 0.5) - 2.0 * np.log1p(np.exp(-abs(u - 0.5)))
    )
    shares = np.exp(log_density - log_density.max())
    shares /= shares.sum()
    mean = shares @ np.exp(u)
    expected = shares @ np.exp(2.0 * u) / mean**2 - 1.0
    found = precision_variance(6, 4.0 * unit, 0.5 - np.log(unit))
    assert found == pytest.approx(expected, rel=1e-5)
