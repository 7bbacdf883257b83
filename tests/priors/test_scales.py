"""Priors with scales of their own: units, groups, expected sizes, draws and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.priors import (
    ARD,
    AdaptiveShrinkage,
    Flat,
    GroupedRidge,
    Horseshoe,
    Laplace,
    Normal,
    RegularizedHorseshoe,
    Ridge,
    SpikeSlab,
    StudentT,
)
from skvi.priors._base import DesignFacts
from skvi.priors._named import NAMED_PRIORS, named_prior

SPREAD = np.array([1.0, 4.0, 0.5, 2.0])
FACTS = DesignFacts(4, float(np.linalg.norm(SPREAD)), SPREAD, 100.0, ("a", "b", "c", "d"))
EVERY = [
    ARD(),
    AdaptiveShrinkage(),
    GroupedRidge(),
    Horseshoe(),
    Laplace(),
    RegularizedHorseshoe(),
    SpikeSlab(),
    StudentT(),
]
every_prior = pytest.mark.parametrize("prior", EVERY, ids=lambda prior: type(prior).__name__)


@every_prior
def test_probabilities_add_up_and_scales_increase(prior):
    mixture = prior.scale_mixture(FACTS)
    np.testing.assert_allclose(np.exp(mixture.log_weight).sum(axis=1), 1.0, rtol=1e-12)
    assert np.exp(mixture.log_common).sum() == pytest.approx(1.0, rel=1e-12)
    assert np.all(np.diff(mixture.sd) > 0.0)
    assert mixture.log_weight.shape == (len(mixture.common), len(mixture.sd))


@every_prior
@pytest.mark.parametrize("factor", [1e-20, 1e20])
def test_units_of_columns_do_not_matter(prior, factor):
    scaled = FACTS._replace(total_spread=FACTS.total_spread * factor, spread=SPREAD * factor)
    first, second = prior.scale_mixture(FACTS), prior.scale_mixture(scaled)
    np.testing.assert_allclose(second.unit, first.unit / factor, rtol=1e-12)
    np.testing.assert_allclose(second.sd, first.sd)


@every_prior
def test_a_constant_column_has_a_finite_unit(prior):
    mixture = prior.scale_mixture(FACTS._replace(spread=np.array([1.0, 0.0, 0.5, 2.0])))
    assert np.all(np.isfinite(mixture.unit))
    assert np.all(mixture.unit > 0.0)


@every_prior
def test_draws(prior):
    draws = prior.sample(2000, 4, random_state=0)
    assert draws.shape == (2000, 4)
    np.testing.assert_array_equal(draws, prior.sample(2000, 4, random_state=0))
    assert abs(np.mean(draws > 0.0) - np.mean(draws < 0.0)) < 0.05
    with pytest.raises(ValueError, match="n_features=0 is not allowed"):
        prior.sample(2, 0)
    with pytest.raises(ValueError, match="n_samples=0 is not allowed"):
        prior.sample(0)


def test_draws_of_the_other_priors():
    draws = Ridge(4.0).sample(20_000, 2, random_state=0)
    assert stats.kstest(draws[:, 0], stats.norm(0.0, 0.5).cdf).pvalue > 1e-3
    share = Ridge().sample(20_000, 500, random_state=0)[:2000].var(axis=1)
    assert stats.kstest(share / (1.0 + share), stats.uniform.cdf).pvalue > 1e-3
    covariance = np.array([[2.0, 0.5], [0.5, 1.0]])
    draws = Normal([1.0, -1.0], covariance).sample(50_000, 2, random_state=0)
    np.testing.assert_allclose(draws.mean(axis=0), [1.0, -1.0], atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), covariance, atol=0.05)
    with pytest.raises(ValueError, match="cannot be drawn from"):
        Flat().sample()


def test_expected_size_sets_the_scale():
    mixture = Horseshoe(1.0).scale_mixture(FACTS)
    scale = 1.0 / 3.0 / 10.0
    weight = np.exp(mixture.log_common)
    assert np.sum(weight[mixture.common < scale * 0.999]) == pytest.approx(0.5, abs=0.1)
    assert np.min(np.abs(np.log(mixture.common / scale))) < 1e-12
    default = Horseshoe().scale_mixture(FACTS._replace(n_features=4))
    assert np.min(np.abs(np.log(default.common / (2.0 / 2.0 / 10.0)))) < 1e-12


def test_spike_slab_expects_so_many():
    many = DesignFacts(50, np.sqrt(50.0), np.ones(50))
    for size, prior in ((1.0, SpikeSlab()), (5.0, SpikeSlab(expected_size=5.0))):
        mixture = prior.scale_mixture(many)
        assert np.exp(mixture.log_common) @ mixture.common == pytest.approx(size / 50.0, rel=0.02)
    draws = SpikeSlab(expected_size=5.0).sample(4000, 50, random_state=0)
    assert np.mean(draws != 0.0) == pytest.approx(0.1, rel=0.1)


def test_a_slab_bounds_the_largest_scales():
    mixture = RegularizedHorseshoe(slab=1.5).scale_mixture(FACTS)
    assert mixture.sd[-1] == pytest.approx(1.5, rel=1e-6)
    free = Horseshoe().scale_mixture(FACTS)
    np.testing.assert_allclose(mixture.sd**-2.0, free.sd**-2.0 + 1.5**-2.0, rtol=1e-10)


def test_groups_by_label_position_and_name():
    expected = [0, 1, 0, 1]
    for groups in (
        ["x", "y", "x", "y"],
        [7, 3, 7, 3],
        [[0, 2], [1, 3]],
        [["a", "c"], ["b", "d"]],
        {"first": ["a", "c"], "second": ["b", 3]},
        np.array(["x", "y", "x", "y"]),
    ):
        for prior in (GroupedRidge(groups), ARD(groups)):
            np.testing.assert_array_equal(prior.scale_mixture(FACTS).groups, expected)
    rest = ARD([["b"]]).scale_mixture(FACTS)
    np.testing.assert_array_equal(rest.groups, [1, 0, 2, 3])


def test_grouped_ridge_of_one_group_is_ridge():
    mixture, form = GroupedRidge().scale_mixture(FACTS), Ridge().gaussian_form(FACTS)
    # with one group the precision of the columns as given is (unit sd)^-2
    log_precision = -2.0 * np.log(mixture.unit[0] * mixture.sd)
    step = np.abs(np.diff(log_precision)).mean()
    density = stats.logistic(form.log_precision_location).pdf(log_precision) * step
    np.testing.assert_allclose(np.exp(mixture.log_weight[0]), density, rtol=1e-3, atol=1e-12)


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        (ARD([0, 1]), "groups must be a label for each of 4 columns"),
        (ARD([[0, 1], [1]]), "groups has the column 1 more than once"),
        (GroupedRidge([["a", "z"]]), "groups names the column 'z', which is none of the 4"),
        (GroupedRidge([[0, 4]]), "groups names the column 4"),
        (Horseshoe(4), "expected_size must be positive and less than the number of columns"),
        (Horseshoe(0), "expected_size must be positive"),
        (RegularizedHorseshoe("few"), "expected_size must be positive"),
        (RegularizedHorseshoe(slab=0.0), "slab must be positive"),
        (Laplace(-1.0), "scale must be positive"),
        (StudentT(0.0), "df must be positive"),
        (StudentT(4.0, np.nan), "scale must be positive"),
        (SpikeSlab(1.0), "inclusion must be in"),
        (SpikeSlab(0.5, expected_size=1), "expected_size must be None beside inclusion"),
        (SpikeSlab(slab=-1.0), "slab must be positive"),
        (SpikeSlab(df=-1.0), "df must be positive"),
        (AdaptiveShrinkage([1.0]), "scales must be two or more increasing numbers"),
        (AdaptiveShrinkage([1.0, 0.5]), "scales must be two or more increasing numbers"),
        (AdaptiveShrinkage([0.0, 1.0], [1.0]), "weights must be 2 positive numbers"),
        (AdaptiveShrinkage([0.0, 1.0], [1.0, -1.0]), "weights must be 2 positive numbers"),
    ],
)
def test_refusals_name_the_argument(prior, message):
    with pytest.raises(ValueError, match=message):
        prior.scale_mixture(FACTS)


def test_names_stand_for_defaults():
    for name, kind in NAMED_PRIORS.items():
        assert type(named_prior(name)) is kind
        assert name.replace("_", "") == kind.__name__.lower()
    prior = Laplace(2.0)
    assert named_prior(prior) is prior
