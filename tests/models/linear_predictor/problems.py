"""Small problems of linear predictors, and their algebra with explicit matrices."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.natural_gradient import exact_state, natural_gradient_ascent
from skvi.likelihoods import Bernoulli, Poisson
from skvi.models.linear_predictor.design import Units
from skvi.models.linear_predictor.diagonal import DiagonalPredictorModel
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.linear_predictor.quasi_newton import quasi_newton_ascent


def table(n_rows, n_columns, *, offset=0.0, constant=False, zeros=0.0, dtype=np.float64, seed=0):
    """Correlated columns of several sizes, one of them far away, one of them constant."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns)) + 0.5 * rng.standard_normal((n_rows, 1))
    X *= np.logspace(-1, 1, n_columns)
    X[:, n_columns // 2] += offset
    X *= rng.uniform(size=X.shape) >= zeros
    if constant:
        X[:, -1] = 3.0
    return X.astype(dtype)


def units_for(X, intercept=True):
    """Means and standard deviations of the columns."""
    X = np.asarray(X, dtype=np.float64)
    spread = X.std(axis=0)
    return Units(X.mean(axis=0), np.where(spread > 0.0, spread, 1.0), intercept)


def explicit(X, units):
    """The design matrix, in extended precision."""
    X = X.toarray() if sparse.issparse(X) else X
    design = (X.astype(np.longdouble) - units.centre) / units.scale
    if units.intercept:
        design = np.column_stack([design, np.ones(len(X), np.longdouble)])
    return design


def lower_root(rng, size):
    """Root of a covariance as the posterior keeps it: lower triangular."""
    return np.tril(rng.standard_normal((size, size))) / np.sqrt(size) + np.eye(size)


def poisson_problem(n_rows=200, n_columns=5, size=0.3, seed=0):
    """Counts, and the blocks that hold them with weights."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns)) + 0.5 * rng.standard_normal((n_rows, 1))
    y = rng.poisson(np.exp(0.5 + size * X @ rng.standard_normal(n_columns))).astype(float)
    return X, y, rng.randint(1, 3, n_rows).astype(float)


def logistic_problem(n_rows=200, n_columns=5, size=1.0, seed=0):
    """Labels, and the blocks that hold them with weights."""
    rng = np.random.RandomState(seed)
    X = rng.standard_normal((n_rows, n_columns)) + 0.5 * rng.standard_normal((n_rows, 1))
    eta = size * X @ rng.standard_normal(n_columns) - 0.3
    y = (rng.uniform(size=n_rows) < 1.0 / (1.0 + np.exp(-eta))).astype(float)
    return X, y, rng.randint(1, 3, n_rows).astype(float)


PROBLEMS = {"poisson": (Poisson(), poisson_problem), "logistic": (Bernoulli(), logistic_problem)}


def blocks_of(likelihood, X, y, weights=None):
    """Rows with the columns that a likelihood takes."""
    y = y if y.ndim == 2 else y[:, None]
    return ArrayBlocks(X, likelihood.columns(y), weights)


class Fitted:
    """A fit far beyond the default tolerance.

    Parameters
    ----------
    likelihood, prior, blocks
    diagonal : bool, default=False
    tol, max_iter : float, int
    options
        Of the model.
    """

    def __init__(
        self, likelihood, prior, blocks, *, diagonal=False, tol=1e-8, max_iter=3000, **options
    ):
        kind = DiagonalPredictorModel if diagonal else LinearPredictorModel
        self.model = kind(likelihood, prior, n_features=blocks.n_features, **options)
        self.blocks = blocks
        if diagonal and blocks.sparse:
            self.model.centred = False
        self.prior = self.model.prior(self.model.facts(blocks))
        if diagonal and blocks.sparse:
            means = self.model.facts(blocks).columns.mean
            self.model.column_means = means / self.prior.units.scale
        start = self.model.start(blocks, np.random.RandomState(0), self.prior)
        self.begin = evaluate(self.model, self.prior, start)
        self.monitor = Monitor(tol, max_iter, blocks.total_weight)
        climb = quasi_newton_ascent if diagonal else natural_gradient_ascent
        self.state = climb(self.model, blocks, self.prior, self.begin, self.monitor)
        self.posterior = self.state.posterior

    def at(self, posterior):
        """State at another posterior."""
        return exact_state(self.model, self.blocks, self.prior, posterior)
