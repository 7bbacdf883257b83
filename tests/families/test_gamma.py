import mpmath
import numpy as np
import pytest
from scipy import stats

from skvi.families import Gamma


def reference_kl(p, q):
    (a, b), (c, d) = (tuple(map(mpmath.mpf, pair)) for pair in (p, q))
    first = (a - c) * mpmath.digamma(a) - mpmath.loggamma(a) + mpmath.loggamma(c)
    return float(first + c * mpmath.log(b / d) + a * (d - b) / b)


@pytest.mark.parametrize(
    ("p", "q"),
    [
        ((1e8, 1e8), (1e8 + 1, 1e8 + 1)),
        ((1e8, 1.0), (1e8 + 3e4, 1.0003)),
        ((1e12, 2.0), (1e12 * (1 + 1e-9), 2.0)),
        ((1e8, 3.0), (1e-3, 1e-3)),
        ((1e-3, 1e-3), (1e8, 1.0)),
        ((1e-3, 7.0), (1.1e-3, 7.0)),
        ((2.0, 3.0), (2.5, 0.1)),
    ],
)
def test_divergence_keeps_its_digits(p, q):
    with mpmath.workdps(60):
        expected = reference_kl(p, q)
    # Rounding of the rates moves the ratio of the means by one part in 1e16.
    tolerance = 1e-12 * expected + 4e-16 * np.sqrt(2.0 * max(p[0], q[0]) * expected) + 1e-14
    assert abs(Gamma(*p).kl(Gamma(*q)) - expected) < tolerance


@pytest.mark.parametrize("shape", [1e-3, 0.7, 1.0, 30.0])
def test_density_and_moments_are_those_of_scipy(shape):
    ours, theirs = Gamma(shape, 2.5), stats.gamma(shape, scale=1 / 2.5)
    x = np.logspace(-6, 2, 30)
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(ours.expected_value(), theirs.mean(), rtol=1e-14)
    np.testing.assert_allclose(ours.variance(), theirs.var(), rtol=1e-14)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-12)


@pytest.mark.parametrize("deviation", [-3.0, 0.0, 5.0])
def test_density_of_a_huge_shape_keeps_its_digits(deviation):
    shape = 1e8
    x = shape + deviation * 1e4
    with mpmath.workdps(60):
        a, v = mpmath.mpf(shape), mpmath.mpf(x)
        expected = float((a - 1) * mpmath.log(v) - v - mpmath.loggamma(a))
    np.testing.assert_allclose(Gamma(shape, 1.0).log_density(x), expected, rtol=1e-12)


@pytest.mark.parametrize("shape", [0.2, 1.0, 8.0, 1e6])
def test_density_integrates_to_one(shape):
    distribution = Gamma(shape, 3.0)
    u = max(1.0 / shape, 1.0 / np.sqrt(shape)) * np.linspace(-45.0, 12.0, 20001)
    x = shape / 3.0 * np.exp(u)
    density = np.exp(distribution.log_density(x) + np.log(shape / 3.0) + u)
    np.testing.assert_allclose(density.sum() * (u[1] - u[0]), 1.0, rtol=1e-10)


def test_poisson_and_precision_updates_add():
    updated = Gamma(np.array(2.0), np.array(1.0)).updated(7.0, 3.0)
    assert tuple(updated) == (9.0, 4.0)
