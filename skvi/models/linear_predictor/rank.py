"""Columns under a flat prior: nothing but the rows tells their weights apart.

Where some combination of the columns is zero in all rows, the likelihood is the same along a whole
line of weights, and under a flat prior so is the posterior: there is none. With an intercept, a
combination that is the same in all rows is as bad.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import issparse

from skvi.models.linear_predictor.design import rows_of
from skvi.models.linear_predictor.prior import units_of
from skvi.priors import Flat

__all__ = ["check_rank", "rank_of"]

_MOST_COLUMNS = 3000  # whose products are formed
_LEAST = 64.0 * np.finfo(np.float64).eps


def check_rank(model, blocks, facts):
    """Raise a ValueError where weights have a flat prior that the rows do not make up for.

    Beyond 3000 columns only their number is looked at.

    Parameters
    ----------
    model : LinearPredictorModel
    blocks : Blocks
    facts : Facts
        About these rows.
    """
    if not isinstance(model.weights_prior, Flat):
        return
    n_columns = blocks.n_features
    about_mean = model.fit_intercept or model.likelihood.own_intercept
    rank = f"{blocks.n_rows - about_mean} at the most"
    if n_columns <= _MOST_COLUMNS:
        rank = rank_of(blocks, units_of(facts, False, about_mean)[0])
        if rank == n_columns:
            return
    elif n_columns <= blocks.n_rows - about_mean:
        return
    where = ", about their means (there is an intercept)," if about_mean else ""
    raise ValueError(
        f"prior=Flat() needs columns of full rank, but X has {blocks.n_rows:g} rows, {n_columns} "
        f"columns and{where} rank {rank}; leave out columns that are combinations of others, or "
        "use prior=Ridge() or Normal()."
    )


def rank_of(blocks, units):
    """Rank of the columns of some rows, up to the rounding of the rows and of their products.

    Parameters
    ----------
    blocks : Blocks
    units : Units
        Where columns are measured from, and in what.

    Returns
    -------
    int
    """
    distance = 1.0 + (units.centre / units.scale) ** 2
    n_columns, products, rounding = len(units.scale), 0.0, 0.0
    for block in blocks:
        products = products + rows_of(block.X, units).gram(block.weights)
        lost = float(np.max(distance)) if issparse(block.X) else 1.0  # centred after the product
        own = float(np.finfo(block.X.dtype).eps) ** 2 * np.max(distance)
        rounding = max(rounding, own + n_columns * _LEAST * lost)
    size = np.sqrt(np.diagonal(products))
    size = np.where(size > 0.0, size, 1.0)
    values = np.linalg.eigvalsh(products / (size * size[:, None]))
    return int(np.sum(values > rounding))
