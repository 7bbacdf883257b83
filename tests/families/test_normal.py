import numpy as np
import pytest
from scipy import stats

from skvi.families import Normal

COVARIANCE = np.array([[2.0, -0.7], [-0.7, 0.5]])


def test_density_and_entropy_are_those_of_scipy():
    ours, theirs = (
        Normal(np.array([1.0, -3.0]), COVARIANCE),
        stats.multivariate_normal([1.0, -3.0], COVARIANCE),
    )
    x = np.random.RandomState(0).normal(size=(20, 2)) * 3.0
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-12)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-13)


def test_density_integrates_to_one():
    grid = np.linspace(-14.0, 14.0, 561)
    x = np.stack(np.meshgrid(grid, grid), axis=-1)
    density = np.exp(Normal(np.array([1.0, -3.0]), COVARIANCE).log_density(x))
    np.testing.assert_allclose(density.sum() * (grid[1] - grid[0]) ** 2, 1.0, rtol=1e-12)


@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_divergence_does_not_feel_the_origin(offset):
    other = Normal(np.array([2.0, 0.5]) + offset, np.diag([1.0, 4.0]))
    ours = Normal(np.array([1.0, -3.0]) + offset, COVARIANCE)
    ratio = COVARIANCE / np.array([[1.0], [4.0]])
    expected = np.trace(ratio) - 2.0 - np.log(np.linalg.det(ratio)) + 1.0 + 3.5**2 / 4.0
    np.testing.assert_allclose(ours.kl(other), 0.5 * expected, rtol=1e-13)


def test_divergence_of_near_equals_keeps_its_digits():
    ours = Normal(np.zeros(2), COVARIANCE)
    other = Normal(np.zeros(2), COVARIANCE * (1.0 + 2.0**-20))
    step = 1.0 / (1.0 + 2.0**-20) - 1.0
    np.testing.assert_allclose(ours.kl(other), step - np.log1p(step), rtol=1e-8)
