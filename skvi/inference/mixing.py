"""Anderson mixing: where the last few steps, taken together, would have led (Anderson, 1965).

A step takes one summary towards another. Of the affine combinations of the last few, the one is
proposed whose steps all but cancel: slow modes, as where learned scales and weights follow one
another, and modes that overshoot, as where variances and curvatures rise and fall in turn, are both
gone with it. Lengths are measured on posterior means in units of posterior standard deviations, and
on the logarithms of these.
"""

from __future__ import annotations

from collections import deque
from functools import reduce

import numpy as np

from skvi.inference.summary import add, blend, n_numbers, scale

__all__ = ["Mixing"]

_MEMORY = 8
_LEAST = 3
_NUMBERS = 1e7  # of summaries that are remembered
_SLOW = 0.3  # faster fits do not need it
_LARGEST = 1e3  # shares: a fit that diverges would be flung too far
_RCOND = 1e-3
_DIGITS = 5  # of shares: rounding would otherwise grow from leap to leap


class Mixing:
    """Proposes summaries from the steps it has seen."""

    def __init__(self):
        self._steps = deque(maxlen=_MEMORY)

    def propose(self, origin, target, step, size):
        """A summary to go to, or None where a plain step should be taken.

        Parameters
        ----------
        origin : NamedTuple
            The summary a posterior came from.
        target : NamedTuple
            The summary the rows give there.
        step : ndarray of shape (n_lengths,)
            How far the posterior of the target is away.
        size : float
            Share of the way from origins to targets that steps are taken with.

        Returns
        -------
        NamedTuple or None
        """
        if 2 * _LEAST * n_numbers(target) > _NUMBERS:
            return None
        if self._steps and self._steps[-1][2].shape != step.shape:
            self._steps.clear()
        self._steps.append((origin, target, step))
        while 2 * len(self._steps) * n_numbers(target) > _NUMBERS:
            self._steps.popleft()
        steps = [step for *_, step in self._steps]
        if len(steps) < _LEAST:
            return None
        if not np.linalg.norm(steps[-1]) > _SLOW * np.linalg.norm(steps[-2]):
            return None
        return self._combined(np.array(steps), size)

    def reject(self):
        """The last proposal did not raise the bound: what is long past may mislead."""
        while len(self._steps) >= _LEAST:
            self._steps.popleft()

    def _combined(self, steps, size):
        if not np.all(np.isfinite(steps)):
            return None
        shares = np.linalg.lstsq(np.diff(steps, axis=0).T, steps[-1], rcond=_RCOND)[0]
        if not np.sum(np.abs(shares)) < _LARGEST:
            return None
        factors = np.diff(np.concatenate([[0.0], np.round(shares, _DIGITS), [1.0]]))
        return reduce(
            add,
            (
                scale(blend(origin, target, size), factor)
                for (origin, target, _), factor in zip(self._steps, factors, strict=True)
            ),
        )
