"""Whatever gives random numbers elsewhere gives them here."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.random_states import as_generator


def test_generators_are_given_back():
    for generator in (np.random.default_rng(0), np.random.RandomState(0)):
        assert as_generator(generator) is generator


def test_seeds_are_those_of_numpy():
    expected = np.random.RandomState(7).uniform(size=3)
    np.testing.assert_array_equal(as_generator(7).uniform(size=3), expected)
    assert as_generator(None).uniform() != as_generator(None).uniform()
    with pytest.raises(ValueError, match="random_state='nonsense' is not allowed"):
        as_generator("nonsense")
