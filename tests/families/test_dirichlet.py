import mpmath
import numpy as np
import pytest
from scipy import stats

from skvi.families import Beta, Dirichlet


@pytest.mark.parametrize("concentration", [[2.0, 3.0, 0.7], [1.0, 1.0, 1.0, 1.0], [20.0, 0.4]])
def test_density_and_moments_are_those_of_scipy(concentration):
    ours, theirs = Dirichlet(np.array(concentration)), stats.dirichlet(concentration)
    x = ours.sample(6, np.random.RandomState(0))
    expected = [theirs.logpdf(row / row.sum()) for row in x]
    np.testing.assert_allclose(ours.log_density(x), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(ours.expected_value(), theirs.mean(), rtol=1e-14)
    np.testing.assert_allclose(ours.variance(), theirs.var(), rtol=1e-13)
    np.testing.assert_allclose(ours.covariance(), theirs.cov(), rtol=1e-13)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-11, atol=1e-12)


def test_density_integrates_to_one_over_the_triangle():
    distribution = Dirichlet(np.array([2.5, 3.0, 4.0]))
    nodes, weights = np.polynomial.legendre.leggauss(200)
    u, weights = 0.5 + 0.5 * nodes, 0.5 * weights
    first, second = u[:, None], u[None, :] * (1.0 - u[:, None])
    x = np.stack(np.broadcast_arrays(first, second, 1.0 - first - second), axis=-1)
    density = np.exp(distribution.log_density(x)) * (1.0 - first)
    np.testing.assert_allclose(weights @ density @ weights, 1.0, rtol=1e-7)


@pytest.mark.parametrize(
    "concentration", [[1e8, 2.0, 1e-3], [1e-3, 1e-3, 1e-3], [1e8, 1e8, 3e7], [4.0], [1e4, 1e-12]]
)
def test_normalizer_entropy_and_expected_logs_keep_their_digits(concentration):
    with mpmath.workdps(60):
        a = [mpmath.mpf(c) for c in concentration]
        total = sum(a)
        normalizer = sum(map(mpmath.loggamma, a)) - mpmath.loggamma(total)
        expected_log = [mpmath.digamma(c) - mpmath.digamma(total) for c in a]
        entropy = normalizer - sum((c - 1) * e for c, e in zip(a, expected_log, strict=True))
    distribution = Dirichlet(np.array(concentration))
    value = distribution.log_normalizer()
    np.testing.assert_allclose(value, float(normalizer), rtol=1e-13, atol=1e-13)
    reference = np.array(expected_log, dtype=float)
    np.testing.assert_allclose(distribution.expected_log(), reference, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(distribution.entropy(), float(entropy), rtol=1e-12, atol=1e-12)


def test_divergence_of_two_huge_neighbours_keeps_its_digits():
    p, q = np.array([1e10, 3e9, 5.0]), np.array([1e10 + 1e5, 3e9, 6.0])
    with mpmath.workdps(60):
        a, b = ([mpmath.mpf(c) for c in pair] for pair in (p, q))
        total = mpmath.digamma(sum(a))
        expected = mpmath.loggamma(sum(a)) - mpmath.loggamma(sum(b))
        for c, d in zip(a, b, strict=True):
            expected += mpmath.loggamma(d) - mpmath.loggamma(c)
            expected += (c - d) * (mpmath.digamma(c) - total)
    np.testing.assert_allclose(Dirichlet(p).kl(Dirichlet(q)), float(expected), rtol=1e-10)


def test_two_weights_are_a_beta():
    pair, beta = Dirichlet(np.array([2.0, 0.6])), Beta(np.array(2.0), np.array(0.6))
    np.testing.assert_allclose(pair.entropy(), beta.entropy(), rtol=1e-14)
    np.testing.assert_allclose(pair.expected_log(), beta.expected_statistics(), rtol=1e-13)


def test_sparse_draws_sum_to_one_and_have_the_right_mean():
    distribution = Dirichlet(np.array([1e-3, 2e-3, 1e-3]))
    draws = distribution.sample(4000, np.random.RandomState(0))
    np.testing.assert_allclose(draws.sum(axis=1), 1.0, rtol=1e-14)
    error = np.abs(draws.mean(axis=0) - [0.25, 0.5, 0.25])
    assert np.all(error < 5.0 * draws.std(axis=0) / np.sqrt(4000))
