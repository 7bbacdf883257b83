"""Integrals of functions with next to nothing between their modes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from skvi.numerics.quadrature import IntegrationError, integrate_log_density
from skvi.numerics.separated_modes import integrate_separated_modes

GRID = np.arange(-120.0, 120.0, 0.25)


def bells(centres, widths, masses):
    """Log density of a mixture of normal distributions, its total mass, mean and variance."""
    centres, widths, masses = np.array(centres), np.array(widths), np.array(masses)

    def log_density(position):
        standardised = (position[:, None] - centres) / widths
        terms = np.log(masses / widths) - 0.5 * standardised**2 - 0.5 * np.log(2.0 * np.pi)
        return logsumexp(terms, axis=1)

    share = masses / masses.sum()
    mean = share @ centres
    return log_density, masses.sum(), mean, share @ (widths**2 + (centres - mean) ** 2)


@pytest.mark.parametrize("widths", [(1.0, 1.0, 1.0), (0.1, 3.0, 0.3), (5.0, 0.05, 1.0)])
@pytest.mark.parametrize("masses", [(1.0, 1.0, 1.0), (1e-6, 1.0, 1e-3), (1.0, 1e-9, 1e200)])
@pytest.mark.parametrize("centres", [(-90.0, 0.0, 90.0), (-3.0, 40.1, 44.0), (0.0, 1.0, 2.0)])
def test_normal_mixtures(centres, masses, widths):
    log_density, total, mean, variance = bells(centres, widths, masses)
    nodes = integrate_separated_modes(log_density, GRID)
    assert nodes.log_normalizer == pytest.approx(np.log(total), abs=1e-10)
    assert nodes.weight.sum() == pytest.approx(1.0, abs=1e-12)
    assert nodes.mean(nodes.position) == pytest.approx(mean, abs=1e-7)
    assert nodes.mean((nodes.position - mean) ** 2) == pytest.approx(variance, rel=1e-7)
    assert np.all(np.diff(nodes.position) > 0.0)


def test_one_search_misses_a_mode_that_the_grid_finds():
    log_density, total, *_ = bells((-90.0, 0.0), (0.3, 1.0), (1e3, 1.0))
    assert integrate_log_density(log_density).log_normalizer == pytest.approx(0.0, abs=1e-9)
    found = integrate_separated_modes(log_density, GRID).log_normalizer
    assert found == pytest.approx(np.log(total), abs=1e-9)


def test_beyond_the_grid_and_nowhere():
    log_density, total, mean, _ = bells((500.0,), (2.0,), (3.0,))
    nodes = integrate_separated_modes(log_density, GRID)
    assert nodes.log_normalizer == pytest.approx(np.log(total), abs=1e-9)
    assert nodes.mean(nodes.position) == pytest.approx(mean)
    with pytest.raises(IntegrationError, match="log_density"):
        integrate_separated_modes(lambda u: np.full(u.shape, -np.inf), GRID)
    with pytest.raises(IntegrationError, match="infinite"):
        integrate_separated_modes(lambda u: np.where(u == 5.0, np.inf, -u * u), GRID)
