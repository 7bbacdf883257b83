"""One interface for all distributions that ``predict_dist`` gives, checked against itself."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from skvi.families.compound import CompoundDistribution
from skvi.families.discrete_compound import DiscreteCompound
from skvi.families.student_t_mixture import StudentTMixture
from skvi.likelihoods._base import LikelihoodError
from skvi.likelihoods.category_distribution import ClassDistribution
from skvi.predictive import StackedDistribution
from tests._cases.likelihoods import LIKELIHOODS

N = 4


def compound(case):
    """The predictive distribution of a likelihood with one predictor."""
    kind = DiscreteCompound if case.likelihood.discrete else CompoundDistribution
    law = partial(case.likelihood.conditional, parameters=case.parameters)
    mean = case.location + np.linspace(-0.6, 0.6, N)
    return kind(law, mean, np.linspace(0.05, 0.4, N))


def mixture(shift=0.0):
    weight, df = np.array([[0.3, 0.7]]), np.array([[5.0, np.inf]])
    location = shift + np.arange(2.0 * N).reshape(N, 2)
    return StudentTMixture(weight, location, np.full((N, 2), 0.7), df)


LAWS = {
    f"{kind}, {name}": partial(compound, case)
    for kind, cases in LIKELIHOODS.items()
    for name, case in cases.items()
    if case.likelihood.n_predictors == 1
    and not (kind == "LogDensity" and case.likelihood.support is None)
} | {
    "conjugate": mixture,
    "several targets": lambda: StackedDistribution([mixture(), mixture(3.0), mixture(-1.0)]),
    "classes": lambda: ClassDistribution(
        np.random.RandomState(0).dirichlet(np.ones(4), N), np.array([1, 2, 4, 7])
    ),
}
each_law = pytest.mark.parametrize("make", LAWS.values(), ids=LAWS)


@each_law
def test_quantiles_probabilities_and_intervals_agree(make):
    law = make()
    shape = law.mean().shape
    for level in (0.05, 0.5, 0.93):
        x = law.ppf(level)
        assert x.shape == shape
        assert np.all(law.cdf(x) >= level - 1e-9)
        assert np.all(law.cdf(x - 1e-6 * (1.0 + np.abs(x))) <= level + 1e-9)
        np.testing.assert_allclose(law.cdf(x) + law.sf(x), 1.0, rtol=2e-7)  # 1e-7 of each
        logs = law.logpmf(x) if hasattr(law, "pmf") else law.logpdf(x)
        density = law.pmf(x) if hasattr(law, "pmf") else law.pdf(x)
        np.testing.assert_allclose(np.exp(logs), density, rtol=1e-12)
        np.testing.assert_allclose(np.exp(law.logpdf(x)), law.pdf(x), rtol=1e-12)
    low, high = law.interval(0.8)
    np.testing.assert_allclose(low, law.ppf(0.1), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(high, law.ppf(0.9), rtol=1e-9)


@each_law
def test_draws_have_the_moments(make):
    law = make()
    draws = law.rvs(4000, random_state=np.random.default_rng(0))
    assert draws.shape == (4000, *law.mean().shape)
    assert law.rvs().shape == law.rvs(random_state=0).shape == law.mean().shape
    assert law.rvs((2, 3), 0).shape == (2, 3, *law.mean().shape)
    np.testing.assert_allclose(law.var(), law.std() ** 2, rtol=1e-9)
    assert np.all(np.abs(draws.mean(axis=0) - law.mean()) < 5.0 * law.std() / np.sqrt(4000))
    middle = law.ppf(0.5)
    assert np.all(np.abs((draws <= middle).mean(axis=0) - law.cdf(middle)) < 0.04)


@each_law
def test_no_number_has_no_answer_and_huge_ones_have_one(make):
    law = make()
    for function in (law.pdf, law.logpdf, law.cdf, law.sf, law.ppf):
        assert np.isnan(function(np.nan)).all()
    for q in (-0.1, 1.5):
        assert np.isnan(law.ppf(q)).all()
    for x, below in ((1e300, 1.0), (np.inf, 1.0), (-np.inf, 0.0)):
        np.testing.assert_allclose(law.cdf(x), below, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(law.sf(x), 1.0 - below, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(law.pdf(x), 0.0, atol=1e-280)
        assert np.all(law.logpdf(x) < -100.0)


def test_probabilities_over_a_wrong_support_are_refused():
    case = LIKELIHOODS["LogDensity"]["counts"]
    wrong = case.likelihood.__class__(case.likelihood.function, discrete=True, support=(3, 9))
    with pytest.raises(LikelihoodError, match=r"over support=\(3, 9\) add up to 0.*expected 1"):
        wrong.conditional(np.zeros(2), np.empty(0)).std()
