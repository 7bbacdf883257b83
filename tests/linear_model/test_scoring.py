"""Held-out scores: of censored times, of counts with exposures, through scikit-learn's tools."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from scipy.integrate import quad
from scipy.stats import norm
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skvi import VariationalGLMRegressor, VariationalQuantileRegressor
from skvi.priors import Ridge

RNG = np.random.RandomState(0)
X = RNG.standard_normal((90, 2))
LIFE, END = RNG.weibull(1.5, 90) * np.exp(1.0 + 0.5 * X[:, 0]), RNG.exponential(5.0, 90)
TIME, SEEN = np.minimum(LIFE, END), LIFE <= END
COLUMNS = np.column_stack([TIME, SEEN])
STRUCTURED = np.array(list(zip(SEEN, TIME, strict=True)), dtype=[("event", bool), ("time", float)])
HOURS = RNG.uniform(1.0, 10.0, 90)
COUNTS = RNG.poisson(HOURS * np.exp(0.5 * X[:, 0]))


def expected_log_density(model, row, time, seen):
    """A Weibull density, or probability to exceed, averaged over the normal predictor."""
    shape = model.likelihood_parameters_.get("shape", 1.0)
    draws = model.posterior_.coef.mean @ row + model.intercept_
    design = np.append(row, 1.0)
    joint = np.cov(_draws(model).T)
    sd = np.sqrt(design @ joint @ design)

    def integrand(eta):
        hazard = (time * np.exp(-eta)) ** shape
        density = shape * hazard / time if seen else 1.0
        return density * np.exp(-hazard) * norm.pdf(eta, draws, sd)

    return np.log(quad(integrand, draws - 10 * sd, draws + 10 * sd, epsabs=0.0)[0])


def _draws(model):
    """Coefficients and intercepts, drawn together."""
    coef = model.posterior_.coef.sample(200_000, random_state=0)
    intercept = model.posterior_.intercept.sample(200_000, random_state=0)
    return np.column_stack([coef, intercept])


@pytest.mark.parametrize("likelihood", ["weibull", "exponential"])
def test_censored_times_have_log_survival_probabilities(likelihood):
    model = VariationalGLMRegressor(likelihood=likelihood).fit(X, COLUMNS)
    by_columns = model.log_predictive_density(X, COLUMNS)
    for row in (int(np.flatnonzero(SEEN)[0]), int(np.flatnonzero(~SEEN)[0])):
        expected = expected_log_density(model, X[row], TIME[row], SEEN[row])
        assert by_columns[row] == pytest.approx(expected, abs=2e-3)  # of the drawn covariance
    np.testing.assert_array_equal(model.log_predictive_density(X, STRUCTURED), by_columns)
    law = model.predict_dist(X)
    np.testing.assert_allclose(by_columns[SEEN], law.logpdf(TIME)[SEEN], rtol=1e-9)
    np.testing.assert_allclose(by_columns[~SEEN], np.log(law.sf(TIME))[~SEEN], rtol=1e-9)
    np.testing.assert_array_equal(model.log_predictive_density(X, TIME), law.logpdf(TIME))


def test_times_far_beyond_any_that_were_seen():
    model = VariationalGLMRegressor(likelihood="exponential").fit(X, COLUMNS)
    far = model.log_predictive_density(X[:1], [[1e12, 0.0]])
    assert np.isfinite(far[0])
    assert far[0] < -700.0


def test_the_score_of_censored_times_is_their_mean_log_density():
    model = VariationalGLMRegressor(likelihood="weibull").fit(X, COLUMNS)
    weights = RNG.uniform(0.0, 2.0, 90)
    logs = model.log_predictive_density(X, COLUMNS)
    for y in (COLUMNS, STRUCTURED):
        assert model.score(X, y) == pytest.approx(logs.mean(), rel=1e-12)
        expected = weights @ logs / weights.sum()
        assert model.score(X, y, sample_weight=weights) == pytest.approx(expected, rel=1e-12)
    assert model.score(X, TIME) == pytest.approx(r2_score(TIME, model.predict(X)), rel=1e-12)
    with pytest.raises(ValueError, match="second column of y holds 2"):
        model.score(X, COLUMNS + [0.0, 1.0])


@pytest.mark.parametrize("y", [COLUMNS, STRUCTURED], ids=["columns", "structured"])
def test_censored_times_are_cross_validated(y):
    weibull = VariationalGLMRegressor(likelihood="weibull")
    scores = cross_val_score(weibull, X, y, cv=3, error_score="raise")
    halves = [slice(0, 30), slice(30, 60), slice(60, 90)]
    for score, held in zip(scores, halves, strict=True):
        kept = np.setdiff1d(np.arange(90), np.arange(90)[held])
        model = VariationalGLMRegressor(likelihood="weibull").fit(X[kept], y[kept])
        assert score == pytest.approx(model.log_predictive_density(X[held], y[held]).mean())
    grid = {"prior": [Ridge(1.0), Ridge(1e8)]}
    search = GridSearchCV(weibull, grid, cv=3, error_score="raise").fit(X, y)
    assert search.best_params_["prior"].alpha == 1.0  # no coefficient is left under the other


def test_transforms_of_censored_times_are_in_the_middle_of_what_they_may_be():
    rng = np.random.RandomState(1)
    rows = rng.standard_normal((3000, 1))
    life, end = np.exp(0.4 * rows[:, 0]) * rng.exponential(size=3000), rng.exponential(2.0, 3000)
    y = np.column_stack([np.minimum(life, end), life <= end])
    pit = VariationalGLMRegressor(likelihood="exponential").fit(rows, y).loo().pit
    below = -np.expm1(-y[:, 0] * np.exp(-0.4 * rows[:, 0]))
    np.testing.assert_allclose(pit, np.where(life <= end, below, 0.5 + 0.5 * below), atol=0.04)
    assert abs(pit.mean() - 0.5) < 0.02


def test_scores_at_the_exposures_of_the_rows():
    model = VariationalGLMRegressor().fit(X, COUNTS, exposure=HOURS)
    offset = 0.1 * X[:, 1]
    mean = model.predict(X, exposure=HOURS, offset=offset)
    score = model.score(X, COUNTS, exposure=HOURS, offset=offset)
    assert score == pytest.approx(r2_score(COUNTS, mean), rel=1e-12)
    assert model.score(X, COUNTS) < score
    quantile = VariationalQuantileRegressor().fit(X, COUNTS, offset=offset)
    expected = r2_score(COUNTS, quantile.predict(X, offset=offset))
    assert quantile.score(X, COUNTS, offset=offset) == pytest.approx(expected, rel=1e-12)


def test_scores_at_exposures_in_cross_validation():
    with sklearn.config_context(enable_metadata_routing=True):
        model = VariationalGLMRegressor().set_fit_request(exposure=True)
        pipeline = make_pipeline(StandardScaler(), model.set_score_request(exposure=True))
        scores = cross_validate(
            pipeline, X, COUNTS, cv=3, params={"exposure": HOURS}, error_score="raise"
        )["test_score"]
    for score, start in zip(scores, (0, 30, 60), strict=True):
        held = np.arange(start, start + 30)
        kept = np.setdiff1d(np.arange(90), held)
        fitted = make_pipeline(StandardScaler(), VariationalGLMRegressor())
        fitted.fit(X[kept], COUNTS[kept], variationalglmregressor__exposure=HOURS[kept])
        mean = fitted[-1].predict(fitted[0].transform(X[held]), exposure=HOURS[held])
        assert score == pytest.approx(r2_score(COUNTS[held], mean), rel=1e-9)


def test_nothing_is_scored_before_the_fit():
    for ask in ("score", "log_predictive_density"):
        with pytest.raises(sklearn.exceptions.NotFittedError):
            getattr(VariationalGLMRegressor(), ask)(X, COUNTS)
