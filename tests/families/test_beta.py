import mpmath
import numpy as np
import pytest
from scipy import stats

from skvi.families import Beta

SETTINGS = [(0.5, 0.5), (2.5, 7.0), (1.0, 1.0), (30.0, 0.4)]
EXTREME = [(1e-3, 1e-3), (1e8, 1e8), (1e8, 1.5), (1e-3, 1e8), (1e12, 3.0)]


@pytest.mark.parametrize(("a", "b"), SETTINGS)
def test_density_and_moments_are_those_of_scipy(a, b):
    ours, theirs = Beta(a, b), stats.beta(a, b)
    x = np.linspace(0.001, 0.999, 31)
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(ours.expected_value(), theirs.mean(), rtol=1e-14)
    np.testing.assert_allclose(ours.variance(), theirs.var(), rtol=1e-13)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(("a", "b"), SETTINGS)
def test_density_integrates_to_one(a, b):
    logit = np.linspace(-36.0, 36.0, 20001) / min(1.0, a, b)
    logit = logit[np.abs(logit) < 36.0]
    x = 1.0 / (1.0 + np.exp(-logit))
    density = np.exp(Beta(a, b).log_density(x)) * x * (1.0 - x)
    left_and_right = x[0] ** a / a + (1.0 - x[-1]) ** b / b
    total = density.sum() * (logit[1] - logit[0])
    normalizer = np.exp(Beta(a, b).log_normalizer())
    np.testing.assert_allclose(total + left_and_right / normalizer, 1.0, rtol=1e-6)


@pytest.mark.parametrize(("a", "b"), SETTINGS + EXTREME)
def test_normalizer_and_expected_logs_keep_their_digits(a, b):
    with mpmath.workdps(60):
        x, y = mpmath.mpf(a), mpmath.mpf(b)
        normalizer = float(mpmath.loggamma(x) + mpmath.loggamma(y) - mpmath.loggamma(x + y))
        expected = [float(mpmath.digamma(s) - mpmath.digamma(x + y)) for s in (x, y)]
    distribution = Beta(a, b)
    np.testing.assert_allclose(distribution.log_normalizer(), normalizer, rtol=2e-14, atol=1e-13)
    statistics = distribution.expected_statistics()
    np.testing.assert_allclose(statistics, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("p", SETTINGS + EXTREME)
@pytest.mark.parametrize("q", SETTINGS + EXTREME)
def test_divergence_keeps_its_digits(p, q):
    with mpmath.workdps(60):
        (a, b), (c, d) = (tuple(map(mpmath.mpf, pair)) for pair in (p, q))
        total = mpmath.digamma(a + b)
        expected = mpmath.log(mpmath.beta(c, d) / mpmath.beta(a, b))
        expected += (a - c) * (mpmath.digamma(a) - total) + (b - d) * (mpmath.digamma(b) - total)
        expected = float(expected)
    value = Beta(*map(np.array, p)).kl(Beta(*map(np.array, q)))
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-13)
