import mpmath
import numpy as np
import pytest
from scipy import stats

from skvi.families import Gamma, Wishart

SCALE = np.array([[2.0, -0.7, 0.1], [-0.7, 0.5, 0.2], [0.1, 0.2, 3.0]])


def test_density_moments_and_entropy_are_those_of_scipy():
    ours, theirs = Wishart(5.5, SCALE), stats.wishart(5.5, np.linalg.inv(SCALE))
    x = ours.sample(6, np.random.RandomState(0))
    expected = theirs.logpdf(np.moveaxis(x, 0, -1))
    np.testing.assert_allclose(ours.log_density(x), expected, rtol=1e-10)
    np.testing.assert_allclose(ours.expected_value(), theirs.mean(), rtol=1e-11)
    np.testing.assert_allclose(ours.variance(), theirs.var(), rtol=1e-11)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-11)


def test_one_dimension_is_a_gamma():
    wishart = Wishart(np.array([3.0]), np.array([[[0.4]]]))
    other = Wishart(np.array([7.5]), np.array([[[2.4]]]))
    gammas = [
        Gamma(0.5 * w.degrees_of_freedom, 0.5 * w.inverse_scale[:, 0, 0]) for w in (wishart, other)
    ]
    np.testing.assert_allclose(wishart.kl(other), gammas[0].kl(gammas[1]), rtol=1e-13)
    np.testing.assert_allclose(wishart.entropy(), gammas[0].entropy(), rtol=1e-13)
    np.testing.assert_allclose(
        wishart.expected_log_determinant(), gammas[0].expected_log(), rtol=1e-13
    )
    x = np.array([0.1, 2.0, 9.0])
    density = wishart.log_density(x[:, None, None, None])[:, 0]
    np.testing.assert_allclose(density, gammas[0].log_density(x), rtol=1e-12)


def reference_kl(nu, other_nu, ratio, n_dims):
    """Divergence between ``W(nu, S^-1)`` and ``W(other_nu, (ratio S)^-1)``."""
    nu, other_nu, ratio = map(mpmath.mpf, (nu, other_nu, ratio))
    total = nu / 2 * n_dims * (ratio - 1) - other_nu / 2 * n_dims * mpmath.log(ratio)
    for lag in range(n_dims):
        a, b = (nu - lag) / 2, (other_nu - lag) / 2
        total += mpmath.loggamma(b) - mpmath.loggamma(a) - (b - a) * mpmath.digamma(a)
    return float(total)


@pytest.mark.parametrize(
    ("nu", "other_nu", "ratio"),
    [
        (5.0, 7.0, 1.5),
        (2.001, 9.0, 1.0),
        (1e8, 1e8 + 64, 1.0),
        (1e8, 3.0, 2.0**-20),
        (3.0, 1e8, 2.0),
    ],
)
def test_divergence_keeps_its_digits(nu, other_nu, ratio):
    with mpmath.workdps(60):
        expected = reference_kl(nu, other_nu, ratio, 3)
    value = Wishart(nu, SCALE).kl(Wishart(other_nu, ratio * SCALE))
    np.testing.assert_allclose(value, expected, rtol=1e-11, atol=1e-13)


def test_update_adds_the_scatter():
    updated = Wishart(4.0, SCALE).updated(3.0, np.eye(3))
    np.testing.assert_array_equal(updated.inverse_scale, SCALE + np.eye(3))
    assert updated.degrees_of_freedom == 7.0
