"""Blocks give every row exactly once, in a fixed order, whatever they are made from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.blocks import ArrayBlocks, ChunkBlocks, rows_per_block


@pytest.fixture
def table():
    rng = np.random.RandomState(0)
    n = 2 * 2048 + 17
    return rng.normal(size=(n, 3)), rng.normal(size=(n, 1)), rng.uniform(0.1, 2.0, size=n)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_array_blocks_cover_the_rows_in_order(table, order, dtype):
    X, y, w = table
    blocks = list(ArrayBlocks(np.asarray(X, dtype=dtype, order=order), y, w))
    assert len(blocks) == 3
    np.testing.assert_array_equal(np.concatenate([b.X for b in blocks]), X.astype(dtype))
    np.testing.assert_array_equal(np.concatenate([b.y for b in blocks]), y)
    np.testing.assert_array_equal(np.concatenate([b.weights for b in blocks]), w)
    assert [b.index for b in blocks] == [0, 1, 2]
    assert all(b.X.flags.c_contiguous and not b.X.flags.writeable for b in blocks)


@pytest.mark.parametrize("order", ["C", "F"])
def test_views_are_kept_between_passes_and_copies_are_not(table, order):
    X, y, w = table
    blocks = ArrayBlocks(np.asarray(X, order=order), y, w)
    first, again = (list(blocks) for _ in range(2))
    assert all(a is b for a, b in zip(first, again, strict=True)) == (order == "C")
    assert any(np.shares_memory(a.X, b.X) for a, b in zip(first, again, strict=True)) == (
        order == "C"
    )
    assert w.flags.writeable
    assert not any(block.weights.flags.writeable for block in first)


def test_missing_weights_are_ones(table):
    assert all(np.all(b.weights == 1.0) for b in ArrayBlocks(table[0]))


def test_memory_map_and_sparse(table, tmp_path):
    X = table[0]
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(np.concatenate([b.X for b in ArrayBlocks(mapped)]), X)
    rows = sparse.csr_array(X)
    stacked = sparse.vstack([b.X for b in ArrayBlocks(rows)])
    np.testing.assert_array_equal(stacked.toarray(), X)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_blocks_of_sparse_rows_share_their_memory(table, kind):
    X, y, w = table
    X = X * (np.random.RandomState(1).uniform(size=X.shape) < 0.5)
    X[5:9] = 0.0
    rows = kind(X)
    blocks = list(ArrayBlocks(rows, y, w))
    assert len(blocks) == 3
    low = 0
    for block in blocks:
        part = slice(low, low + block.X.shape[0])
        assert type(block.X) is kind
        assert np.shares_memory(block.X.data, rows.data)
        assert np.shares_memory(block.X.indices, rows.indices)
        expected = rows[part]
        np.testing.assert_array_equal(block.X.toarray(), X[part])
        for name in ("data", "indices", "indptr"):
            np.testing.assert_array_equal(getattr(block.X, name), getattr(expected, name))
        low = part.stop
    assert low == len(X)


def test_random_batches_of_sparse_rows(table):
    X, y, w = table
    X = X * (np.random.RandomState(1).uniform(size=X.shape) < 0.5)
    blocks = ArrayBlocks(sparse.csr_array(X), y, w)
    batches = [b for batch in blocks.batches(1000, np.random.RandomState(0)) for b in batch]
    found = np.concatenate([np.column_stack([b.X.toarray(), b.y]) for b in batches])
    rows = np.column_stack([X, y])
    np.testing.assert_array_equal(found[np.argsort(found[:, -1])], rows[np.argsort(y[:, 0])])


def test_the_same_rows_with_other_targets(table):
    X, y, w = table
    blocks = ArrayBlocks(X, y, w)
    other = blocks.with_targets(lambda y: np.column_stack([y, 2.0 * y]))
    assert other.n_targets == 2
    assert np.shares_memory(other.X, X)
    np.testing.assert_array_equal(np.concatenate([b.y for b in other])[:, 1:], 2.0 * y)
    np.testing.assert_array_equal(np.concatenate([b.weights for b in other]), w)
    assert blocks.n_targets == 1
    cuts = [slice(0, 10), slice(10, None)]
    chunks = ChunkBlocks([(X[c], y[c], w[c]) for c in cuts], lambda chunk: chunk)
    for _ in range(2):
        changed = chunks.with_targets(lambda y: y + 1.0)
        np.testing.assert_array_equal(np.concatenate([b.y for b in changed]), y + 1.0)
        np.testing.assert_array_equal(np.concatenate([b.X for b in changed]), X)


def test_groups_and_batches_partition_the_rows(table):
    X, y, w = table
    blocks = ArrayBlocks(X, y, w)
    groups = [np.concatenate([b.X for b in g]) for g in blocks.groups(5)]
    np.testing.assert_array_equal(np.concatenate(groups), X)
    batches = list(blocks.batches(1000, np.random.RandomState(0)))
    rows = np.concatenate([b.X for batch in batches for b in batch])
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(X, axis=0))
    assert sum(batch.total_weight for batch in batches) == pytest.approx(w.sum())


def test_whole_is_one_block(table):
    (block,) = ArrayBlocks(*table).whole()
    np.testing.assert_array_equal(block.X, table[0])


def test_chunks_are_read_on_every_pass(table):
    X, y, w = table
    cuts = [slice(0, 10), slice(10, 5000), slice(5000, None)]
    chunks = ChunkBlocks([(X[c], y[c], w[c]) for c in cuts], lambda chunk: chunk)
    for _ in range(2):
        blocks = list(chunks)
        np.testing.assert_array_equal(np.concatenate([b.X for b in blocks]), X)
        assert [b.index for b in blocks] == list(range(len(blocks)))
    assert (chunks.n_rows, chunks.n_features, chunks.n_targets) == (len(X), 3, 1)
    assert chunks.total_weight == pytest.approx(w.sum())
    assert sum(g.n_rows for g in chunks.groups(99)) == len(X)


def test_no_chunks_at_all_is_an_error():
    with pytest.raises(ValueError, match="no rows"):
        ChunkBlocks([], lambda chunk: chunk)


@pytest.mark.parametrize("n_features", [1, 7, 50, 500, 5000, 10**6])
@pytest.mark.parametrize("n_rows", [0, 1, 5000, 10**5, 10**7])
def test_block_sizes_are_whole_tiles(n_rows, n_features):
    rows = rows_per_block(n_rows, n_features)
    assert rows % 256 == 0
    assert 2048 <= rows <= 32768
    assert rows == 2048 or rows * n_features <= 1 << 22
