"""Tiles hold every row once, and nothing else has weight."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.models.gaussian_mixture.tiles import Tiles


@pytest.mark.parametrize("n_rows", [1, 5, 256, 257, 1000])
def test_every_row_stands_once(n_rows):
    rng = np.random.RandomState(0)
    X, weights = rng.standard_normal((n_rows, 3)), rng.uniform(1.0, 2.0, n_rows)
    tiles = Tiles.of(X, weights)
    rows = tiles.columns.swapaxes(1, 2).reshape(-1, 3)
    flat = tiles.weights.ravel()
    assert tiles.columns.shape[2] <= 256
    np.testing.assert_array_equal(rows[:n_rows], X)
    np.testing.assert_array_equal(flat[:n_rows], weights)
    assert not flat[n_rows:].any()
    assert np.isfinite(rows).all()
