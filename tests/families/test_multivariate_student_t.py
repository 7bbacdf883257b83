import numpy as np
import pytest
from scipy import stats

from skvi.families import MultivariateStudentT, StudentT

SCALE = np.array([[2.0, -0.7], [-0.7, 0.5]])
LOCATION = np.array([1.0, -3.0])


@pytest.mark.parametrize("degrees", [0.7, 3.0, 50.0, np.inf])
def test_density_and_entropy_are_those_of_scipy(degrees):
    ours = MultivariateStudentT(LOCATION, SCALE, degrees)
    theirs = stats.multivariate_t(LOCATION, SCALE, df=degrees)
    x = np.random.RandomState(0).normal(size=(20, 2)) * 5.0
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-12)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-12)


def test_density_integrates_to_one():
    distribution = MultivariateStudentT(LOCATION, SCALE, np.array(3.0))
    radius = np.exp(np.linspace(-25.0, 16.0, 2001))
    angle = np.arange(64) * np.pi / 32.0
    direction = np.stack([np.cos(angle), np.sin(angle)], axis=-1) @ np.linalg.cholesky(SCALE).T
    density = np.exp(distribution.log_density(LOCATION + radius[:, None, None] * direction))
    area = np.sqrt(np.linalg.det(SCALE)) * (41.0 / 2000.0) * (np.pi / 32.0)
    np.testing.assert_allclose((density * radius[:, None] ** 2).sum() * area, 1.0, rtol=1e-10)


def test_one_dimension_is_the_univariate_distribution():
    rows = MultivariateStudentT(np.array([1.0]), np.array([[4.0]]), np.array(5.0))
    single = StudentT(1.0, 2.0, 5.0)
    x = np.linspace(-9.0, 9.0, 13)
    np.testing.assert_allclose(rows.log_density(x[:, None]), single.log_density(x), rtol=1e-13)
    np.testing.assert_allclose(rows.variance(), [single.variance()], rtol=1e-14)


def test_moments_exist_only_for_light_enough_tails():
    degrees = np.array([1.0, 2.0, 4.0, np.inf])
    distribution = MultivariateStudentT(
        np.tile(LOCATION, (4, 1)), np.tile(SCALE, (4, 1, 1)), degrees
    )
    mean, covariance = distribution.expected_value(), distribution.covariance()
    assert np.all(np.isnan(mean[0]))
    np.testing.assert_array_equal(mean[1:], np.tile(LOCATION, (3, 1)))
    assert np.all(np.isnan(covariance[0]))
    assert np.all(np.isinf(covariance[1]))
    np.testing.assert_allclose(covariance[2:], [2.0 * SCALE, SCALE], rtol=1e-15)
    np.testing.assert_allclose(distribution.variance()[2], np.diag(2.0 * SCALE), rtol=1e-15)


def test_sample_covariance():
    distribution = MultivariateStudentT(LOCATION, SCALE, np.array(12.0))
    draws = distribution.sample(40000, np.random.RandomState(0)) - LOCATION
    products = draws[:, :, None] * draws[:, None, :]
    error = np.abs(products.mean(axis=0) - distribution.covariance())
    assert np.all(error < 5.0 * products.std(axis=0) / 200.0)
