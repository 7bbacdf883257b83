"""Posteriors without one row each, by a few steps from that of all rows.

Taking the site of a row out of the posterior is the first of these steps; those that follow let the
sites of the others, the hyper-parameters and the prior precision answer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.natural_gradient import natural_gradient_ascent
from skvi.inference.protocol import Block
from skvi.inference.summary import scale, subtract, total
from skvi.models.linear_predictor.posterior import Posterior, in_table_units
from skvi.models.linear_predictor.propagation import propagation_cost
from skvi.models.linear_predictor.response import responded
from skvi.models.linear_predictor.start import sampled

__all__ = ["Refits"]

_MOST_ROWS = 200
_MOST_PRODUCTS = 2e9


class Refits:
    """The posterior without each row in turn, a row of weight two losing one of its two.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : Blocks
        The training rows.
    state : State
        Of all rows, its posterior in the coordinates that the fit was in.
    tol : float
        As a fit has it.
    max_iter : int
    """

    def __init__(self, model, blocks, state, tol, max_iter):
        blocks = blocks if isinstance(blocks, ArrayBlocks) else sampled(blocks, 1)
        model, blocks, *_ = model.in_own_basis(blocks, model.facts(blocks))
        self._units = state.posterior.units
        units = state.posterior.units._replace(basis=None)
        self._posterior = state.posterior._replace(units=units, response=None)
        self._model, self._blocks, self._prior = model, blocks, state.prior
        self._options = tol, max_iter
        count = np.ones(blocks.n_rows)
        self._weights = count if blocks.weights is None else blocks.weights

    @staticmethod
    def are_possible(model, blocks, state):
        """Whether there are two rows, with all of their weights in one Gaussian."""
        return state.posterior.root.ndim == 2 and blocks.n_rows > 1

    @staticmethod
    def are_quick(model, blocks, state):
        """Whether they are possible and take no more than about a second."""
        if not Refits.are_possible(model, blocks, state) or blocks.n_rows > _MOST_ROWS:
            return False
        n_predictors = model.likelihood.n_predictors
        n_pairs = n_predictors * (n_predictors + 1) // 2
        work = propagation_cost(blocks.n_rows * n_pairs, len(state.posterior.mean))
        return blocks.n_rows * work <= _MOST_PRODUCTS

    def __iter__(self) -> Iterator[tuple[Block, Posterior]]:
        """Give every row, in the coordinates of its posterior, and the posterior without it."""
        rows = [self._row(i) for i in range(self._blocks.n_rows)]
        sites = [self._model.summarize(row, self._posterior) for row in rows]
        whole = total(
            scale(site, weight) for site, weight in zip(sites, self._weights, strict=True)
        )
        for i, (row, site) in enumerate(zip(rows, sites, strict=True)):
            taken = scale(site, min(self._weights[i], 1.0))
            yield row, self._without(i, whole, subtract(whole, taken))

    def _row(self, i):
        blocks = self._blocks
        return Block(blocks.X[i : i + 1], blocks.y[i : i + 1], np.ones(1), i)

    def _without(self, i, whole, less):
        left = self._weights.copy()
        left[i] = max(left[i] - 1.0, 0.0)
        kept = np.flatnonzero(left > 0.0)
        blocks = ArrayBlocks(self._blocks.X[kept], self._blocks.y[kept], left[kept])
        model, prior, (tol, max_iter) = self._model, self._prior, self._options
        # From where they are, hyper-parameters that the bound is flat in would not come back.
        known = self._posterior._replace(parameters=prior.parameters)
        try:
            begin = evaluate(model, prior, less, known)
        except np.linalg.LinAlgError:  # rows that are far from quadratic
            begin = evaluate(model, prior, whole, known)
        monitor = Monitor(tol, max_iter, blocks.total_weight)
        state = natural_gradient_ascent(model, blocks, prior, begin, monitor)
        if monitor.interrupted:
            raise KeyboardInterrupt
        return responded(model, blocks, state).posterior

    def covariance_of_means(self):
        """Covariance of the posterior mean over data sets: the jackknife.

        Returns
        -------
        ndarray of shape (n_weights, n_weights)
            In the units of the table, one predictor's weights after the other's.
        """
        whole, covariance = self._table_mean(self._posterior), 0.0
        for weight, (_, posterior) in zip(self._weights, self, strict=True):
            moved = (self._table_mean(posterior) - whole) / min(weight, 1.0)
            covariance = covariance + weight * np.outer(moved, moved)
        return covariance

    def _table_mean(self, posterior):
        posterior = posterior._replace(units=self._units)
        return in_table_units(posterior, posterior.flat_mean()).ravel()
