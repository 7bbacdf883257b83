"""Where a fit begins: one step from the predictors of the mean target."""

from __future__ import annotations

import numpy as np

from skvi.inference.summary import total
from skvi.models.linear_predictor.posterior import Posterior
from skvi.models.linear_predictor.scale import Scale

__all__ = ["starting_site"]


def starting_site(model, blocks, prior):
    """Site of all rows at certain weights that give every row the predictor of the mean target.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : Blocks
    prior : Prior

    Returns
    -------
    Site
    """
    size = len(prior.active)
    mean = np.zeros(size)
    if prior.units.intercept:
        mean[prior.active % prior.units.n_columns == prior.units.n_columns - 1] = prior.predictor
    posterior = Posterior(
        prior.units,
        model.likelihood.n_predictors,
        prior.active,
        mean,
        np.zeros((size, size)),
        Scale(1.0, 0.0, 0.0),
        prior.parameters,
    )
    spread = model.likelihood.starting_variance
    return total(model.summarize(block, posterior, spread) for block in blocks)
