"""The reference itself, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_t

from tests.models.gaussian_mixture import reference


@pytest.mark.parametrize("df", [0.5, 3.0, 40.0])
def test_student_density_is_that_of_scipy(df):
    gap, shape = np.array([0.3, -2.0]), np.array([[2.0, 0.5], [0.5, 1.0]])
    exact = multivariate_t.logpdf(gap, np.zeros(2), shape, df)
    assert reference.log_multivariate_t(gap, shape, df) == pytest.approx(exact, rel=1e-12)
