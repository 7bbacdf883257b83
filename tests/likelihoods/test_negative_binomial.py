"""Negative binomial counts against scipy and quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.likelihoods import NegativeBinomial, Poisson
from skvi.likelihoods._base import LikelihoodError
from tests.likelihoods.checks import NO_PARAMETERS, assert_expectations, rows


@pytest.mark.parametrize("dispersion", [0.4, 3.0, 80.0])
def test_log_density_is_that_of_scipy(dispersion):
    counts, mean = np.arange(400.0)[:, None], np.exp(0.4)
    y = NegativeBinomial().columns(counts)
    law = stats.nbinom(dispersion, dispersion / (dispersion + mean))
    learned = NegativeBinomial(), np.log([dispersion])
    for likelihood, parameters in (learned, (NegativeBinomial(dispersion), NO_PARAMETERS)):
        value = likelihood.log_density(y, np.full(400, 0.4), parameters)
        np.testing.assert_allclose(value, law.logpmf(counts[:, 0]), rtol=1e-10, atol=1e-10)
        assert np.exp(value).sum() == pytest.approx(1.0, abs=1e-10)
        assert likelihood.named(parameters) == {"dispersion": pytest.approx(dispersion)}


@pytest.mark.parametrize("dispersion", [0.4, 3.0, 80.0])
def test_expectations(dispersion):
    # The error of E softplus, at most 1e-9, times counts and dispersion.
    combined = rows([0, 1, 30], [-12.0, -3.0, 0.4, 5.0])
    bound = 1e-9 * (dispersion + 30.0)
    assert_expectations(NegativeBinomial(dispersion), *combined, rtol=0, atol=bound)


def test_a_large_dispersion_is_the_poisson():
    raw, mean, variance = rows([0, 1, 7], [-1.0, 1.0], [0.0, 0.3])
    poisson = Poisson().expectations(Poisson().columns(raw), mean, variance, NO_PARAMETERS)
    y = NegativeBinomial().columns(raw)
    ours = NegativeBinomial(1e7).expectations(y, mean, variance, NO_PARAMETERS)
    for ours_part, poisson_part in zip(ours, poisson, strict=True):
        np.testing.assert_allclose(ours_part, poisson_part, atol=1e-4)


def test_begin_recovers_mean_and_dispersion():
    law = NegativeBinomial().conditional(np.full(4000, 1.5), np.log([2.0]))
    y = NegativeBinomial().columns(law.rvs(random_state=0)[:, None].astype(float))
    likelihood = NegativeBinomial()
    predictor, parameters = likelihood.begin(likelihood.statistics(y, np.full(4000, 2.0)))
    assert predictor[0] == pytest.approx(1.5, abs=0.05)
    assert np.exp(parameters[0]) == pytest.approx(2.0, rel=0.15)
    zeros = likelihood.statistics(likelihood.columns(np.zeros((4, 1))), np.ones(4))
    with pytest.raises(LikelihoodError, match=r"nothing but 0, .* dispersion of NegativeBinomial"):
        likelihood.begin(zeros)
    predictor, parameters = NegativeBinomial(1.0).begin(zeros)
    assert np.all(np.isfinite(predictor))
    assert parameters.shape == (0,)


def test_conditional_distribution():
    eta = np.array([-1.0, 2.0])
    law = NegativeBinomial(2.0).conditional(eta, NO_PARAMETERS)
    np.testing.assert_allclose(law.mean(), np.exp(eta))
    np.testing.assert_allclose(law.var(), np.exp(eta) + np.exp(2.0 * eta) / 2.0)


def test_targets_are_counts():
    with pytest.raises(LikelihoodError, match=r"y holds -3; expected counts"):
        NegativeBinomial().columns(np.array([[1.0], [-3.0]]))


@pytest.mark.parametrize("dispersion", [0.0, -2.0, np.inf, False, "one"])
def test_the_dispersion_is_positive(dispersion):
    with pytest.raises(LikelihoodError, match=r"NegativeBinomial: dispersion must be positive"):
        NegativeBinomial(dispersion).check()
