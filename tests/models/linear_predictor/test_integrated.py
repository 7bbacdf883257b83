"""Integrated densities against adaptive quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.special import logsumexp

from skvi import likelihoods
from skvi.likelihoods import Bernoulli, Categorical, Gaussian, Heteroscedastic, Poisson, StudentT
from skvi.models.linear_predictor.integrated import integrated_density

CASES = {
    "bernoulli": (Bernoulli(), np.empty(0), [0.0, 1.0]),
    "poisson": (Poisson(), np.empty(0), [0.0, 3.0, 10.0]),
    "normal": (Gaussian(0.7), np.empty(0), [-1.0, 2.5]),
    "student": (StudentT(df=4.0, scale=1.0), np.empty(0), [-1.0, 6.0]),
}
VARIANCES = [1e-8, 0.04, 0.5, 3.0]
NONE = np.empty(0)


def log_logistic(y, eta, scale):
    z = (y - eta) / scale
    return -z - np.log(scale) - 2.0 * np.logaddexp(0.0, -z)


# Narrow laws and targets far out: hyper-parameters and targets of every likelihood.
HARD = {
    "Bernoulli": (Bernoulli(), NONE, [[0.0], [1.0]]),
    "Probit": (likelihoods.Probit(), NONE, [[0.0], [1.0]]),
    "Categorical": (Categorical(2), NONE, [[0.0], [1.0]]),
    "Ordinal": (likelihoods.Ordinal(4), np.array([-30.0, 3.0, -8.0]), [[0.0], [1.0], [2.0], [3.0]]),
    "Poisson": (Poisson(), NONE, [[0.0], [30.0], [1e6]]),
    "NegativeBinomial": (likelihoods.NegativeBinomial(1e5), NONE, [[0.0], [3.0], [1e5]]),
    "Gamma": (likelihoods.Gamma(1e4), NONE, [[1e-4], [1.0], [1e3]]),
    "Tweedie": (likelihoods.Tweedie(1.2, 1e-3), NONE, [[0.0], [1.0], [1e3]]),
    "Exponential": (likelihoods.Exponential(), NONE, [[1e-4, 1.0], [1e4, 1.0], [1e4, 0.0]]),
    "Weibull": (likelihoods.Weibull(20.0), NONE, [[1e-4, 1.0], [20.0, 1.0], [20.0, 0.0]]),
    "Gaussian": (Gaussian(1e-3), NONE, [[0.0], [1.0], [-300.0]]),
    "StudentT": (StudentT(4.0, 1e-3), NONE, [[0.0], [4.0], [10.0], [-300.0]]),
    "AsymmetricLaplace": (likelihoods.AsymmetricLaplace(0.9, 1e-2), NONE, [[0.0], [1.0], [40.0]]),
    "LogDensity": (
        likelihoods.LogDensity(log_logistic, parameters={"scale": 1.0}),
        np.log([1e-2]),
        [[0.0], [1.0], [10.0]],
    ),
}


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


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_GRADES = 2.0 ** np.arange(-36.0, 8.0)


def by_graded_panels(function, mean, sd, centre):
    """Panels that shrink towards the peak, which a search by zooming finds, and towards a place."""

    def log_integrand(z):
        return function(mean + sd * z) - 0.5 * z * z

    low, high = -1e8, 1e8
    for _ in range(80):
        z = np.linspace(low, high, 401)
        best = log_integrand(z).argmax()
        low, high = z[max(best - 2, 0)], z[min(best + 2, 400)]
    edges = [z[best] + np.linspace(-40.0, 40.0, 161), np.linspace(-40.0, 40.0, 1601)]
    for place in (z[best], (centre - mean) / sd):
        edges += [place - _GRADES, [place], place + _GRADES]
    edges = np.unique(np.concatenate(edges))
    half = 0.5 * np.diff(edges)[:, None]
    z = ((0.5 * (edges[1:] + edges[:-1]))[:, None] + half * _NODES).ravel()
    return logsumexp(log_integrand(z), b=(half * _WEIGHTS).ravel()) - 0.5 * np.log(2.0 * np.pi)


@pytest.mark.parametrize("name", HARD)
def test_narrow_laws_and_targets_far_out(name):
    likelihood, parameters, targets = HARD[name]
    y = likelihood.columns(np.array(targets))
    axes = np.arange(len(y)), [-3.0, 0.4, 5.0], [1e-6, 0.04, 1.0, 25.0]
    row, mean, variance = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    y = y[row.astype(int)]
    actual = integrated_density(likelihood, y, mean, variance, parameters)
    for i, value in enumerate(actual):

        def function(eta, target=y[i]):
            return likelihood.log_density(np.tile(target, (len(eta), 1)), eta, parameters)

        expected = by_graded_panels(function, mean[i], np.sqrt(variance[i]), y[i, 0])
        assert value == pytest.approx(expected, rel=1e-10, abs=1e-6)


def test_all_likelihoods_of_one_predictor_are_tried():
    assert set(HARD) | {"Heteroscedastic"} == set(likelihoods.__all__)


@pytest.mark.parametrize("correlation", [-0.95, 0.0, 0.5])
@pytest.mark.parametrize("scale", [1e-6, 0.1, 1.0])
def test_of_a_mean_and_a_log_variance(scale, correlation):
    """The mean of a normal target is integrated in closed form, its log variance by quadrature."""
    likelihood = Heteroscedastic()
    variance = scale * np.array([[0.6, correlation], [correlation, 2.0]]) * [[1.0, 1.2**0.5]] * 0.9
    variance[1, 0] = variance[0, 1]
    root = np.linalg.cholesky(variance)
    nodes = np.linspace(-9.0, 9.0, 1201)
    mean = np.array([0.3, -1.0])
    first, second = np.meshgrid(nodes, nodes, indexing="ij")
    eta = mean + np.column_stack([first.ravel(), second.ravel()]) @ root.T
    log_weight = -0.5 * (first**2 + second**2).ravel() + 2.0 * np.log(nodes[1] - nodes[0])
    for target in (-4.0, 0.2, 12.0):
        y = np.array([[target]])
        log = likelihood.log_density(np.broadcast_to(y, (len(eta), 1)), eta, NONE)
        expected = logsumexp(log + log_weight) - np.log(2.0 * np.pi)
        actual = integrated_density(likelihood, y, mean[None], variance[None], NONE)[0]
        assert actual == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_of_a_log_variance_that_is_known():
    likelihood = Heteroscedastic()
    mean, variance = np.array([[0.3, -1.0]]), np.array([[[0.6, 0.0], [0.0, 0.0]]])
    actual = integrated_density(likelihood, np.array([[2.0]]), mean, variance, NONE)
    total = 0.6 + np.exp(-1.0)
    expected = -0.5 * (np.log(2.0 * np.pi * total) + 1.7**2 / total)
    np.testing.assert_allclose(actual, expected, rtol=1e-5)  # a millionth is added to squares


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
