"""Priors at the ends of their ranges beside data at the ends of theirs."""

from __future__ import annotations

import warnings

import mpmath
import numpy as np
import pytest
from scipy import stats
from sklearn.exceptions import ConvergenceWarning

from skvi import (
    Flat,
    Gamma,
    HalfCauchy,
    HalfStudentT,
    Normal,
    Ridge,
    VariationalBayesianRegression,
)

SCALES = [1.0, 1e149, 1e-149, 1e60, 1e-60]
RATIOS = [1e99, 1e-99, 1e60, 1e-60, 1e8, 1e-8, 1.0]
ABSOLUTE = [1e300, 1e-300, 1e150, 1e-150, 1e20, 1e-20, 1.0]


def data(n, p, x_scale=1.0, y_scale=1.0):
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n, p))
    return X * x_scale, (X[:, 0] + 0.5 * rng.normal(size=n)) * y_scale


def within(value, low, high):
    return float(np.clip(value, low, high))


def weight_priors(x_scale, y_scale):
    """Priors about as far from the data as they may be, and some that are farther."""
    priors = [Ridge(), Flat()]
    priors += [Ridge(within(x_scale**2 * ratio, 1e-300, 1e300)) for ratio in RATIOS]
    with np.errstate(over="ignore"):
        unit = np.square(np.float64(y_scale) / x_scale)
        variances = [within(unit * ratio, 1e-300, 1e300) for ratio in RATIOS]
    mean = within(1e9 * (y_scale / x_scale), 1e-150, 1e150)
    priors += [Normal(location, variance) for variance in variances for location in (0.0, mean)]
    priors += [Ridge(alpha) for alpha in ABSOLUTE]
    return priors + [Normal(0.0, variance) for variance in ABSOLUTE]


def noise_priors(y_scale):
    rates = [within(y_scale**2 * ratio, 1e-300, 1e300) for ratio in RATIOS] + ABSOLUTE
    scales = [within(y_scale * np.sqrt(ratio), 1e-150, 1e150) for ratio in RATIOS]
    scales += [1.0, 1e150, 1e-150]
    priors = [None, Flat()] + [Gamma(shape, rate) for shape in (1e-100, 1.0, 1e8) for rate in rates]
    priors += [HalfCauchy(scale) for scale in scales]
    freedoms = (1e-100, 3.0, 1e7, 1e9, 1e100, np.inf)
    return priors + [HalfStudentT(df, scale) for df in freedoms for scale in scales]


def assert_sound(estimator, X, y):
    """Finite answers under warnings that are errors, or a refusal that names what is wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            estimator.fit(X, y)
        except ValueError as refusal:
            message = str(refusal)
        else:
            message = None
    if message is not None:
        assert message.startswith(("prior=", "noise_prior=", "y has a spread"))
        return False
    for values in (estimator.elbo_, estimator.coef_, estimator.intercept_, estimator.predict(X)):
        assert np.all(np.isfinite(values))
    interval = estimator.predict_interval(X)
    assert np.all(np.isfinite(interval))
    assert np.all(np.diff(interval) >= 0.0)
    assert np.all(np.isfinite(estimator.log_predictive_density(X, y)))
    assert not np.any(np.isnan(estimator.predict(X, return_std=True)[1]))
    assert not np.any(np.isnan(estimator.posterior_.noise.sd))
    assert np.all(np.isfinite(estimator.sample_y(X, 2)))
    fall = np.diff(estimator.elbo_history_)
    assert np.all(fall >= -1e-9 * (1.0 + abs(estimator.elbo_)))
    return True


@pytest.mark.parametrize("family", ["structured", "mean_field"])
@pytest.mark.parametrize(("n", "p"), [(7, 2), (4, 6)])
def test_answers_or_refuses(family, n, p):
    rng = np.random.RandomState(n)
    answered = []
    for x_scale in SCALES:
        for y_scale in SCALES:
            X, y = data(n, p, x_scale, y_scale)
            weights, noises = weight_priors(x_scale, y_scale), noise_priors(y_scale)
            for _ in range(14):
                estimator = VariationalBayesianRegression(
                    prior=weights[rng.randint(len(weights))],
                    noise_prior=noises[rng.randint(len(noises))],
                    family=family,
                    fit_intercept=bool(rng.randint(2)),
                    max_iter=20,
                )
                answered.append(assert_sound(estimator, X, y))
    assert 0.2 < np.mean(answered) < 0.9


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {"prior": Ridge(1e300)},
            r"prior=Ridge\(alpha=1e\+300\): alpha must be 1e-100 to 1e\+100 times 1e",
        ),
        ({"prior": Ridge(1e-300)}, r"got 1e-300; choose other units"),
        ({"prior": Normal(0.0, 1e300)}, r"covariance must be 1e-100 to 1e\+100 times"),
        ({"prior": Normal(0.0, np.array([1.0, 1e-300]))}, "covariance must be"),
        ({"prior": Normal(0.0, np.diag([1.0, 1e-300]))}, "covariance must be"),
        ({"prior": Normal(1e11)}, r"mean must be at most 1e\+10 times"),
        ({"noise_prior": Gamma(1.0, 1e300)}, r"noise_prior=.*rate must be 1e-100 to 1e\+100 times"),
        ({"noise_prior": Gamma(1e9, 1.0)}, r"shape must be between 1e-100 and 1e\+08"),
        ({"noise_prior": HalfCauchy(1e-150)}, r"scale must be 1e-50 to 1e\+50 times"),
        ({"noise_prior": HalfStudentT(3.0, 1e150)}, r"scale must be 1e-50 to 1e\+50 times"),
        ({"noise_prior": HalfStudentT(np.inf, 1e-30)}, r"scale must be 1e-10 to 1e\+50 times"),
        (
            {"prior": Normal(1e9, 1e-20), "noise_prior": HalfStudentT(np.inf, 1e-9)},
            r"noise_prior=.*contradicts the data by too many orders of magnitude",
        ),
    ],
)
@pytest.mark.parametrize("family", ["structured", "mean_field"])
def test_refusals_name_what_is_wrong(changes, named, family):
    estimator = VariationalBayesianRegression(family=family, **changes)
    with pytest.raises(ValueError, match=named):
        estimator.fit(*data(7, 2))


def test_slopes_that_are_no_numbers():
    with pytest.raises(ValueError, match=r"y has a spread of .* at most: choose other units"):
        VariationalBayesianRegression().fit(*data(7, 2, 1e-149, 1e149))


@pytest.mark.parametrize("shape", [1e-100, 1.0, 1e6])
@pytest.mark.parametrize("rate", [1e-90, 1e-8, 1e90])
@pytest.mark.parametrize("alpha", [1e-90, 1e-8, 1e90])
def test_evidence_is_the_density_of_student_t(alpha, rate, shape):
    X, y = data(5, 2)
    estimator = VariationalBayesianRegression(
        prior=Ridge(alpha), noise_prior=Gamma(shape, rate), fit_intercept=False
    ).fit(X, y)
    evidence, coef = _exact(X, y, alpha, rate, shape)
    assert estimator.elbo_ == pytest.approx(evidence, rel=1e-9, abs=1e-6)
    np.testing.assert_allclose(estimator.coef_, coef, rtol=1e-9)


def _exact(X, y, alpha, rate, shape):
    """Log evidence and posterior mean, with 250 digits."""
    with mpmath.workdps(250):
        n, p = X.shape
        design, target = mpmath.matrix(X.tolist()), mpmath.matrix(y.tolist())
        a, b = mpmath.mpf(shape), mpmath.mpf(rate)
        inner = design.T * design + mpmath.mpf(alpha) * mpmath.eye(p)
        coef = mpmath.lu_solve(inner, design.T * target)
        quadratic = (target.T * (target - design * coef))[0]
        log_det = mpmath.log(mpmath.det(inner)) - p * mpmath.log(alpha)
        evidence = mpmath.loggamma(a + n / mpmath.mpf(2)) - mpmath.loggamma(a)
        evidence += a * mpmath.log(b) - (a + n / mpmath.mpf(2)) * mpmath.log(b + quadratic / 2)
        evidence -= log_det / 2 + n * mpmath.log(2 * mpmath.pi) / 2
        return float(evidence), [float(value) for value in coef]


@pytest.mark.parametrize("scale", [1e140, 1e-140])
@pytest.mark.parametrize("family", ["structured", "mean_field"])
@pytest.mark.parametrize("n", [8, 3])
def test_extreme_units_change_nothing_but_the_units(family, scale, n):
    X, y = data(n, 4)
    plain = VariationalBayesianRegression(
        prior=Normal(0.5, 2.0), noise_prior=Gamma(2.0, 1.0), family=family
    ).fit(X, y)
    scaled = VariationalBayesianRegression(
        prior=Normal(0.5, 2.0), noise_prior=Gamma(2.0, scale**2), family=family
    ).fit(X * scale, y * scale)
    assert scaled.elbo_ + n * np.log(scale) == pytest.approx(plain.elbo_, rel=1e-9)
    np.testing.assert_allclose(scaled.coef_, plain.coef_, rtol=1e-9)
    np.testing.assert_allclose(scaled.posterior_.coef.sd, plain.posterior_.coef.sd, rtol=1e-9)
    np.testing.assert_allclose(
        scaled.predict(X * scale, return_std=True)[1] / scale,
        plain.predict(X, return_std=True)[1],
        rtol=1e-8,
    )


def test_half_student_t_with_many_degrees_of_freedom_is_half_normal():
    v = np.linspace(-3.0, 3.0, 13)
    normal = HalfStudentT(np.inf, 2.0).log_density_of_log_variance(v)
    for df, tolerance in ((1e9, 1e-7), (1e100, 1e-13)):
        nearly = HalfStudentT(df, 2.0).log_density_of_log_variance(v)
        np.testing.assert_allclose(nearly, normal, rtol=tolerance)
    sd = np.exp(0.5 * v)
    expected = np.log(stats.t(1e9, scale=2.0).pdf(sd) * sd)
    np.testing.assert_allclose(
        HalfStudentT(1e9, 2.0).log_density_of_log_variance(v), expected, rtol=1e-6
    )
