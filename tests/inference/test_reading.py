"""One reading of the rows gives the sum over blocks, in their order, whoever adds them up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.reading import summarize_all


class Order(NamedTuple):
    """Sums, and which rows came in which order."""

    total: np.ndarray
    trace: np.ndarray

    def merged(self, other):
        return Order(self.total + other.total, np.concatenate([self.trace, other.trace]))


class Summing:
    def summarize(self, block, posterior):
        if posterior is not None and block.index == posterior:
            raise RuntimeError("a bad block")
        return Order(block.weights @ block.X, np.array([block.index]))


@pytest.fixture
def blocks():
    rng = np.random.RandomState(0)
    return ArrayBlocks(rng.standard_normal((40_000, 3)), None, rng.uniform(0.5, 2.0, 40_000))


@pytest.mark.parametrize("n_threads", [1, 2, 5])
def test_blocks_are_added_in_order(blocks, n_threads):
    summary = summarize_all(Summing(), blocks, None, n_threads)
    assert len(blocks) > 5
    np.testing.assert_array_equal(summary.trace, np.arange(len(blocks)))
    np.testing.assert_allclose(summary.total, blocks.weights @ blocks.X, rtol=1e-11)
    np.testing.assert_array_equal(summary.total, summarize_all(Summing(), blocks, None).total)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_an_error_in_a_block_comes_through(blocks, n_threads):
    with pytest.raises(RuntimeError, match="a bad block"):
        summarize_all(Summing(), blocks, 3, n_threads)


@pytest.mark.parametrize(("n_threads", "times"), [(1, 0), (2, 1)])
def test_threads_are_prepared_for_once(blocks, n_threads, times):
    calls = []

    class Prepared(Summing):
        def prepare(self, posterior):
            calls.append(posterior)

    summarize_all(Prepared(), blocks, None, n_threads)
    assert calls == [None] * times


def test_a_summary_in_another_form_is_settled(blocks):
    class Part(NamedTuple):
        value: float

        def merged(self, other):
            return Part(self.value + other.value)

        def settled(self):
            return ("settled", self.value)

    class Settling:
        def summarize(self, block, posterior):
            return Part(1.0)

    assert summarize_all(Settling(), blocks, None) == ("settled", float(len(blocks)))
    assert summarize_all(Settling(), blocks, None, 2) == ("settled", float(len(blocks)))
