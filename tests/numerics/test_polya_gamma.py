"""Draws of Polya-Gamma variables against their moments, and their Laplace transform."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.polya_gamma import polya_gamma_draws


@pytest.mark.parametrize("z", [0.0, 0.3, 1.0, -2.5, 4.0, 12.0, 60.0])
def test_mean_and_laplace_transform(z):
    n = 60_000
    draws = polya_gamma_draws(np.full(n, z), np.random.RandomState(0))
    assert np.all(draws > 0.0)
    mean = 0.25 if z == 0.0 else np.tanh(0.5 * z) / (2.0 * z)
    assert draws.mean() == pytest.approx(mean, abs=4.0 * draws.std() / np.sqrt(n))
    for t in (0.5, 3.0):
        # E exp(-t w) = cosh(z / 2) / cosh(sqrt(z^2 / 4 + t / 2))
        root = np.sqrt(0.25 * z**2 + 0.5 * t)
        exact = np.exp(np.logaddexp(z / 2, -z / 2) - np.logaddexp(root, -root))
        values = np.exp(-t * draws)
        assert values.mean() == pytest.approx(exact, abs=4.0 * values.std() / np.sqrt(n))


def test_a_seed_gives_the_same_draws():
    z = np.linspace(-3.0, 3.0, 20)
    first = polya_gamma_draws(z, np.random.RandomState(1))
    np.testing.assert_array_equal(first, polya_gamma_draws(z, np.random.RandomState(1)))
    assert len(np.unique(first)) == 20
