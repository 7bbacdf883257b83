"""The Dirichlet prior of weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from skvi.priors.dirichlet import Dirichlet


def test_default_is_one_over_the_number_of_components():
    np.testing.assert_array_equal(Dirichlet().weight_distribution(4).concentration, [0.25] * 4)


def test_concentration_is_for_each_component():
    np.testing.assert_array_equal(Dirichlet(2).weight_distribution(3).concentration, [2.0] * 3)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf, "one", [1.0, 2.0]])
def test_bad_concentration_is_named(value):
    with pytest.raises(ValueError, match=r"Dirichlet: concentration must be positive and finite"):
        Dirichlet(value).weight_distribution(2)


def test_parameters_can_be_read_set_and_cloned():
    assert clone(Dirichlet(0.3)).get_params() == {"concentration": 0.3}
