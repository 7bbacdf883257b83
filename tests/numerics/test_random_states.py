"""Whatever gives random numbers elsewhere gives them here."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.random_states import as_generator, poisson_draws


def test_generators_are_given_back():
    for generator in (np.random.default_rng(0), np.random.RandomState(0)):
        assert as_generator(generator) is generator


def test_seeds_are_those_of_numpy():
    expected = np.random.RandomState(7).uniform(size=3)
    np.testing.assert_array_equal(as_generator(7).uniform(size=3), expected)
    assert as_generator(None).uniform() != as_generator(None).uniform()
    with pytest.raises(ValueError, match="random_state='nonsense' is not allowed"):
        as_generator("nonsense")


@pytest.mark.parametrize("generator", [np.random.RandomState(0), np.random.default_rng(0)])
def test_poisson_numbers_of_any_rate(generator):
    rate = np.array([0.0, 3.0, 1e14, 1e17, 1e300, np.inf])
    drawn = poisson_draws(rate, (4000, 6), generator)
    assert np.all(drawn[:, 0] == 0.0)
    assert np.all(drawn[:, 5] == np.inf)
    some = slice(1, 4)
    z = (drawn[:, some].mean(axis=0) - rate[some]) / np.sqrt(rate[some] / 4000)
    assert np.all(np.abs(z) < 4.0)
    spread = np.std(drawn[:, some], axis=0) / np.sqrt(rate[some])
    np.testing.assert_allclose(spread, 1.0, atol=0.05)
    np.testing.assert_allclose(drawn[:, 4], 1e300, rtol=1e-12)
    same = [poisson_draws(np.array([3.0]), 5, np.random.RandomState(1)) for _ in range(2)]
    np.testing.assert_array_equal(*same)
