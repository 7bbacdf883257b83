"""Integrated densities against adaptive quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad

from skvi.likelihoods import Bernoulli, Categorical, Gaussian, Poisson, StudentT
from skvi.models.linear_predictor.integrated import integrated_density

CASES = {
    "bernoulli": (Bernoulli(), np.empty(0), [0.0, 1.0]),
    "poisson": (Poisson(), np.empty(0), [0.0, 3.0, 10.0]),
    "normal": (Gaussian(0.7), np.empty(0), [-1.0, 2.5]),
    "student": (StudentT(df=4.0, scale=1.0), np.empty(0), [-1.0, 6.0]),
}
VARIANCES = [1e-8, 0.04, 0.5, 3.0]


def by_quadrature(likelihood, y, mean, variance, parameters):
    sd = np.sqrt(variance)

    def integrand(z):
        eta = np.array([mean + sd * z])
        log = likelihood.log_density(y, eta, parameters)[0]
        return np.exp(log - 0.5 * z * z) / np.sqrt(2.0 * np.pi)

    edges = np.linspace(-12.0, 12.0, 97)
    parts = [quad(integrand, a, b, epsabs=0, epsrel=1e-11)[0]
             for a, b in zip(edges[:-1], edges[1:], strict=True)]  # fmt: skip
    return np.log(np.sum(parts))


@pytest.mark.parametrize("variance", VARIANCES)
@pytest.mark.parametrize("name", CASES)
def test_of_one_predictor(name, variance):
    likelihood, parameters, targets = CASES[name]
    y = likelihood.columns(np.repeat(targets, 2)[:, None])
    mean = np.tile([-0.4, 1.3], len(targets))
    actual = integrated_density(likelihood, y, mean, np.full(len(y), variance), parameters)
    expected = [
        by_quadrature(likelihood, y[[i]], m, variance, parameters) for i, m in enumerate(mean)
    ]
    np.testing.assert_allclose(actual, expected, rtol=1e-8, atol=1e-8)


def test_rows_need_not_be_alike():
    """A row that is rough and one that is not, together: as each on its own."""
    likelihood = Poisson()
    y = likelihood.columns(np.array([[2.0], [30.0], [1e4]]))
    mean, variance = np.array([0.5, 3.4, 9.0]), np.array([4.0, 0.01, 0.3])
    together = integrated_density(likelihood, y, mean, variance, np.empty(0))
    for i in range(3):
        expected = by_quadrature(likelihood, y[[i]], mean[i], variance[i], np.empty(0))
        np.testing.assert_allclose(together[i], expected, rtol=1e-8)


@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_of_several_predictors(scale):
    likelihood = Categorical(3)
    mean = np.array([0.4, -0.7])
    variance = scale * np.array([[1.0, 0.4], [0.4, 0.8]])
    root = np.linalg.cholesky(variance)
    for label in range(3):
        y = likelihood.columns(np.array([[float(label)]]))

        def integrand(a, b, y=y):
            eta = mean + root @ np.array([a, b])
            log = likelihood.log_density(y, eta[None], np.empty(0))[0]
            return np.exp(log - 0.5 * (a * a + b * b)) / (2.0 * np.pi)

        expected = np.log(dblquad(integrand, -8, 8, -8, 8, epsabs=1e-7, epsrel=1e-7)[0])
        actual = integrated_density(likelihood, y, mean[None], variance[None], np.empty(0))[0]
        assert actual == pytest.approx(expected, abs=0.02)  # 512 draws
