"""The covariance of linear response is how far the mean moves where the log density is tilted."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import likelihoods
from skvi.inference.monitor import Monitor, evaluate
from skvi.inference.natural_gradient import natural_gradient_ascent
from skvi.inference.summary import add
from skvi.models.linear_predictor import response
from skvi.models.linear_predictor.response import responded
from skvi.priors import Flat, Normal, Ridge
from tests.models.linear_predictor.problems import Fitted, blocks_of

RNG = np.random.RandomState(0)
X = RNG.standard_normal((40, 3)) + 0.5 * RNG.standard_normal((40, 1))
ETA = 0.8 * X[:, 0] - 0.3 * X[:, 1]
NOISY = ETA + RNG.standard_t(4.0, 40)
WEIGHTS = RNG.randint(1, 3, 40).astype(float)
COUNTS = RNG.poisson(np.exp(ETA)).astype(float)
TIMES = np.exp(ETA) * RNG.weibull(1.5, 40)
CLASSES = np.digitize(NOISY, [-0.8, 0.4]).astype(float)

PROBLEMS = {
    "bernoulli": (likelihoods.Bernoulli(), (NOISY > 0.0) + 0.0),
    "probit": (likelihoods.Probit(), (NOISY > 0.0) + 0.0),
    "softmax": (likelihoods.Categorical(3), CLASSES),
    "ordinal": (likelihoods.Ordinal(3), CLASSES),
    "poisson": (likelihoods.Poisson(), COUNTS),
    "negative binomial": (likelihoods.NegativeBinomial(), COUNTS),
    "gamma": (likelihoods.Gamma(), TIMES),
    "tweedie": (likelihoods.Tweedie(1.5), COUNTS),
    "weibull": (likelihoods.Weibull(), TIMES),
    "exponential": (likelihoods.Exponential(), TIMES),
    "normal": (likelihoods.Gaussian(), NOISY),
    "student_t": (likelihoods.StudentT(), NOISY),
    "quantile": (likelihoods.AsymmetricLaplace(0.3), NOISY),
    "heteroscedastic": (likelihoods.Heteroscedastic(), NOISY),
}
PRIORS = {"learned": Ridge(), "relative": Ridge(3.0), "matrix": Normal(0.0, np.eye(3) + 0.5)}


def fit_of(name, prior, rows=slice(None)):
    likelihood, y = PROBLEMS[name]
    options = {"fit_intercept": name != "ordinal"}
    blocks = blocks_of(likelihood, X[rows], y[rows], WEIGHTS[rows])
    return Fitted(likelihood, prior, blocks, tol=1e-9, **options)


def tilted_mean(fit, tilt):
    """Means of the weights where the log density has one more linear term."""
    summary = fit.state.summary
    more = type(summary)(*(np.zeros_like(part) for part in summary))._replace(linear=tilt)
    begin = evaluate(fit.model, fit.prior, add(summary, more), fit.posterior)
    monitor = Monitor(1e-10, 3000, fit.blocks.total_weight)
    climb = natural_gradient_ascent(fit.model, fit.blocks, fit.prior, begin, monitor, past=more)
    return climb.posterior.mean


def covariance_of(root):
    return root.T @ root


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("name", PROBLEMS)
def test_it_is_the_derivative_of_the_mean(name, prior):
    fit = fit_of(name, PRIORS[prior])
    found = covariance_of(responded(fit.model, fit.blocks, fit.state).posterior.response)
    rng, sds = np.random.RandomState(1), np.sqrt(np.diag(found))
    for _ in range(2):
        tilt = 0.02 * rng.choice([-1.0, 1.0], len(sds)) / sds
        moved = 0.5 * (tilted_mean(fit, tilt) - tilted_mean(fit, -tilt))
        np.testing.assert_allclose(moved / sds, found @ tilt / sds, rtol=0.02, atol=4e-4)


def test_of_a_gaussian_it_is_its_own_covariance():
    likelihood = likelihoods.Gaussian(0.7)
    fit = Fitted(likelihood, Normal(0.0, 1.0), blocks_of(likelihood, X, NOISY, WEIGHTS))
    found = responded(fit.model, fit.blocks, fit.state).posterior
    own = covariance_of(fit.posterior.root)
    np.testing.assert_allclose(covariance_of(found.response), own, rtol=1e-6, atol=1e-9)


def test_predictors_take_it_and_the_fit_does_not():
    fit = fit_of("bernoulli", Ridge())
    state = responded(fit.model, fit.blocks, fit.state)
    assert state.bound == fit.state.bound
    np.testing.assert_array_equal(state.posterior.root, fit.posterior.root)
    wider = fit.model.moments(X, None, state.posterior)[2]
    units = state.posterior.units
    design = np.column_stack([(X - units.centre) / units.scale, np.ones(40)])
    covariance = covariance_of(state.posterior.response)
    expected = np.einsum("ij,jk,ik->i", design, covariance, design)
    np.testing.assert_allclose(wider, expected, rtol=1e-10)
    assert np.all(wider > fit.model.moments(X, None, fit.posterior)[2])
    again = fit.model.update(fit.prior, state.summary, state.posterior)
    assert again.response is None


@pytest.mark.parametrize("limit", ["_MOST_PRODUCTS", "_ROWS_PER_WEIGHT"])
def test_many_rows_are_left_as_they_are(limit, monkeypatch):
    fit = fit_of("bernoulli", Ridge())
    assert responded(fit.model, fit.blocks, fit.state).posterior.response is not None
    monkeypatch.setattr(response, limit, 9)
    assert responded(fit.model, fit.blocks, fit.state) is fit.state


@pytest.mark.parametrize("diagonal", [True, False])
def test_independent_weights_have_none(diagonal):
    likelihood, y = PROBLEMS["poisson"]
    fit = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y), diagonal=diagonal)
    found = responded(fit.model, fit.blocks, fit.state).posterior.response
    assert (found is None) == diagonal


def test_what_is_nothing_like_a_gaussian_is_left_as_it_is(monkeypatch):
    fit = fit_of("weibull", Flat(), slice(12))
    assert responded(fit.model, fit.blocks, fit.state).posterior.response is not None
    monkeypatch.setattr(response, "_LEAST_SHARE", 0.999)
    assert responded(fit.model, fit.blocks, fit.state) is fit.state


def test_what_the_rows_rule_out_is_left_out(monkeypatch):
    """All counts are zero: the log density is far from quadratic over so wide a covariance."""
    blocks = blocks_of(likelihoods.Poisson(), X, np.zeros(40))
    fit = Fitted(likelihoods.Poisson(), Ridge(), blocks, tol=1e-6)
    assert responded(fit.model, fit.blocks, fit.state) is fit.state
    monkeypatch.setattr(response, "_LEAST_SHARE", 0.01)
    found = responded(fit.model, fit.blocks, fit.state).posterior.response
    assert np.trace(covariance_of(found)) > 3.0 * np.trace(covariance_of(fit.posterior.root))
