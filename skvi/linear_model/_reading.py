"""Rows into summaries: squared where that keeps their digits, as a square root where not."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from skvi.inference.coordinate import summarize_all
from skvi.inference.summary import add, total
from skvi.numerics.square_root import SquareRoot
from skvi.tables import check_moments, check_size, check_spreads

__all__ = ["are_float32", "merged", "read", "read_further"]

# Blocks of fewer rows are multiplied in double precision.
_FEWEST_FLOAT32_ROWS = 2048


def are_float32(blocks, dtype):
    """Whether rows of this dtype are multiplied in single precision."""
    is_sparse = sparse.issparse(getattr(blocks, "X", None))
    return dtype == np.float32 and not is_sparse and blocks.n_rows >= _FEWEST_FLOAT32_ROWS


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
    """Summary and prior; ``again()`` gives the summary anew, as a square root."""
    prior = _prior(model, summary)
    if not model.square_root and model.needs_square_root(prior, summary):
        model.square_root = True
        summary = again()
        prior = _prior(model, summary)
    return summary, prior


def _prior(model, summary):
    """The prior scaled by a summary of rows whose squares are numbers."""
    facts = model.facts(summary)
    check_size("X", summary.mean[: model.n_features])
    check_spreads(facts.design.total_spread, facts.y_spread)
    return model.prior(facts)
