"""Distributions of codes against scipy's."""

import numpy as np
import pytest
from scipy.stats import rv_discrete

from skvi.likelihoods import Categorical, Ordinal
from skvi.likelihoods._base import LikelihoodError
from skvi.likelihoods.category_distribution import CategoryDistribution, ClassDistribution

P = np.array([[0.1, 0.2, 0.3, 0.4], [0.7, 0.0, 0.25, 0.05]])


@pytest.mark.parametrize("row", [0, 1])
def test_agrees_with_scipy(row):
    ours = CategoryDistribution(P)
    theirs = rv_discrete(values=(np.arange(4), P[row]))
    for code in (-1.0, 0.0, 1.0, 2.5, 3.0, 9.0):
        np.testing.assert_allclose(ours.sf(code)[row], theirs.sf(code), rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(ours.cdf(code)[row], theirs.cdf(code), rtol=1e-14)
    for code in range(-1, 5):
        np.testing.assert_allclose(ours.pmf(code)[row], theirs.pmf(code), rtol=1e-14)
    for share in (0.05, 0.31, 0.72, 0.99, 1.0):
        assert ours.ppf(np.array([share, share]))[row] == theirs.ppf(share)
    np.testing.assert_allclose(ours.mean()[row], theirs.mean(), rtol=1e-14)
    np.testing.assert_allclose(ours.var()[row], theirs.var(), rtol=1e-14)
    np.testing.assert_allclose(ours.std()[row], theirs.std(), rtol=1e-14)
    low, high = ours.interval(0.8)
    assert (low[row], high[row]) == theirs.interval(0.8)
    for function in (ours.pmf, ours.cdf, ours.sf, ours.ppf):
        assert np.isnan(function(np.nan)).all()
    assert np.isnan(ours.ppf(np.array([-0.1, 1.1]))).all()


def test_values_in_place_of_codes():
    values = np.array([-1.0, 0.5, 2.0, 10.0])
    ours, theirs = CategoryDistribution(P, values), rv_discrete(values=(values, P[0]))
    for x in (-2.0, -1.0, 0.0, 0.5, 3.0, 10.0, 11.0):
        assert ours.pmf(x)[0] == (P[0, values == x].sum() if x in values else 0.0)
        np.testing.assert_allclose(ours.cdf(x)[0], theirs.cdf(x), rtol=1e-14)
        np.testing.assert_allclose(ours.sf(x)[0], theirs.sf(x), rtol=1e-12, atol=1e-15)
    assert ours.ppf(np.full(2, 0.31))[0] == theirs.ppf(0.31)
    np.testing.assert_allclose(ours.mean()[0], theirs.mean(), rtol=1e-14)
    np.testing.assert_allclose(ours.std()[0], theirs.std(), rtol=1e-14)
    assert set(np.unique(ours.rvs((500, 2), 0))) == set(values)


def test_classes_that_are_numbers_are_the_values():
    stars = ClassDistribution(P, np.array([1, 2, 4, 5]))
    np.testing.assert_allclose(stars.mean(), P @ [1.0, 2.0, 4.0, 5.0], rtol=1e-14)
    np.testing.assert_array_equal(stars.pmf(4), P[:, 2])
    assert stars.rvs((3, 5), 0).shape == (3, 5, 2)
    assert stars.rvs(random_state=0).shape == stars.shape == (2,)
    assert repr(stars) == "ClassDistribution(n_rows=2)"
    for classes in (np.array(["a", "b", "c", "d"]), np.array(list("abcd"), dtype=object)):
        names = ClassDistribution(P, classes)
        np.testing.assert_array_equal(names.cdf(1), CategoryDistribution(P).cdf(1))


def test_no_code_has_no_probability():
    np.testing.assert_array_equal(CategoryDistribution(P).pmf(1.5), [0.0, 0.0])
    np.testing.assert_array_equal(CategoryDistribution(P).logpmf(7), [-np.inf, -np.inf])
    np.testing.assert_allclose(np.exp(CategoryDistribution(P).logpmf(2)), P[:, 2])


@pytest.mark.parametrize("kind", [np.random.RandomState, np.random.default_rng, int])
def test_draws_have_the_shares(kind):
    draws = CategoryDistribution(P).rvs((20000, 2), kind(7))
    for row in range(2):
        shares = np.bincount(draws[:, row], minlength=4) / 20000
        np.testing.assert_allclose(shares, P[row], atol=0.015)
    assert CategoryDistribution(P).rvs(random_state=kind(7)).shape == (2,)


@pytest.mark.parametrize("likelihood", [Ordinal(3), Categorical(3)])
@pytest.mark.parametrize("value", [-1.0, 0.5, 3.0])
def test_targets_are_codes(likelihood, value):
    with pytest.raises(LikelihoodError, match=rf"y holds {value:g}; expected codes.*from 0 to 2"):
        likelihood.columns(np.array([[0.0], [value]]))


@pytest.mark.parametrize("value", [1, 2.5, True, "three", None, np.inf])
@pytest.mark.parametrize(("kind", "name"), [(Ordinal, "n_categories"), (Categorical, "n_classes")])
def test_numbers_of_categories(kind, name, value):
    with pytest.raises(
        LikelihoodError, match=f"{kind.__name__}: {name} must be .* at least 2, got"
    ):
        kind(value).check()
    kind(2).check()
    kind(np.int64(5)).check()
