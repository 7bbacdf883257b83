"""Tiles of rows, feature by feature: their length, and what is in them."""

from __future__ import annotations

import pytest

from skvi.numerics.feature_tiles import BLOCK_VECTORS, tile_rows


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("n_lines", [3, 20, 103, 600])
def test_tiles_are_whole_blocks_and_fit_the_cache(n_lines, lanes):
    rows = tile_rows(n_lines, lanes, 8)
    assert rows % (2 * BLOCK_VECTORS * lanes) == 0
    assert rows == 2 * BLOCK_VECTORS * lanes or rows * n_lines * 8 <= 200_000


def test_an_odd_number_of_cache_lines_per_line():
    """Lines at a distance that is a power of two would share a few places in the cache."""
    for n_lines in (3, 20, 103):
        assert tile_rows(n_lines, 8, 8) // (2 * BLOCK_VECTORS * 8) % 2 == 1
