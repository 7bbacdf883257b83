"""Going on from a posterior: the site that is made up leads there, whatever the prior."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.likelihoods import Bernoulli, Gaussian
from skvi.models.linear_predictor.continued import continued
from skvi.priors import Flat, Normal, Ridge
from tests.models.linear_predictor.problems import Fitted, blocks_of, logistic_problem

PRIORS = {"learned": Ridge(), "given": Ridge(2.0), "flat": Flat(), "normal": Normal(0.5, 2.0)}
every_prior = pytest.mark.parametrize("prior", PRIORS)


def fit_of(prior, likelihood=None, **options):
    X, y, weights = logistic_problem(150, 4)
    likelihood = likelihood or Bernoulli()
    return Fitted(likelihood, prior, blocks_of(likelihood, X, y, weights), **options)


@pytest.mark.parametrize("diagonal", [False, True])
@every_prior
def test_it_leads_back_to_the_posterior(prior, diagonal):
    fit = fit_of(PRIORS[prior], diagonal=diagonal)
    state = continued(fit.model, fit.blocks, fit.prior, fit.posterior)
    assert state.bound == pytest.approx(fit.state.bound, abs=1e-9)
    again = fit.model.update(fit.prior, state.summary, state.posterior)
    np.testing.assert_allclose(again.mean, fit.posterior.mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(again.root, fit.posterior.root, rtol=1e-6, atol=1e-8)


def test_hyper_parameters_stay_where_they_are():
    fit = fit_of(Ridge(1.0), Gaussian(), tol=1e-2)
    state = continued(fit.model, fit.blocks, fit.prior, fit.posterior)
    again = fit.model.update(fit.prior, state.summary, state.posterior)
    np.testing.assert_allclose(again.parameters, fit.posterior.parameters, rtol=1e-9)


@every_prior
@pytest.mark.parametrize("before", PRIORS)
def test_another_prior_takes_its_own_scale(before, prior):
    known, fit = fit_of(PRIORS[before]), fit_of(PRIORS[prior])
    state = continued(fit.model, fit.blocks, fit.prior, known.posterior)
    assert np.isfinite(state.bound)
    again = fit.model.update(fit.prior, state.summary, state.posterior)
    if prior != "learned":
        assert state.posterior.scale == fit.posterior.scale
        np.testing.assert_allclose(again.mean, known.posterior.mean, rtol=1e-6, atol=1e-8)
    assert np.all(np.isfinite(again.mean))


def test_what_cannot_be_gone_on_from():
    fit, other = fit_of(Ridge()), fit_of(Ridge(), fit_intercept=False)
    arguments = fit.model, fit.blocks, fit.prior
    assert continued(*arguments, None) is None
    assert continued(*arguments, other.posterior) is None
    assert continued(*arguments, fit_of(Ridge(), diagonal=True).posterior) is None
    beyond = fit.posterior._replace(mean=np.full_like(fit.posterior.mean, np.inf))
    assert continued(*arguments, beyond) is None
    units = fit.posterior.units._replace(basis="any")
    assert continued(*arguments, fit.posterior._replace(units=units)) is None
