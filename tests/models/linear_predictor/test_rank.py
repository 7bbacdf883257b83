"""Ranks of columns are those of a singular value decomposition in extended digits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.blocks import ArrayBlocks, ChunkBlocks
from skvi.likelihoods import Ordinal, Poisson
from skvi.models.linear_predictor.model import LinearPredictorModel
from skvi.models.linear_predictor.rank import check_rank, rank_of
from skvi.priors import Flat, Ridge
from tests.models.linear_predictor.problems import units_for

RNG = np.random.RandomState(0)
FREE = RNG.standard_normal((400, 4))
LEVELS = np.eye(5)[RNG.randint(5, size=400)]
TABLES = {
    "free": (FREE, 4, 4),
    "twice": (np.column_stack([FREE, 3.0 * FREE[:, 1]]), 4, 4),
    "sum": (np.column_stack([FREE, FREE.sum(axis=1)]), 4, 4),
    "levels": (LEVELS, 4, 5),
    "shares": (np.column_stack([FREE, 2.0 - FREE.sum(axis=1)]), 4, 5),
    "wide": (RNG.standard_normal((6, 9)), 5, 6),
    "nearly": (np.column_stack([FREE, FREE[:, 0] + 1e-5 * FREE[::-1, 0]]), 5, 5),
    "of all sizes": (FREE * np.logspace(-60, 60, 4), 4, 4),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", ["dense", "sparse", "chunks"])
@pytest.mark.parametrize("name", TABLES)
def test_ranks_about_the_mean_and_about_the_origin(name, kind, dtype):
    X, about_mean, about_origin = TABLES[name]
    if dtype == np.float32 and name in ("of all sizes", "nearly"):
        X, about_mean, about_origin = FREE, 4, 4
    X = X.astype(dtype)
    blocks = ArrayBlocks(sparse.csr_array(X) if kind == "sparse" else X)
    if kind == "chunks":
        blocks = ChunkBlocks(np.array_split(X, 3), lambda chunk: (chunk, None, None))
    units = units_for(X, False)
    assert rank_of(blocks, units) == about_mean
    raw = units._replace(centre=np.zeros(X.shape[1]))
    assert rank_of(blocks, raw) == about_origin


def test_columns_far_from_the_origin_lose_digits_but_no_rank():
    far = FREE + 1e6
    assert rank_of(ArrayBlocks(far), units_for(far, False)) == 4
    both = np.column_stack([far, far[:, 0] + far[:, 1]])  # rounded
    assert rank_of(ArrayBlocks(both), units_for(both, False)) == 4


def model_for(X, prior, likelihood, fit_intercept):
    model = LinearPredictorModel(likelihood, prior, fit_intercept, n_features=X.shape[1])
    blocks = ArrayBlocks(X, np.ones((len(X), 1)))
    return model, blocks, model.facts(blocks)


@pytest.mark.parametrize(("likelihood", "fit_intercept"), [(Poisson(), True), (Ordinal(3), False)])
def test_an_intercept_or_cut_points_take_a_direction(likelihood, fit_intercept):
    with pytest.raises(ValueError, match="X has 400 rows, 5 columns and, about their .* rank 4;"):
        check_rank(*model_for(LEVELS, Flat(), likelihood, fit_intercept))
    check_rank(*model_for(LEVELS, Ridge(), likelihood, fit_intercept))
    check_rank(*model_for(LEVELS[:, 1:], Flat(), likelihood, fit_intercept))


def test_without_an_intercept_levels_are_free():
    check_rank(*model_for(LEVELS, Flat(), Poisson(), False))
    with pytest.raises(ValueError, match="X has 6 rows, 9 columns and rank 6;"):
        check_rank(*model_for(TABLES["wide"][0], Flat(), Poisson(), False))


def test_very_many_columns_are_counted():
    X = RNG.standard_normal((10, 3001))
    with pytest.raises(ValueError, match="10 rows, 3001 columns.* rank 9 at the most;"):
        check_rank(*model_for(X, Flat(), Poisson(), True))
