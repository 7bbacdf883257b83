"""The five verbs of a model, and the words that pass between them.

A model turns a block of rows into an additive summary and a summary into a posterior. A trainer
(``coordinate``, ``stochastic``, ``memoized``, streaming) only decides how summaries are combined:
it knows no model, and a model knows no step size.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np

__all__ = ["Block", "Blocks", "Model", "Summary", "Posterior", "Prior"]

Prior = Any
"""An immutable NamedTuple of float64 arrays: the prior in the units the model works in."""

Summary = Any
"""An immutable NamedTuple of float64 arrays that adds: see :mod:`skvi.inference.summary`.

That of one block may be a part that only adds and settles: a summary is what ``total`` gives.
"""

Posterior = Any
"""An immutable NamedTuple, mostly of float64 arrays: the variational posterior."""


class Block(NamedTuple):
    """Some consecutive rows of a data set, as every kernel receives them.

    Attributes
    ----------
    X : ndarray of shape (n_rows, n_features) or CSR array
        float32 or float64; dense blocks are C-contiguous and read-only.
    y : ndarray of shape (n_rows, n_targets) or None
        float64, C-contiguous.
    weights : ndarray of shape (n_rows,)
        float64; a weight of two means the row stands twice. Never negative, not to be written to.
    index : int
        Position of the block in its data set: the same rows on every pass.
    """

    X: Any
    y: np.ndarray | None
    weights: np.ndarray
    index: int


@runtime_checkable
class Blocks(Protocol):
    """A data set that can be read again and again, block by block, in a fixed order."""

    n_features: int
    n_targets: int

    def __iter__(self) -> Iterator[Block]: ...


@runtime_checkable
class Model(Protocol):
    """What a trainer asks of a model. Every verb is a pure function of its arguments.

    A model may also have ``prepare(posterior)``: called before threads share out the blocks, it
    works out what all of them need.
    """

    rereads_rows: bool
    """False where ``summarize`` ignores the posterior: one pass over the rows is then enough."""

    def prior(self, facts) -> Prior:
        """The prior, from facts about the data (counts, locations, scales; never rows)."""

    def start(self, blocks: Blocks, rng: np.random.RandomState) -> Summary:
        """A first summary."""

    def summarize(self, block: Block, posterior: Posterior) -> Summary:
        """The additive summary of one block, or a part of it: the only verb that touches rows."""

    def update(
        self, prior: Prior, summary: Summary, posterior: Posterior | None = None
    ) -> Posterior:
        """The posterior given a summary; ``posterior`` is the previous one, if a sweep needs it."""

    def bound(self, prior: Prior, posterior: Posterior, summary: Summary) -> Mapping[str, float]:
        """The evidence lower bound right after ``update``, term by term, every constant kept."""

    def location(self, posterior: Posterior) -> tuple[np.ndarray, np.ndarray]:
        """Posterior means and standard deviations of the parameters whose movement is watched."""
