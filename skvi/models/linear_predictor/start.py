"""Where a fit begins: one step from the predictors of the mean target, or a fit of a few rows."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.natural_gradient import exact_state, natural_gradient_ascent
from skvi.inference.summary import total
from skvi.models.linear_predictor.posterior import Posterior
from skvi.models.linear_predictor.scale import Scale

__all__ = ["sampled", "starting_site"]

_FEWEST, _PER_WEIGHT = 4000, 60
_WORTHWHILE, _THINNEST = 8, 16  # rows for each one of the sample
_TOLERANCE, _MOST_STEPS = 0.1, 20
_MOST_HALVINGS = 60


def starting_site(model, blocks, prior):
    """First site of all rows.

    Of many rows an even sample is fitted first, each row standing for as many as there are, and
    that sample begins in the same way: a few steps of hardly any cost in place of as many readings
    of all rows.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : Blocks
    prior : Prior

    Returns
    -------
    Site
    """
    n_weights = len(prior.active) // (model.likelihood.n_predictors if model.blockwise else 1)
    n_sample = max(_FEWEST, _PER_WEIGHT * n_weights)
    step = min(int(blocks.n_rows // n_sample), _THINNEST) if hasattr(blocks, "n_rows") else 1
    if step < _WORTHWHILE:
        site = _site_of_mean(model, blocks, prior)
        return site if prior.units.intercept else _within_reach(model, blocks, prior, site)
    sample = sampled(blocks, step)
    state = evaluate(model, prior, starting_site(model, sample, prior))
    monitor = Monitor(_TOLERANCE, _MOST_STEPS, sample.total_weight)
    return natural_gradient_ascent(model, sample, prior, state, monitor).summary


def _site_of_mean(model, blocks, prior):
    """Site at certain weights that give every row the predictor of the mean target."""
    size = len(prior.active)
    mean = np.zeros(size)
    if prior.units.intercept:
        mean[prior.active % prior.units.n_columns == prior.units.n_columns - 1] = prior.predictor
    posterior = Posterior(
        prior.units,
        model.likelihood.n_predictors,
        prior.active,
        mean,
        np.zeros(model.root_shape(size)),
        Scale(1.0, 0.0, 0.0),
        prior.parameters,
    )
    spread = model.likelihood.starting_variance
    return total(model.summarize(block, posterior, spread) for block in blocks)


def _within_reach(model, blocks, prior, site):
    """A site whose first step does not lower the bound below that of weights about zero.

    Without an intercept a fit begins where no target is, and exponentials overshoot from there.
    """
    still = site._replace(linear=np.zeros_like(site.linear))
    least = exact_state(model, blocks, prior, model.update(prior, still)).bound
    for _ in range(_MOST_HALVINGS):
        if exact_state(model, blocks, prior, model.update(prior, site)).bound >= least:
            return site
        site = site._replace(linear=0.5 * site.linear)
    return still


def sampled(blocks, step):
    """Every so many-th row of each block, with the weight of all rows between them.

    Parameters
    ----------
    blocks : Blocks
    step : int

    Returns
    -------
    ArrayBlocks
    """
    rows = [slice(block.index % step, None, step) for block in blocks]
    X = [block.X[part] for block, part in zip(blocks, rows, strict=True)]
    stack = sparse.vstack if sparse.issparse(X[0]) else np.concatenate
    y = np.concatenate([block.y[part] for block, part in zip(blocks, rows, strict=True)])
    weights = np.concatenate([b.weights[part] for b, part in zip(blocks, rows, strict=True)])
    X = stack(X)
    X = sparse.csr_array(X) if sparse.issparse(X) else X
    return ArrayBlocks(X, y, weights * (blocks.total_weight / weights.sum()))
