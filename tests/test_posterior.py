"""Named factors: access by name, laziness, clear errors."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skvi import VariationalBayesianRegression, VariationalGaussianMixture
from skvi.posterior import Factor, PosteriorFactors, check_n_samples


def factor(asked=None):
    asked = [] if asked is None else asked

    def once(name, value):
        def give():
            asked.append(name)
            return value

        return give

    return Factor(
        once("mean", np.zeros(2)),
        once("sd", np.ones(2)),
        once("cov", np.eye(2)),
        lambda n_samples, rng: rng.standard_normal((n_samples, 2)),
    )


def test_everything_is_computed_when_asked_for_and_once():
    asked = []
    lazy = factor(asked)
    assert asked == []
    assert lazy.sd is lazy.sd
    assert asked == ["sd"]
    np.testing.assert_array_equal(lazy.cov, np.eye(2))
    assert repr(lazy) == "Factor(shape=(2,))"


def test_draws_follow_the_seed():
    first = factor().sample(3, random_state=0)
    np.testing.assert_array_equal(first, np.random.RandomState(0).standard_normal((3, 2)))
    assert factor().sample().shape == (1, 2)


def test_factors_are_found_by_name_and_by_key():
    factors = PosteriorFactors(coef=factor(), noise=factor())
    assert factors["coef"] is factors.coef
    assert list(factors) == ["coef", "noise"]
    assert len(factors) == 2
    assert {"coef", "noise"} <= set(dir(factors))
    assert repr(factors) == "PosteriorFactors(coef, noise)"
    with pytest.raises(AttributeError, match="no factor 'slope'; there are"):
        factors.slope  # noqa: B018
    with pytest.raises(KeyError):
        factors["slope"]


@pytest.mark.parametrize("value", [0, -1, 1.5, "two", None, True])
def test_numbers_of_draws_are_checked(value):
    with pytest.raises(ValueError, match="n_samples=.*whole number of at least 1"):
        check_n_samples(value)
    with pytest.raises(ValueError, match="n_samples="):
        factor().sample(value)


@pytest.mark.parametrize(
    "estimator", [VariationalGaussianMixture(2), VariationalBayesianRegression()]
)
def test_factors_of_estimators_are_copied_and_pickled(estimator):
    rng = np.random.RandomState(0)
    X, y = rng.standard_normal((30, 2)), rng.standard_normal(30)
    factors = clone(estimator).fit(X, y).posterior_
    others = copy.copy(factors), copy.deepcopy(factors), pickle.loads(pickle.dumps(factors))
    for other in others:
        assert list(other) == list(factors)
        for name, factor in factors.items():
            for value in ("mean", "sd", "cov"):
                np.testing.assert_array_equal(getattr(other[name], value), getattr(factor, value))
            np.testing.assert_array_equal(other[name].sample(2, 0), factor.sample(2, 0))
