"""One interface for the predictive distributions of all likelihoods."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import gammaln
from sklearn.exceptions import ConvergenceWarning

from skvi import VariationalGLMRegressor
from skvi.likelihoods import LogDensity, Tweedie
from skvi.priors import Ridge

RNG = np.random.RandomState(0)
X = RNG.standard_normal((80, 2))
TRIALS = RNG.randint(1, 30, 80)


@pytest.mark.parametrize("likelihood", ["binomial", "probit"])
def test_successes_among_trials_are_drawn(likelihood):
    successes = RNG.binomial(TRIALS, 1.0 / (1.0 + np.exp(-X[:, 0])))
    model = VariationalGLMRegressor(likelihood=likelihood).fit(X, successes, exposure=TRIALS)
    trials = np.array([5.0, 0.0, 12.0])
    drawn = model.sample_y(X[:3], 4000, exposure=trials)
    law = model.predict_dist(X[:3], exposure=[5, 0, 12])
    for draws in (drawn.T, law.rvs(4000, random_state=0)):
        assert draws.shape == (4000, 3)
        assert np.all((draws >= 0.0) & (draws <= trials))
        limit = 4.0 * law.std() / np.sqrt(4000) + 1e-12
        assert np.all(np.abs(draws.mean(axis=0) - law.mean()) < limit)
    for wrong, message in (([2.5, 1.0, 1.0], "exposure holds 2.5"), ([1e300] * 3, "at most 9.*")):
        with pytest.raises(ValueError, match=message):
            model.sample_y(X[:3], exposure=wrong)


@pytest.mark.parametrize("power", [1.001, 1.5, 1.999])
def test_amounts_far_beyond_any_that_were_seen(power):
    """Answered in finite time: their series has more terms than can be counted."""
    y = np.exp(0.5 * X[:, 0]) * RNG.poisson(1.0, 80) * RNG.gamma(2.0, 1.0, 80)
    model = VariationalGLMRegressor(likelihood=Tweedie(power)).fit(X, y)
    law = model.predict_dist(X[:2])
    far = np.array([1e60, 1e100, 1e200, 1e300, 1.7e308])[:, None]
    assert np.all(law.logpdf(far) < -50.0)
    np.testing.assert_array_equal(law.pdf(1e300), [0.0, 0.0])
    np.testing.assert_allclose(law.cdf(far), 1.0, rtol=1e-3)
    assert model.log_predictive_density(X[:2], [1e100, 1.0])[1] == law.logpdf([1.0, 1.0])[1]


def test_an_amount_that_no_series_can_be_summed_for_is_fitted():
    model = VariationalGLMRegressor(likelihood=Tweedie(1.5))
    with pytest.warns(ConvergenceWarning, match="so closely that dispersion"):
        model.fit(X[:20], 1e40 * np.ones(20))
    np.testing.assert_allclose(model.predict(X[:20]), 1e40, rtol=1e-2)
    assert np.all(np.isfinite(model.loo().log_density))


def test_counts_between_the_whole_numbers_have_the_density_that_is_fitted():
    rates = RNG.poisson(np.exp(0.5 * X[:, 0])) + 0.5
    model = VariationalGLMRegressor(likelihood="poisson").fit(X, rates)
    logs = model.log_predictive_density(X, rates)
    refits = []
    for row in range(0, 80, 16):
        kept = np.arange(80) != row
        other = VariationalGLMRegressor(likelihood="poisson").fit(X[kept], rates[kept])
        refits.append(other.log_predictive_density(X[[row]], rates[[row]])[0])
    np.testing.assert_allclose(model.loo().log_density[::16], refits, atol=0.05)
    weights = hermegauss(60)[1] / np.sqrt(2.0 * np.pi)
    law = model.predict_dist(X)
    eta = law.eta_mean + law.eta_sd * hermegauss(60)[0][:, None]
    density = np.exp(rates * eta - np.exp(eta) - gammaln(rates + 1.0))
    np.testing.assert_allclose(logs, np.log(weights @ density), rtol=1e-7)
    np.testing.assert_array_equal(law.pmf(rates), 0.0)


@pytest.mark.parametrize("far", [1e2, 1e3, 1e5])
@pytest.mark.parametrize("likelihood", ["poisson", "negative_binomial", "gamma", "weibull"])
def test_rows_far_away_have_large_answers_and_no_nan(likelihood, far):
    rng = np.random.RandomState(0)
    counts = rng.poisson(np.exp(1.0 + 0.5 * X[:, 0]))
    model = VariationalGLMRegressor(likelihood=likelihood).fit(X, counts + 1.0)
    rows = np.array([[far, 0.0], [-far, 0.0], [0.0, 0.0]])
    mean, std = model.predict(rows, return_std=True)
    interval, law = model.predict_interval(rows), model.predict_dist(rows)
    drawn = [model.sample_y(rows, 20), law.rvs(20)]
    for values in (mean, std, interval, law.cdf([1e300, 1.0, 1.0]), law.pdf(1e300), *drawn):
        assert not np.any(np.isnan(values))
        assert np.all(values >= 0.0)
    assert np.all(interval[:, 0] <= interval[:, 1])
    assert interval[0, 0] > interval[2, 1]
    assert np.all(law.pdf(1e300) <= 1e-300)
    assert np.isnan(law.ppf([1.5, -1.0, np.nan])).all()


def test_counts_of_a_log_density_with_a_support_have_intervals_and_transforms():
    def log_mass(y, eta):
        return y * eta - np.exp(eta) - gammaln(y + 1.0)

    counts = RNG.poisson(np.exp(0.5 * X[:, 0]))
    own = LogDensity(log_mass, discrete=True, support=(0, np.inf))
    ours = VariationalGLMRegressor(likelihood=own, prior=Ridge(1.0)).fit(X, counts)
    theirs = VariationalGLMRegressor(likelihood="poisson", prior=Ridge(1.0)).fit(X, counts)
    np.testing.assert_array_equal(ours.predict_interval(X), theirs.predict_interval(X))
    np.testing.assert_allclose(ours.loo().pit, theirs.loo().pit, atol=2e-3)
    expected = theirs.predict(X, return_std=True)
    np.testing.assert_allclose(ours.predict(X, return_std=True), expected, rtol=5e-3)
