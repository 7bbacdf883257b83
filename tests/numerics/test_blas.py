"""BLAS calls against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.numerics.blas import add_gram


@pytest.mark.parametrize(("n_rows", "width"), [(1, 1), (5, 3), (3, 5), (200, 37)])
def test_add_gram(n_rows, width):
    rng = np.random.default_rng(0)
    rows, before = rng.normal(size=(n_rows, width)), rng.normal(size=(width, width))
    after = before.copy()
    add_gram(rows, after)
    lower = np.tril_indices(width)
    np.testing.assert_allclose(after[lower], (before + rows.T @ rows)[lower], rtol=1e-13)
    upper = np.triu_indices(width, 1)
    np.testing.assert_array_equal(after[upper], before[upper])
