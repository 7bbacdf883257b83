"""Fits are ranked by their bounds where these compare, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skvi import (
    Laplace,
    RegularizedHorseshoe,
    Ridge,
    VariationalBayesianRegression,
    VariationalGLMRegressor,
)
from skvi.model_selection import rank_by_bound

RNG = np.random.RandomState(0)
X = RNG.standard_normal((60, 5))
Y = X[:, 0] + RNG.standard_normal(60)


def fit(rows=slice(None), **options):
    options = {"refresh": 0} | options
    return VariationalBayesianRegression(**options).fit(X[rows], Y[rows])


def test_the_best_comes_first_and_probabilities_add_up():
    fits = {"wide": fit(prior=Ridge(1e-6)), "narrow": fit(prior=Ridge(1.0))}
    ranking = rank_by_bound(fits)
    assert [ranked.name for ranked in ranking] == ["narrow", "wide"]
    assert ranking[0].elbo == fits["narrow"].elbo_
    assert sum(ranked.probability for ranked in ranking) == pytest.approx(1.0)
    odds = np.exp(fits["narrow"].elbo_ - fits["wide"].elbo_)
    assert ranking[0].probability / ranking[1].probability == pytest.approx(odds)


def test_priors_of_one_family_compare():
    fits = {"laplace": fit(prior=Laplace()), "horseshoe": fit(prior=RegularizedHorseshoe())}
    assert len(rank_by_bound(fits)) == 2


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (lambda: fit(prior="laplace", family="coordinate"), "families differ, 'gaussian'"),
        (lambda: fit(prior="ridge"), "families differ, 'gaussian' and 'structured'"),
        (lambda: fit(rows=slice(50), prior="laplace"), "numbers of rows differ, 60.0 and 50.0"),
        (
            lambda: VariationalGLMRegressor().fit(X, np.floor(np.exp(0.3 * Y))),
            "estimators differ",
        ),
    ],
)
def test_others_are_refused(other, message):
    fits = {"a": fit(prior="laplace"), "b": other()}
    with pytest.raises(ValueError, match=f"The bounds of 'a' and 'b' do not compare: .*{message}"):
        rank_by_bound(fits)


def test_likelihoods_must_be_the_same():
    fits = {"a": fit(), "b": fit(likelihood="student_t")}
    with pytest.raises(ValueError, match="likelihoods differ"):
        rank_by_bound(fits)


def test_what_cannot_be_ranked():
    with pytest.raises(ValueError, match="fits is empty"):
        rank_by_bound({})
    with pytest.raises(NotFittedError):
        rank_by_bound({"a": VariationalBayesianRegression()})
