import numpy as np
import pytest
from scipy import stats

from skvi.families import NormalGamma, NormalWishart
from skvi.numerics.moments import Moments

PRIOR = NormalWishart(
    np.array([1.0, -2.0]), np.array(0.5), np.array(4.5), np.array([[2.0, 0.3], [0.3, 1.0]])
)


def moments_of(rows):
    mean = rows.mean(axis=0)
    return Moments(np.array(float(len(rows))), mean, (rows - mean).T @ (rows - mean))


def test_density_is_the_product_of_scipys():
    mean, matrix = PRIOR.sample(5, np.random.RandomState(0))
    wishart = stats.wishart(4.5, np.linalg.inv(PRIOR.scale_matrix))
    for m, precision, value in zip(mean, matrix, PRIOR.log_density((mean, matrix)), strict=True):
        normal = stats.multivariate_normal(PRIOR.mean, np.linalg.inv(0.5 * precision))
        np.testing.assert_allclose(value, normal.logpdf(m) + wishart.logpdf(precision), rtol=1e-9)


def test_log_evidence_is_the_chain_of_predictive_densities():
    rows = np.random.RandomState(1).normal(size=(6, 2)) * [1.0, 3.0]
    distribution, evidence = PRIOR, 0.0
    for row in rows:
        evidence += distribution.predictive().log_density(row)
        distribution = distribution.updated(moments_of(row[None]))
    posterior = PRIOR.updated(moments_of(rows))
    difference = posterior.log_normalizer() - PRIOR.log_normalizer() - 6 * np.log(2.0 * np.pi)
    np.testing.assert_allclose(difference, evidence, rtol=1e-12)
    for one_by_one, at_once in zip(distribution, posterior, strict=True):
        np.testing.assert_allclose(one_by_one, at_once, rtol=1e-12)


@pytest.mark.parametrize("offset", [1e6, 1e10])
def test_a_huge_offset_costs_no_digits(offset):
    rows = np.round(np.random.RandomState(1).normal(size=(6, 2)) * 2**10) / 2**10
    moments = moments_of(rows)
    shifted_prior = PRIOR._replace(mean=PRIOR.mean + offset)
    posterior = PRIOR.updated(moments)
    shifted = shifted_prior.updated(moments._replace(mean=moments.mean + offset))
    error = offset * 1e-15
    np.testing.assert_allclose(shifted.scale_matrix, posterior.scale_matrix, atol=error)
    np.testing.assert_allclose(shifted.kl(shifted_prior), posterior.kl(PRIOR), atol=4.0 * error)


def test_one_dimension_is_a_normal_gamma():
    wishart = NormalWishart(
        np.ones((1, 1)), np.full(1, 0.3), np.full(1, 5.0), np.full((1, 1, 1), 4)
    )
    gamma = NormalGamma(
        np.ones((1, 1)), np.full((1, 1), 0.3), np.full((1, 1), 2.5), np.full((1, 1), 2)
    )
    others = (
        wishart._replace(mean=np.zeros((1, 1)), degrees_of_freedom=np.full(1, 9.0)),
        gamma._replace(mean=np.zeros((1, 1)), shape=np.full((1, 1), 4.5)),
    )
    np.testing.assert_allclose(wishart.kl(others[0]), gamma.kl(others[1]), rtol=1e-13)
    np.testing.assert_allclose(wishart.entropy(), gamma.entropy(), rtol=1e-13)
    x = np.linspace(-5.0, 5.0, 7)[:, None, None]
    predictive = wishart.predictive().log_density(x)
    np.testing.assert_allclose(predictive, gamma.predictive().log_density(x), rtol=1e-12)


def test_expected_mahalanobis_distance():
    mean, matrix = PRIOR.sample(40000, np.random.RandomState(2))
    x = np.array([2.0, 0.5])
    values = np.einsum("ni,nij,nj->n", x - mean, matrix, x - mean)
    expected_precision = PRIOR.expected_value()[1]
    expected = (x - PRIOR.mean) @ expected_precision @ (x - PRIOR.mean) + 2.0 / 0.5
    assert abs(values.mean() - expected) < 5.0 * values.std() / 200.0
    determinant = np.linalg.slogdet(matrix)[1]
    error = abs(determinant.mean() - PRIOR.expected_log_determinant())
    assert error < 5.0 * determinant.std() / 200.0


def test_variance_of_the_mean_needs_more_than_three_degrees_of_freedom():
    heavy = PRIOR._replace(degrees_of_freedom=np.array(3.0))
    assert np.all(np.isinf(heavy.variance()[0]))
    covariance = PRIOR.scale_matrix / (0.5 * 1.5)
    np.testing.assert_allclose(PRIOR.variance()[0], np.diag(covariance), rtol=1e-13)


def test_draws_near_the_fewest_degrees_of_freedom():
    narrow = PRIOR._replace(degrees_of_freedom=np.array(1.1))
    mean, matrix = narrow.sample(2000, np.random.RandomState(0))
    assert np.all(np.isfinite(mean))
    error = np.abs(matrix.mean(axis=0) - narrow.expected_value()[1])
    assert np.all(error < 5.0 * matrix.std(axis=0) / np.sqrt(2000.0))
