"""One reading of the rows: the summary of all blocks at one posterior."""

from __future__ import annotations

from contextlib import closing
from functools import partial

from skvi.inference.summary import total
from skvi.inference.threads import ordered_map

__all__ = ["summarize_all"]


def summarize_all(model, blocks, posterior, n_threads: int = 1):
    """Summary of all blocks at one posterior, added in the order of the blocks."""
    if n_threads <= 1:
        return total(model.summarize(block, posterior) for block in blocks)
    if hasattr(model, "prepare"):
        model.prepare(posterior)  # once, before threads wait for one another
    work = ordered_map(partial(model.summarize, posterior=posterior), blocks, n_threads)
    with closing(work) as summaries:  # whatever happens, threads and BLAS are let go
        return total(summaries)
