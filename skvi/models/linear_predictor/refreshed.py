"""The posterior of a linear predictor refreshed: moments of draws in place of its own."""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse

from skvi.likelihoods import Bernoulli
from skvi.models.shrinkage.predictor_steps import PredictorProblem, PredictorSteps
from skvi.numerics.polya_gamma import polya_gamma_draws

__all__ = ["affordable_draws", "can_refresh", "refreshed_state"]

_CHAINS, _LEFT_OUT = 4, 100
_FEWEST, _MOST = 2, 10
_SECONDS, _OF_STEP, _OF_PRODUCT = 1.0, 2.5e-4, 4e-10
_DRAWS, _LONGEST = 300, 3.0


def can_refresh(model, blocks, prior):
    """Whether rows and model are such that draws can be had: one predictor, rows in memory."""
    in_memory = hasattr(blocks, "X")
    return bool(prior.mixture is not None and model.likelihood.n_predictors == 1 and in_memory)


def affordable_draws(blocks, prior):
    """How many draws take no more than a few seconds: 300, or none.

    None, too, with more columns than rows: where classes can be separated the posterior of a
    predictor is so skew that its first two moments predict worse than the factors do.
    """
    n, p = blocks.n_rows, len(prior.mean)
    if n < p:
        return 0
    seconds = (_FEWEST * _DRAWS + _CHAINS * _LEFT_OUT) * _seconds(n, p)
    return _DRAWS if seconds <= _LONGEST else 0


def _seconds(n, p):
    """Of a step, as it was measured."""
    return _OF_STEP + _OF_PRODUCT * float(min(n, p)) ** 2 * p + 4e-9 * n * p * min(n, p) / 10.0


def refreshed_state(model, blocks, state, n_draws, rng):
    """The state whose means and covariances are those of draws by short chains.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : ArrayBlocks
        The training rows.
    state : State
    n_draws : int
    rng : RandomState

    Returns
    -------
    State
        Its posterior has the mean of the draws and a root of their covariance as ``response``.
    """
    posterior = state.posterior
    problem, size = _problem(model, blocks, state)
    steps = PredictorSteps(problem, rng)
    sds = posterior.sds() / size
    centre = (posterior.mean - state.prior.mean) / size
    predictor = problem.offset + problem.rows @ centre
    spread = _spread(problem, posterior, size)
    n, p = problem.rows.shape
    every = int(np.clip(_SECONDS / (n_draws * _seconds(n, p)), _FEWEST, _MOST))
    kept = []
    for chain in range(min(_CHAINS, n_draws)):
        count = n_draws // _CHAINS + (chain < n_draws % _CHAINS)
        at = steps.begin(centre + sds * rng.standard_normal(p), predictor, spread)
        for step in range(_LEFT_OUT + every * count):
            at = steps.advance(at)
            if step >= _LEFT_OUT and (step - _LEFT_OUT + 1) % every == 0:
                kept.append((at.drawn, at.mean, at.variance))
    draws, means, variances = (np.array(part) for part in zip(*kept, strict=True))
    sd = np.sqrt(variances.mean(axis=0) + means.var(axis=0))
    root = (draws - draws.mean(axis=0)) / np.sqrt(len(draws))
    own = np.sqrt(np.einsum("ij,ij->j", root, root))
    root *= sd / np.where(own > 0.0, own, 1.0)
    mean = state.prior.mean + size * means.mean(axis=0)
    return state._replace(posterior=posterior._replace(mean=mean, response=root * size))


def _problem(model, blocks, state):
    """The problem of the steps, and the size of its weights in those of the posterior."""
    prior, posterior = state.prior, state.posterior
    units = prior.units
    X = blocks.X.toarray() if issparse(blocks.X) else np.asarray(blocks.X, dtype=np.float64)
    rows = (X - units.centre) / units.scale
    if units.intercept:
        rows = np.column_stack([rows, np.ones(len(rows))])
    rows = rows[:, posterior.active]
    size = np.ones(len(prior.mean))
    size[prior.features] = prior.scaled[prior.features] ** -0.5
    y, offset = model.split(blocks.y)
    at_prior = rows @ prior.mean + (0.0 if offset is None else offset)
    weights = np.ones(len(rows)) if blocks.weights is None else np.asarray(blocks.weights)
    kept = weights > 0.0

    def expectations(mean, variance):
        result = model.likelihood.expectations(y[kept], mean, variance, posterior.parameters)
        return result[1], result[2]

    fixed = prior.fixed.copy()
    fixed[prior.features] = 0.0
    problem = PredictorProblem(
        (rows * size)[kept],
        at_prior[kept],
        expectations,
        _augmentation(model.likelihood, y[kept], weights[kept]),
        weights[kept],
        fixed,
        prior.features,
        prior.mixture,
    )
    return problem, size


def _augmentation(likelihood, y, weights):
    """Draws under which the likelihood is normal; None where there are none."""
    whole = np.all(weights == np.rint(weights))
    if not (isinstance(likelihood, Bernoulli) and whole and np.all(y[:, 1] == 1.0)):
        return None
    times, which = weights.astype(np.intp), np.repeat(np.arange(len(y)), weights.astype(np.intp))

    def augmentation(predictor, rng):
        drawn = polya_gamma_draws(predictor[which], rng)
        precision = np.bincount(which, weights=drawn, minlength=len(y)) / times
        return (y[:, 0] - 0.5) / precision, precision

    return augmentation


def _spread(problem, posterior, size):
    """Variances of the predictors of the rows."""
    if posterior.root.ndim == 1:
        return problem.rows**2 @ (posterior.root / size) ** 2
    image = problem.rows @ (posterior.root / size).T
    return np.einsum("ij,ij->i", image, image)
