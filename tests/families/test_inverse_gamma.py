import numpy as np
import pytest
from scipy import stats

from skvi.families import InverseGamma


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.5, 40.0])
def test_density_and_entropy_are_those_of_scipy(shape):
    ours, theirs = InverseGamma(shape, 2.5), stats.invgamma(shape, scale=2.5)
    x = np.logspace(-1, 3, 30)
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-12)


def test_moments_are_those_of_scipy_where_they_exist():
    shape = np.array([0.5, 1.0, 1.5, 2.0, 3.0])
    ours, theirs = InverseGamma(shape, 2.0), stats.invgamma(shape, scale=2.0)
    np.testing.assert_allclose(ours.expected_value(), theirs.mean())
    np.testing.assert_array_equal(ours.variance(), [np.nan, np.nan, np.inf, np.inf, 1.0])


def test_divergence_and_expected_log_are_those_of_the_reciprocal():
    p, q = InverseGamma(2.5, 3.0), InverseGamma(1.5, 0.2)
    u = np.linspace(-6.0, 14.0, 20001)
    x = np.exp(u)
    weight = np.exp(p.log_density(x) + u) * (u[1] - u[0])
    ratio = p.log_density(x) - q.log_density(x)
    np.testing.assert_allclose((weight * ratio).sum(), p.kl(q), rtol=1e-9)
    np.testing.assert_allclose((weight * u).sum(), p.expected_log(), rtol=1e-9)
    np.testing.assert_allclose(weight.sum(), 1.0, rtol=1e-10)
