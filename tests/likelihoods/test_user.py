"""A user's log density against the likelihoods that know their own derivatives."""

import pickle

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln
from scipy.stats import norm
from sklearn.base import clone

from skvi import VariationalGLMRegressor
from skvi.likelihoods import Bernoulli, LogDensity
from skvi.likelihoods._base import LikelihoodError
from tests._cases.likelihoods import LIKELIHOODS

NONE = np.empty(0)
MEANS = np.linspace(-5.0, 5.0, 11)


def bernoulli(y, eta):
    return y * eta - np.logaddexp(0.0, eta)


def poisson(y, eta):
    return y * eta - np.exp(eta) - gammaln(y + 1.0)


def normal(y, eta, sd):
    return norm.logpdf(y, eta, sd)


def normal_mean(eta, sd):
    return eta


def normal_rvs(eta, rng, sd):
    return eta + sd * rng.standard_normal(np.shape(eta))


NORMAL = LogDensity(normal, parameters={"sd": 1.0}, mean=normal_mean, rvs=normal_rvs)


def grid(values, variance):
    y, mean = (a.ravel() for a in np.meshgrid(values, MEANS))
    return y[:, None], mean, np.full(len(mean), variance)


@pytest.mark.parametrize("variance", [0.0, 1e-8, 1e-3, 0.01, 0.3, 1.0, 4.0])
def test_reproduces_bernoulli(variance):
    y, mean, v = grid([0.0, 1.0], variance)
    got = LogDensity(bernoulli).expectations(y, mean, v, NONE)
    reference = Bernoulli().expectations(Bernoulli().columns(y), mean, v, NONE)
    for ours, theirs in zip(got, reference, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=3e-9)


@pytest.mark.parametrize(("variance", "error"), [(9.0, 4e-8), (25.0, 3e-5), (1000.0, 0.1)])
def test_digits_are_lost_at_large_variances(variance, error):
    y, mean, v = grid([0.0, 1.0], variance)
    got = LogDensity(bernoulli).expectations(y, mean, v, NONE)
    reference = Bernoulli().expectations(Bernoulli().columns(y), mean, v, NONE)
    for ours, theirs in zip(got, reference, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=error)


@pytest.mark.parametrize("variance", [0.0, 1e-8, 1e-3, 0.01, 0.3, 1.0, 4.0, 25.0])
def test_reproduces_poisson(variance):
    y, mean, v = grid([0.0, 1.0, 30.0], variance)
    value, slope, curvature = LogDensity(poisson).expectations(y, mean, v, NONE)
    expected = np.exp(mean + 0.5 * v)
    reference = y[:, 0] * mean - expected - gammaln(y[:, 0] + 1.0)
    np.testing.assert_allclose(value, reference, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(slope, y[:, 0] - expected, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(curvature, expected, rtol=1e-9, atol=1e-8)


@pytest.mark.parametrize("variance", [1e-3, 0.0099, 0.0101, 0.5, 2.0])
def test_derivatives(variance):
    y, mean, v = grid([0.0, 1.0], variance)
    likelihood = LogDensity(bernoulli)
    _, slope, curvature = likelihood.expectations(y, mean, v, NONE)

    def value(mean, v):
        return likelihood.expectations(y, mean, v, NONE)[0]

    step = 1e-4
    difference = (value(mean + step, v) - value(mean - step, v)) / (2.0 * step)
    np.testing.assert_allclose(slope, difference, atol=1e-8)
    step = 1e-3 * variance
    difference = (value(mean, v + step) - value(mean, v - step)) / (2.0 * step)
    np.testing.assert_allclose(curvature, -2.0 * difference, atol=1e-12 / step + 1e-7)


def test_parameters_are_learned_on_the_log_scale():
    rng = np.random.default_rng(0)
    y = NORMAL.columns(3.0 * rng.standard_normal((500, 1)))
    predictor, parameters = NORMAL.begin(NORMAL.statistics(y, np.ones(500)))
    assert predictor == parameters == [0.0]
    rows = (np.zeros(500), np.full(500, 0.5))
    for _ in range(8):
        slope, curvature = NORMAL.parameter_slopes(y, *rows, parameters, np.ones(500))
        parameters = parameters + np.linalg.solve(curvature, slope)
    expected = np.sqrt(np.mean(y**2) + 0.5)
    np.testing.assert_allclose(NORMAL.named(parameters)["sd"], expected, rtol=1e-6)


def test_conditional():
    eta, parameters = np.array([[0.0, 1.0, 4.0]]), np.log([2.0])
    distribution = NORMAL.conditional(eta, parameters)
    np.testing.assert_array_equal(distribution.mean(), eta)
    np.testing.assert_allclose(distribution.pdf(1.0), norm.pdf(1.0, eta, 2.0), rtol=1e-13)
    np.testing.assert_allclose(distribution.logpdf(eta), norm.logpdf(eta, eta, 2.0), rtol=1e-13)
    draws = distribution.rvs((20000, 3), random_state=0)
    np.testing.assert_allclose(draws.mean(axis=0), eta[0], atol=0.05)
    assert distribution.rvs(random_state=np.random.RandomState(0)).shape == (1, 3)


@pytest.mark.parametrize("call", [lambda d: d.mean(), lambda d: d.rvs()])
def test_what_is_not_given_is_named(call):
    with pytest.raises(LikelihoodError, match="gives no `(mean|rvs)` of targets: give LogDensity"):
        call(LogDensity(bernoulli).conditional(np.zeros(2), NONE))


@pytest.mark.parametrize("call", [lambda d: d.var(), lambda d: d.cdf(0.0), lambda d: d.ppf(0.5)])
def test_what_is_not_known_says_what_to_do(call):
    with pytest.raises(LikelihoodError, match="draw targets with rvs"):
        call(NORMAL.conditional(np.zeros(2), np.zeros(1)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("function", 3.0),
        ("start", np.inf),
        ("discrete", 1),
        ("parameters", {"sd": -1.0}),
        ("parameters", {"sd": True}),
        ("parameters", [1.0]),
        ("mean", 0.0),
        ("rvs", "normal"),
    ],
)
def test_bad_arguments(name, value):
    with pytest.raises(LikelihoodError, match=f"LogDensity: {name} must be .*, got "):
        clone(NORMAL).set_params(**{name: value}).check()
    NORMAL.check()


def test_targets_without_density():
    def log_uniform(y, eta):
        return np.where(y < 1.0, 0.0, -np.inf)

    with pytest.raises(LikelihoodError, match=r"y holds 2, whose log density is -inf at .*start=0"):
        LogDensity(log_uniform).columns(np.array([[0.5], [2.0]]))
    with pytest.raises(LikelihoodError, match=r"returns shape \(\); expected \(2,\)"):
        LogDensity(lambda y, eta: 0.0).columns(np.array([[0.5], [2.0]]))


def test_never_nan():
    def log_density(y, eta):
        return np.log(eta) - np.exp(eta)

    y, mean, _ = grid([0.0], 1.0)
    for variance in (0.0, 1.0, 1000.0):
        for result in LogDensity(log_density).expectations(y, 1e3 * mean, mean**2 * variance, NONE):
            assert not np.isnan(result).any()


def test_can_be_cloned_and_pickled():
    copy = pickle.loads(pickle.dumps(clone(NORMAL)))
    y, mean, v = grid([0.0, 2.0], 0.5)
    np.testing.assert_array_equal(
        copy.expectations(y, mean, v, np.zeros(1)), NORMAL.expectations(y, mean, v, np.zeros(1))
    )


def test_a_fit_predicts_what_the_functions_tell():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((80, 2))
    y = X[:, 0] + 0.5 * rng.standard_normal(80)

    def fitted(**functions):
        likelihood = LogDensity(normal, parameters={"sd": 1.0}, **functions)
        return VariationalGLMRegressor(likelihood=likelihood).fit(X, y)

    model = fitted()
    mean, variance = model._moments(X)
    sd = np.sqrt(variance + model.likelihood_parameters_["sd"] ** 2)
    expected = norm(mean, sd).logpdf(y)
    np.testing.assert_allclose(model.log_predictive_density(X, y), expected, rtol=1e-7)
    with pytest.raises(LikelihoodError, match="give LogDensity a function mean"):
        model.predict(X)
    with pytest.raises(LikelihoodError, match="gives no quantile of targets"):
        model.predict_interval(X)
    np.testing.assert_allclose(fitted(mean=normal_mean).predict(X), mean, rtol=1e-6)
    assert fitted(rvs=normal_rvs).sample_y(X, 3).shape == (80, 3)


def writes_eta(y, eta):
    eta *= 2.0
    return bernoulli(y, eta)


def writes_y(y, eta):
    y[0] = 0.0
    return bernoulli(y, eta)


@pytest.mark.parametrize("function", [writes_eta, writes_y])
def test_what_functions_are_given_stays_as_it_is(function):
    X = np.random.RandomState(0).standard_normal((30, 2))
    y = np.ones(30)
    with pytest.raises(ValueError, match="read-only"):
        VariationalGLMRegressor(likelihood=LogDensity(function)).fit(X, y)
    assert np.all(y == 1.0)


@pytest.mark.parametrize("bad", [np.sum, lambda value: value[:, None], lambda value: value[1:]])
@pytest.mark.parametrize("calls", [0, 1, 7])
def test_a_wrong_shape_is_named_whenever_it_comes(bad, calls):
    seen = []

    def function(y, eta):
        seen.append(1)
        value = bernoulli(y, eta)
        return value if len(seen) <= calls else bad(value)

    X = np.random.RandomState(0).standard_normal((30, 2))
    with pytest.raises(LikelihoodError, match=r"function returns shape .*; expected \(30,\)"):
        VariationalGLMRegressor(likelihood=LogDensity(function)).fit(X, np.ones(30))


def test_wrong_shapes_of_means_and_draws():
    likelihood = LogDensity(
        bernoulli, mean=lambda eta: np.mean(eta), rvs=lambda eta, rng: rng.uniform(size=3)
    )
    law = likelihood.conditional(np.zeros(5), NONE)
    with pytest.raises(LikelihoodError, match=r"mean returns shape \(\); expected \(5,\)"):
        law.mean()
    with pytest.raises(LikelihoodError, match=r"rvs returns shape \(3,\); expected \(2, 5\)"):
        law.rvs((2, 5))


def test_what_a_support_gives_is_that_of_the_truncated_poisson():
    case = LIKELIHOODS["LogDensity"]["counts"]
    eta = np.array([-1.0, 0.5, 2.5])
    law, whole = case.likelihood.conditional(eta, np.empty(0)), stats.poisson(np.exp(eta))
    left = whole.sf(0)
    np.testing.assert_allclose(law.mean(), whole.mean() / left, rtol=1e-12)
    second = (whole.var() + whole.mean() ** 2) / left
    np.testing.assert_allclose(law.var(), second - law.mean() ** 2, rtol=1e-10)
    for y in (0.0, 1.0, 3.5, 30.0):
        expected = np.maximum(whole.cdf(y) - whole.pmf(0), 0.0) / left
        np.testing.assert_allclose(law.cdf(y), expected, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(law.sf(y), 1.0 - expected, rtol=1e-9, atol=1e-15)
        assert np.all((law.pmf(y) > 0.0) == (y in (1.0, 30.0)))
    for q in (0.1, 0.6, 0.99):
        np.testing.assert_array_equal(law.ppf(q), whole.ppf(whole.pmf(0) + q * left))
    draws = law.rvs((20_000, 3), 0)
    assert np.all(np.abs(draws.mean(axis=0) - law.mean()) < 5.0 * law.std() / np.sqrt(20_000))
    with pytest.raises(LikelihoodError, match=r"y holds 0; expected whole numbers from 1 to inf"):
        case.likelihood.columns(np.zeros((1, 1)))


@pytest.mark.parametrize("support", [(1,), (-1, 5), (5, 1), (0.5, 3), "all", [0, 1], (np.inf,) * 2])
def test_supports_are_whole_numbers(support):
    function = LIKELIHOODS["LogDensity"]["counts"].likelihood.function
    with pytest.raises(LikelihoodError, match="LogDensity: support must be"):
        LogDensity(function, discrete=True, support=support).check()
    with pytest.raises(LikelihoodError, match="LogDensity: support must be"):
        LogDensity(function, support=(0, 9)).check()
