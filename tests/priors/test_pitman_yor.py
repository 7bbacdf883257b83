"""The Pitman-Yor prior of weights."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.priors.dirichlet_process import DirichletProcess
from skvi.priors.pitman_yor import PitmanYor


def test_sticks_are_those_of_a_truncated_process():
    sticks = PitmanYor(2.0, 0.3).weight_distribution(4)
    np.testing.assert_allclose(sticks.success, np.full(4, 0.7))
    np.testing.assert_allclose(sticks.failure, [2.3, 2.6, 2.9, 0.0])


def test_without_discount_it_is_a_dirichlet_process():
    pairs = zip(
        PitmanYor(1.7, 0.0).weight_distribution(5),
        DirichletProcess(1.7).weight_distribution(5),
        strict=True,
    )
    for ours, theirs in pairs:
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("value", [-0.1, 1.0, np.nan, [0.1, 0.2], None])
def test_bad_discount_is_named(value):
    with pytest.raises(ValueError, match="PitmanYor: discount must be"):
        PitmanYor(1.0, value).weight_distribution(2)


def test_bad_concentration_is_named():
    with pytest.raises(ValueError, match="PitmanYor: concentration must be positive"):
        PitmanYor(-1.0).weight_distribution(2)
