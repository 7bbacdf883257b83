"""Rows into summaries: squared where that keeps their digits, as a square root where not."""

from __future__ import annotations

import numpy as np

from skvi.inference.reading import summarize_all
from skvi.inference.summary import add, total
from skvi.numerics.gram import FEWEST_FLOAT32_ROWS
from skvi.numerics.square_root import SquareRoot
from skvi.tables import check_moments, check_size, check_spreads

__all__ = ["float32_rows", "merged", "read", "read_further"]


def float32_rows(blocks, dtype):
    """How many rows of this dtype are multiplied in single precision.

    Rows of unequal weights count for less, as of a survey: ``(sum w)^2 / sum w^2``.
    """
    if dtype != np.float32 or blocks.sparse or blocks.longest < FEWEST_FLOAT32_ROWS:
        return 0.0
    return blocks.total_weight**2 / blocks.total_square


def read(model, blocks, n_threads):
    """Summary of all rows, which are read a second time where squares lose digits, and the prior.

    Parameters
    ----------
    model : LinearRegressionModel
        Its ``square_root`` is set where that is the summary.
    blocks : ArrayBlocks or ChunkBlocks
    n_threads : int

    Returns
    -------
    summary : Moments or SquareRoot
    prior : Prior
    """
    summary = summarize_all(model, blocks, None, n_threads)
    check_moments(blocks, summary)
    return _sound(model, summary, lambda: summarize_all(model, blocks, None, n_threads))


def read_further(model, known, blocks, n_threads):
    """The same for further rows beside the summary of those before."""
    fresh = summarize_all(model, blocks, None, n_threads)

    def again():
        return _union([known, summarize_all(model, blocks, None, n_threads)])

    return _sound(model, add(known, fresh), again)


def merged(model, summaries):
    """The same for the union of rows that were summarised apart."""
    summary = _union(summaries)
    model.square_root = hasattr(summary, "root")
    return _sound(model, summary, lambda: _union(map(SquareRoot.of, summaries)))


def _union(summaries):
    """Sum of summaries, as a square root where any of them is one."""
    summaries = list(summaries)
    if any(hasattr(summary, "root") for summary in summaries):
        summaries = map(SquareRoot.of, summaries)
    return total(summaries)


def _sound(model, summary, again):
    """Summary and prior; ``again()`` reads the rows anew, for a square root."""
    prior = _prior(model, summary)
    if not model.square_root and model.needs_square_root(prior, summary):
        model.square_root = True
        summary = SquareRoot.of(summary) if model.is_graded(summary) else again()
        prior = _prior(model, summary)
    return summary, prior


def _prior(model, summary):
    """The prior scaled by a summary of rows whose squares are numbers."""
    facts = model.facts(summary)
    check_size("X", summary.mean[: model.n_features])
    check_spreads(facts.design.total_spread, facts.y_spread)
    return model.prior(facts)
