"""One interface for the predictive distributions of all likelihoods."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import VariationalGLMRegressor

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
