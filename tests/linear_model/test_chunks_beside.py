"""Exposures and offsets in chunks: the fit of the table with exposures and offsets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skvi import (
    VariationalBayesianRegression,
    VariationalGaussianMixture,
    VariationalGLMRegressor,
)
from skvi.linear_model._target import Layout, PackedChunks
from tests.linear_model.manners import COUNTS, TIMES, X, Y, each

RNG = np.random.RandomState(7)
OFFSET = 4.0 + RNG.standard_normal(60)
EXPOSURE = RNG.uniform(1.0, 3.0, 60)
WEIGHTS = RNG.randint(0, 3, 60)
CUTS = slice(0, 25), slice(25, 30), slice(30, 60)


class Again:
    """Chunks made anew in every pass."""

    def __init__(self, y, **beside):
        self._y, self._beside = y, beside

    def __iter__(self):
        for part in CUTS:
            yield X[part], self._y[part], {name: v[part] for name, v in self._beside.items()}


def assert_same(chunks, table):
    assert chunks.elbo_ == pytest.approx(table.elbo_, rel=1e-6)
    np.testing.assert_allclose(chunks.coef_, table.coef_, rtol=1e-3, atol=1e-5)


@each("binary", "ordinal", "poisson", "negative binomial", "gamma", "weibull", "quantile")
def test_offsets_and_weights_in_chunks(estimator, y):
    beside = {"offset": OFFSET, "sample_weight": WEIGHTS}
    table = clone(estimator).set_params(tol=1e-6).fit(X, y, **beside)
    chunks = clone(estimator).set_params(tol=1e-6).fit(Again(y, **beside))
    assert_same(chunks, table)
    np.testing.assert_allclose(chunks.loo().elpd, table.loo().elpd, rtol=1e-3)
    chunks.partial_fit(Again(y, **beside)), table.partial_fit(X, y, **beside)
    assert_same(chunks, table)


@pytest.mark.parametrize("likelihood", ["poisson", "binomial"])
def test_exposures_in_chunks(likelihood):
    exposure = EXPOSURE if likelihood == "poisson" else np.full(60, 30.0)
    glm = VariationalGLMRegressor(likelihood=likelihood, tol=1e-6)
    table = clone(glm).fit(X, COUNTS, exposure=exposure, offset=OFFSET)
    assert_same(clone(glm).fit(Again(COUNTS, exposure=exposure, offset=OFFSET)), table)


def test_structured_targets_in_chunks():
    y = np.zeros(60, dtype=[("event", bool), ("time", float)])
    y["event"], y["time"] = Y > -0.5, TIMES
    glm = VariationalGLMRegressor(likelihood="weibull", tol=1e-6)
    assert_same(clone(glm).fit(Again(y, offset=OFFSET)), clone(glm).fit(X, y, offset=OFFSET))
    assert_same(clone(glm).fit(Again(y)), clone(glm).fit(X, y))
    pairs = [(X[part], y[part]) for part in CUTS]
    assert_same(clone(glm).fit(pairs), clone(glm).fit(X, y))


def test_weights_by_name_where_there_is_nothing_else():
    for likelihood in ("normal", "student_t"):
        estimator = VariationalBayesianRegression(likelihood=likelihood)
        table = clone(estimator).fit(X, Y, sample_weight=WEIGHTS)
        assert_same(clone(estimator).fit(Again(Y, sample_weight=WEIGHTS)), table)
    mixture = VariationalGaussianMixture(1)
    chunks = [(pd.DataFrame(X[part]), None, {"sample_weight": WEIGHTS[part]}) for part in CUTS]
    table = clone(mixture).fit(X, sample_weight=WEIGHTS)
    assert clone(mixture).fit(chunks).elbo_ == pytest.approx(table.elbo_)


WRONG = [
    ({"offset": OFFSET}, VariationalBayesianRegression(), "'offset'; expected names among"),
    ({"offset": OFFSET}, VariationalBayesianRegression(likelihood="student_t"), "'offset'; exp"),
    ({"weight": OFFSET}, VariationalGLMRegressor(), "'weight'; expected names among .*exposure"),
    ({"exposure": EXPOSURE}, VariationalGLMRegressor(likelihood="gamma"), "exposure is not allow"),
]


@pytest.mark.parametrize(("beside", "estimator", "message"), WRONG)
def test_what_a_chunk_cannot_have_is_named(beside, estimator, message):
    with pytest.raises(ValueError, match=message):
        clone(estimator).fit(Again(TIMES, **beside))


def test_every_chunk_has_the_same_beside_its_rows():
    chunks = list(Again(COUNTS, offset=OFFSET))
    chunks[1] = chunks[1][:2]
    with pytest.raises(ValueError, match="must be given in every chunk, or in none"):
        VariationalGLMRegressor().fit(chunks)
    chunks = list(Again(COUNTS, offset=OFFSET))
    with pytest.raises(ValueError, match=r"put them into the chunks as \(X, y, \{'offset'"):
        VariationalGLMRegressor().fit(chunks, offset=OFFSET)
    fitted = VariationalGLMRegressor().fit(chunks)
    with pytest.raises(ValueError, match="in every partial_fit, or in none"):
        fitted.partial_fit([chunk[:2] for chunk in chunks])


def test_layouts_of_chunks():
    packed = PackedChunks(Again(COUNTS, offset=OFFSET), ("exposure", "offset"), 1)
    assert packed.layout == Layout(False, True)
    _, y, weights = next(iter(packed))
    np.testing.assert_array_equal(y, np.column_stack([COUNTS[:25], OFFSET[:25]]))
    assert weights is None
