"""Data sets read block by block: arrays, sparse arrays, memory maps and chunks larger than memory.

The cut into blocks depends on the shape of the data alone, never on the number of threads, so that
every sum is taken in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from scipy import sparse

from skvi.inference.protocol import Block

__all__ = ["ArrayBlocks", "BlockGroup", "ChunkBlocks", "rows_per_block"]

_TILE = 256
_VALUES_PER_BLOCK = 1 << 22
_BLOCKS = 16


def rows_per_block(n_rows: int, n_features: int) -> int:
    """Rows in one block, a whole number of tiles of 256.

    A sixteenth of the rows, so that threads share them evenly, within two limits: at least 2048
    rows, so that sums over blocks cost little, and at most four million values or 32768 rows.
    """
    most = min(max(_VALUES_PER_BLOCK // max(n_features, 1) // _TILE, 8), 128)
    wanted = -(-n_rows // (_BLOCKS * _TILE))
    return min(max(wanted, 8), most) * _TILE


class ArrayBlocks:
    """Rows held in memory or in a memory map.

    Parameters
    ----------
    X : ndarray or CSR array of shape (n_rows, n_features)
        float32 or float64.
    y : ndarray of shape (n_rows, n_targets), default=None
        Targets; None for density models.
    weights : ndarray of shape (n_rows,), default=None
        Repetition counts of the rows; None means one each.
    whole : bool, default=False
        Give all rows as one block, for models that need them together.
    """

    def __init__(self, X, y=None, weights=None, *, whole=False):
        self.X = X if sparse.issparse(X) else _read_only(X)
        self.y = None if y is None else _doubles(y)
        self.weights = None if weights is None else _read_only(_doubles(weights))
        self.n_rows, self.n_features = X.shape
        self.n_targets = 0 if y is None else self.y.shape[1]
        self.total_weight = float(self.n_rows if weights is None else self.weights.sum())
        self.longest, self.sparse = self.n_rows, sparse.issparse(X)
        width = -(-X.nnz // max(self.n_rows, 1)) if self.sparse else self.n_features
        self._size = max(self.n_rows, 1) if whole else rows_per_block(self.n_rows, width)
        self._ones = None
        if weights is None:
            self._ones = _read_only(np.ones(min(self._size, self.n_rows)))
        self._views = None

    def __len__(self) -> int:
        return -(-self.n_rows // self._size)

    @property
    def total_square(self) -> float:
        """Sum of the squares of the weights."""
        return float(self.n_rows if self.weights is None else self.weights @ self.weights)

    def __iter__(self) -> Iterator[Block]:
        if self._views is not None:
            return iter(self._views)
        blocks = (self._block(index) for index in range(len(self)))
        if not (sparse.issparse(self.X) or self.X.flags.c_contiguous):
            return blocks
        # Views cost nothing to keep, and a little to make again in every pass.
        self._views = list(blocks)
        return iter(self._views)

    def with_targets(self, change: Callable) -> ArrayBlocks:
        """Give the same rows with other targets: ``change(y)`` in place of ``y``."""
        return ArrayBlocks(self.X, change(self.y), self.weights)

    def whole(self) -> ArrayBlocks:
        """Give the same rows as one block."""
        return ArrayBlocks(self.X, self.y, self.weights, whole=True)

    def groups(self, n_groups: int) -> list[ArrayBlocks]:
        """Give the rows in ``n_groups`` consecutive parts, or fewer if there are fewer rows."""
        size = max(-(-self.n_rows // n_groups), 1)
        return [self._part(slice(low, low + size)) for low in range(0, self.n_rows, size)]

    def batches(self, batch_size: int, rng: np.random.RandomState) -> Iterator[BlockGroup]:
        """One pass over the rows in random order, ``batch_size`` rows at a time."""
        if batch_size >= self.n_rows:
            yield BlockGroup(self)
            return
        order = rng.permutation(self.n_rows)
        for index, low in enumerate(range(0, self.n_rows, batch_size)):
            yield BlockGroup([self._rows(np.sort(order[low : low + batch_size]), index)])

    def _part(self, rows):
        y = None if self.y is None else self.y[rows]
        weights = None if self.weights is None else self.weights[rows]
        return ArrayBlocks(self.X[rows], y, weights)

    def _block(self, index):
        low = index * self._size
        return self._rows(slice(low, min(low + self._size, self.n_rows)), index)

    def _rows(self, rows, index):
        if sparse.issparse(self.X):
            X = _sparse_rows(self.X, rows)
        else:
            X = _read_only(np.ascontiguousarray(self.X[rows]))
        y = None if self.y is None else np.ascontiguousarray(self.y[rows])
        if self.weights is not None:
            return Block(X, y, np.ascontiguousarray(self.weights[rows]), index)
        n_rows = X.shape[0]
        ones = self._ones[:n_rows] if n_rows <= self._ones.shape[0] else np.ones(n_rows)
        return Block(X, y, ones, index)


class ChunkBlocks:
    """Rows that come in chunks, from anything that can be iterated over again and again.

    Parameters
    ----------
    chunks : iterable
        Gives the same chunks, in the same order, on every pass.
    prepare : callable
        Turns one chunk into validated ``(X, y, weights)`` as :class:`ArrayBlocks` takes them.
    """

    def __init__(self, chunks: Iterable, prepare: Callable):
        self._chunks, self._prepare = chunks, prepare
        self.n_rows, self.total_weight, self.n_features, self.n_targets = 0, 0.0, 0, 0
        self.longest, self.total_square, self.sparse = 0, 0.0, False
        for chunk in self._arrays():
            self.n_rows += chunk.n_rows
            self.total_weight += chunk.total_weight
            self.total_square += chunk.total_square
            self.longest = max(self.longest, chunk.n_rows)
            self.sparse |= chunk.sparse
            self.n_features, self.n_targets = chunk.n_features, chunk.n_targets
        if not self.n_rows:
            raise ValueError(
                "X is an iterable of chunks with no rows in it that count; expected at least one."
            )

    def __iter__(self) -> Iterator[Block]:
        blocks = (block for chunk in self._arrays() for block in chunk)
        return (block._replace(index=index) for index, block in enumerate(blocks))

    def with_targets(self, change: Callable) -> ChunkBlocks:
        """Give the same rows with other targets: ``change(y)`` in place of ``y``."""

        def prepare(chunk):
            X, y, weights = self._prepare(chunk)
            return X, change(y), weights

        return ChunkBlocks(self._chunks, prepare)

    def groups(self, n_groups: int) -> _Chunks:
        """Give the chunks: they are the batches that can be revisited, whatever ``n_groups``."""
        return _Chunks(self)

    def batches(self, batch_size: int, rng: np.random.RandomState) -> Iterator[BlockGroup]:
        """One pass over the chunks; rows are in random order within a chunk."""
        for chunk in self._arrays():
            yield from chunk.batches(batch_size, rng)

    def _arrays(self):
        return (ArrayBlocks(*self._prepare(chunk)) for chunk in self._chunks)


class _Chunks:
    """The chunks of a :class:`ChunkBlocks`, read anew on every pass over them."""

    def __init__(self, blocks):
        self._blocks = blocks

    def __iter__(self):
        return self._blocks._arrays()


class BlockGroup:
    """Some blocks of a data set, taken together: a mini-batch or a revisited batch.

    Parameters
    ----------
    blocks : iterable of Block
        Can be iterated over again.
    """

    def __init__(self, blocks: Iterable[Block]):
        self._blocks = blocks

    def __iter__(self) -> Iterator[Block]:
        return iter(self._blocks)

    @property
    def total_weight(self) -> float:
        """Total weight of the rows."""
        return float(sum(block.weights.sum() for block in self))


def _sparse_rows(X, rows):
    """Some rows of a CSR array; consecutive ones share its memory."""
    if not isinstance(rows, slice):
        return X[rows]
    start, stop = X.indptr[rows.start], X.indptr[rows.stop]
    indptr = X.indptr[rows.start : rows.stop + 1] - start
    part = type(X)((rows.stop - rows.start, X.shape[1]), dtype=X.dtype)
    # Given to the constructor, less than half of an array is copied.
    part.data, part.indices, part.indptr = X.data[start:stop], X.indices[start:stop], indptr
    return part


def _doubles(array):
    return np.ascontiguousarray(array, dtype=np.float64)


def _read_only(array):
    """View with the write flag cleared: one compiled signature for every source of rows."""
    view = array.view()
    view.flags.writeable = False
    return view
