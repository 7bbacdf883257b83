"""Expectations of the logistic function under a normal against quadrature in many digits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from mpmath import mp
from scipy.special import expit

from skvi.numerics.logistic_normal import logistic_normal

MEANS = np.array([-60.0, -20.0, -7.0, -3.0, -0.7, 0.0, 0.2, 1.5, 5.0, 12.0, 60.0])
VARIANCES = np.array([0.0, 1e-8, 1e-3, 0.1, 1.0, 4.0, 25.0, 1e2, 1e3])
TOLERANCES = (5e-11, 1e-10, 2e-10)


def expectations(mean, variance):
    mean, variance = (np.ascontiguousarray(a, dtype=np.float64) for a in (mean, variance))
    results = tuple(np.full(len(mean), np.nan) for _ in range(3))
    logistic_normal(mean, variance, *results)
    return results


def trapezoid(mean, variance):
    """Exact to rounding: the functions are analytic within pi of the real line."""
    z = 0.005 * np.arange(-1800, 1801)
    eta = mean + np.sqrt(variance) * z
    weight = 0.005 * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    values = np.logaddexp(0.0, eta), expit(eta), expit(eta) * expit(-eta)
    return [weight @ value for value in values]


def in_many_digits(mean, variance):
    """The three expectations by adaptive quadrature in 25 digits."""
    with mp.workdps(25):
        m, sd = mp.mpf(mean), mp.sqrt(mp.mpf(variance))

        def under_the_normal(function):
            return mpmath.quad(lambda z: mpmath.npdf(z) * function(m + sd * z), range(-16, 17))

        sigmoid = lambda x: 1 / (1 + mp.exp(-x))  # noqa: E731
        functions = (
            lambda x: mp.log1p(mp.exp(x)),
            sigmoid,
            lambda x: sigmoid(x) * sigmoid(-x),
        )
        return [float(under_the_normal(function)) for function in functions]


def test_expectations_at_any_mean_and_variance():
    means = np.append(MEANS, np.linspace(-12.0, 12.0, 121))  # where errors are largest
    mean, variance = (axis.ravel() for axis in np.meshgrid(means, VARIANCES))
    expected = np.array([trapezoid(m, v) for m, v in zip(mean, variance, strict=True)]).T
    for ours, reference, tolerance in zip(
        expectations(mean, variance), expected, TOLERANCES, strict=True
    ):
        np.testing.assert_allclose(ours, reference, rtol=0, atol=tolerance)


@pytest.mark.parametrize(("mean", "variance"), [(-4.0, 0.5), (0.3, 2.0), (2.5, 9.0)])
def test_expectations_in_many_digits(mean, variance):
    ours = np.ravel(expectations([mean], [variance]))
    reference = np.array(in_many_digits(mean, variance))
    assert np.all(np.abs(ours - reference) < TOLERANCES)
    np.testing.assert_allclose(trapezoid(mean, variance), reference, rtol=1e-13)


def test_each_result_is_the_derivative_of_the_one_before():
    mean, variance = (a.ravel() for a in np.meshgrid(MEANS, VARIANCES[3:]))
    ahead, behind = expectations(mean + 1e-3, variance), expectations(mean - 1e-3, variance)
    farther = expectations(mean + 2e-3, variance), expectations(mean - 2e-3, variance)
    here = expectations(mean, variance)
    for k in range(2):
        near, far = ahead[k] - behind[k], farther[0][k] - farther[1][k]
        np.testing.assert_allclose((8.0 * near - far) / 12e-3, here[k + 1], atol=2e-11)
    step = 1e-3 * variance
    values = [expectations(mean, variance + s * step)[0] for s in (-2, -1, 1, 2)]
    slope = (values[0] - 8.0 * values[1] + 8.0 * values[2] - values[3]) / (12.0 * step)
    np.testing.assert_allclose(slope, 0.5 * here[2], atol=1e-10)


def test_symmetry_and_limits():
    mean = np.linspace(0.0, 300.0, 150)  # more than two chunks
    for variance in (0.0, 1.0, 900.0):
        up, down = (
            expectations(mean, np.full(150, variance)),
            expectations(-mean, np.full(150, variance)),
        )
        np.testing.assert_allclose(up[0] - down[0], mean, atol=1e-9)
        np.testing.assert_allclose(up[1] + down[1], 1.0, atol=1e-10)
        np.testing.assert_allclose(up[2], down[2], atol=1e-12)
    assert not np.any(np.isnan(expectations([-1e8, 1e8, 0.0], [1e12, 0.0, 1e300])))


def test_nothing_is_fine():
    assert [len(part) for part in expectations([], [])] == [0, 0, 0]
