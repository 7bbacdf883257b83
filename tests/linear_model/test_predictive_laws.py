"""One interface for the predictive distributions of all likelihoods."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import VariationalGLMRegressor
from skvi.likelihoods import Tweedie

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
    model = VariationalGLMRegressor(likelihood=Tweedie(1.5)).fit(X[:20], 1e40 * np.ones(20))
    np.testing.assert_allclose(model.predict(X[:20]), 1e40, rtol=1e-2)
    assert np.all(np.isfinite(model.loo().log_density))
