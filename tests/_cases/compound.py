"""Conditional distributions that compound distributions are tested with, and a reference."""

from __future__ import annotations

import numpy as np
from scipy import stats
from scipy.integrate import quad

MEAN = np.array([-0.5, 0.3, 1.5])
VARIANCES = [0.0, 1e-4, 0.1, 1.0, 4.0]


def normal(eta):
    return stats.norm(eta, 0.7)


def student(eta):
    return stats.t(5.0, eta, 0.7)


def gamma(eta):
    return stats.gamma(2.0, scale=np.exp(eta) / 2.0)


def poisson(eta):
    return stats.poisson(np.exp(eta))


def bernoulli(eta):
    return stats.bernoulli(1.0 / (1.0 + np.exp(-eta)))


CONTINUOUS = {"normal": normal, "student": student, "gamma": gamma}
DISCRETE = {"poisson": poisson, "bernoulli": bernoulli}


def over_parameter(function, mean, variance):
    """Expectation of ``function(eta)``, by adaptive quadrature."""
    if variance == 0.0:
        return function(mean)
    sd, reach = np.sqrt(variance), 12.0 + np.sqrt(variance)
    edges = np.linspace(-reach, reach, 13)

    def integrand(z):
        return function(mean + sd * z) * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)

    return sum(quad(integrand, a, b, epsabs=1e-13, epsrel=1e-10)[0]
               for a, b in zip(edges[:-1], edges[1:], strict=True))  # fmt: skip


def expected(function, variance):
    return np.array([over_parameter(function, m, variance) for m in MEAN])
