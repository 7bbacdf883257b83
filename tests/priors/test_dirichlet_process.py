"""The Dirichlet process prior of weights."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.priors.dirichlet_process import DirichletProcess


@pytest.mark.parametrize(("given", "used"), [(None, 1.0), (2.5, 2.5)])
def test_sticks_are_those_of_a_truncated_process(given, used):
    sticks = DirichletProcess(given).weight_distribution(4)
    np.testing.assert_array_equal(sticks.success, np.ones(4))
    np.testing.assert_array_equal(sticks.failure, [used, used, used, 0.0])


def test_expected_weights_fall_geometrically():
    expected = DirichletProcess(3.0).weight_distribution(4).expected_weights()
    ratio = 3.0 / 4.0
    np.testing.assert_allclose(expected, [0.25, 0.25 * ratio, 0.25 * ratio**2, ratio**3])


@pytest.mark.parametrize("value", [0.0, -2.0, np.inf])
def test_bad_concentration_is_named(value):
    with pytest.raises(ValueError, match="DirichletProcess: concentration must be positive"):
        DirichletProcess(value).weight_distribution(2)
