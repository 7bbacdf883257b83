"""Logarithms of sums against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp

from skvi.numerics.log_sum import log_sum


@pytest.mark.parametrize("shape", [(1, 5), (4, 3), (7,), (3, 2, 4)])
@pytest.mark.parametrize("size", [1.0, 1e3, 1e200])
def test_log_sums(shape, size):
    values = size * np.random.RandomState(0).standard_normal(shape)
    np.testing.assert_allclose(log_sum(values), logsumexp(values, axis=0), rtol=1e-14)
    values[:1] = -np.inf
    if shape[0] > 1:
        np.testing.assert_allclose(log_sum(values), logsumexp(values, axis=0), rtol=1e-14)
