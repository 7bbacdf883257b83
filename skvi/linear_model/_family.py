"""Which covariances of the weights are kept: all, those of each class, or none."""

from __future__ import annotations

from skvi.likelihoods import Categorical
from skvi.likelihoods.independent_classes import IndependentClasses
from skvi.models.linear_predictor.blockwise import BlockwisePredictorModel
from skvi.models.linear_predictor.diagonal import DiagonalPredictorModel
from skvi.models.linear_predictor.diagonal_classes import DiagonalClassesModel
from skvi.models.linear_predictor.model import LinearPredictorModel

__all__ = ["MOST_WEIGHTS", "family_of"]

MOST_WEIGHTS = 3000  # whose covariances are kept unless asked for
_MOST_ROWS_OF_BASIS = 1000  # of fewer rows than columns: the cube of their number per iteration
_MOST_PRODUCTS = 2e9  # in one iteration, with all covariances of several classes
_MOST_SCALES = 600  # of weights whose covariances are kept
_NODES = 128  # of a row of several classes, where it is not certain


def family_of(family, blocks, likelihood, mixed=False):
    """Model of a posterior family, and the likelihood it takes.

    Parameters
    ----------
    family : {"auto", "full", "gaussian", "blockwise", "diagonal"}
    blocks : Blocks
    likelihood : Likelihood
    mixed : bool, default=False
        Whether weights have scales of their own.

    Returns
    -------
    model_class : type
    likelihood : Likelihood

    Raises
    ------
    ValueError
        If weights are to be independent where a row has several predictors.
    """
    chosen = family
    if family == "auto":
        chosen = (_affordable_with_scales if mixed else _affordable)(blocks, likelihood)
    if chosen == "blockwise" and isinstance(likelihood, Categorical):
        return BlockwisePredictorModel, IndependentClasses(likelihood.n_classes)
    if chosen != "diagonal":
        return LinearPredictorModel, likelihood
    if isinstance(likelihood, Categorical) and likelihood.n_predictors > 1:
        return DiagonalClassesModel, IndependentClasses(likelihood.n_classes)
    if likelihood.n_predictors > 1:
        raise ValueError(
            f"family={family!r} stands for independent weights here, which rows with "
            "several predictors cannot have; use family='full'."
        )
    return DiagonalPredictorModel, likelihood


def _affordable(blocks, likelihood):
    """The richest family whose iterations do not take long."""
    n_predictors = likelihood.n_predictors
    n_weights = n_predictors * blocks.n_features
    few_rows = blocks.n_rows <= _MOST_ROWS_OF_BASIS and blocks.n_rows < blocks.n_features
    if isinstance(likelihood, Categorical) and n_predictors > 1:
        nodes = max(_NODES, 2 * n_predictors)
        per_row = n_predictors**2 * nodes + (0 if few_rows else n_weights**2)
        if blocks.n_features > MOST_WEIGHTS and not few_rows:
            return "diagonal"
        return "blockwise" if float(blocks.n_rows) * per_row > _MOST_PRODUCTS else "full"
    return "full" if few_rows or n_weights <= MOST_WEIGHTS else "diagonal"


def _affordable_with_scales(blocks, likelihood):
    """The same where every iteration takes several cubes of the number of weights."""
    n_weights = likelihood.n_predictors * blocks.n_features
    if n_weights <= _MOST_SCALES:
        return "full"
    return "blockwise" if isinstance(likelihood, Categorical) else "diagonal"
