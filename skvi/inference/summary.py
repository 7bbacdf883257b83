"""Summary arithmetic: summaries of disjoint rows add, and a summary can be scaled.

A summary is a NamedTuple of arrays. Plain totals add field by field. A summary kept in another
form (means and centred scatter, a square root) defines ``merged(other)`` and ``scaled(factor)``
and is combined through them. Parts may be of a kind that is quicker to add up: it defines
``merged`` and ``settled()``, which gives the summary that they stand for.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

__all__ = ["add", "blend", "n_numbers", "scale", "subtract", "total"]


def add(first, second):
    """Summary of the union of two disjoint sets of rows."""
    if hasattr(first, "merged"):
        return first.merged(second)
    return type(first)(*(a + b for a, b in zip(first, second, strict=True)))


def scale(summary, factor):
    """Summary of the same rows, each counted ``factor`` times."""
    if hasattr(summary, "scaled"):
        return summary.scaled(factor)
    return type(summary)(*(field * factor for field in summary))


def subtract(whole, part):
    """Summary of the rows of ``whole`` that are not in ``part``."""
    return add(whole, scale(part, -1.0))


def blend(summary, estimate, step):
    """Move a fraction ``step`` from ``summary`` towards ``estimate``: a natural-gradient step."""
    if step == 1.0:
        return estimate
    return add(scale(summary, 1.0 - step), scale(estimate, step))


def n_numbers(summary):
    """How many numbers a summary holds, in tuples within tuples."""
    if isinstance(summary, tuple):
        return sum(map(n_numbers, summary))
    return np.size(summary)


def total(summaries):
    """Sum of an iterable of summaries, in the order given, in its settled form."""
    whole = reduce(add, summaries)
    return whole.settled() if hasattr(whole, "settled") else whole
