"""Priors of the noise: normalised, and equal to scipy's densities after the change of variable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone

from skvi.priors import Flat, Gamma, HalfCauchy, HalfStudentT

V = np.linspace(-400.0, 400.0, 400001)

CASES = {
    "gamma": (Gamma(1.5, 0.7), lambda s: stats.gamma(1.5, scale=1 / 0.7).pdf(s**-2) * 2 * s**-3),
    "half_cauchy": (HalfCauchy(2.0), stats.halfcauchy(scale=2.0).pdf),
    "half_t": (HalfStudentT(4.0, 2.0), lambda s: 2.0 * stats.t(4.0, scale=2.0).pdf(s)),
    "half_normal": (HalfStudentT(np.inf, 2.0), stats.halfnorm(scale=2.0).pdf),
    "flat": (Flat(), np.ones_like),
}


@pytest.mark.parametrize("name", CASES)
def test_density_of_the_log_variance(name):
    prior, density = CASES[name]
    v = np.linspace(-5.0, 5.0, 41)
    sigma = np.exp(0.5 * v)
    expected = density(sigma) * 0.5 * sigma
    np.testing.assert_allclose(np.exp(prior.log_density_of_log_variance(v)), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["gamma", "half_cauchy", "half_t", "half_normal"])
def test_proper(name):
    with np.errstate(over="ignore", under="ignore"):
        density = np.exp(CASES[name][0].log_density_of_log_variance(V))
    assert np.sum(density) * (V[1] - V[0]) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.parametrize("name", ["gamma", "flat"])
def test_conjugate_form_is_the_same_density(name):
    prior = CASES[name][0]
    shape, rate, log_constant = prior.conjugate_form()
    v = np.linspace(-5.0, 5.0, 41)
    precision = np.exp(-v)
    of_precision = log_constant + (shape - 1.0) * np.log(precision) - rate * precision
    np.testing.assert_allclose(
        of_precision + np.log(precision), prior.log_density_of_log_variance(v), atol=1e-12
    )


@pytest.mark.parametrize("name", ["half_cauchy", "half_t", "half_normal"])
def test_not_conjugate(name):
    assert CASES[name][0].conjugate_form() is None


@pytest.mark.parametrize(
    ("prior", "name"),
    [
        (Gamma(0.0, 1.0), "shape"),
        (Gamma(1.0, -2.0), "rate"),
        (HalfCauchy(np.inf), "scale"),
        (HalfStudentT(0.0, 1.0), "df"),
        (HalfStudentT(1.0, "wide"), "scale"),
    ],
)
def test_bad_values_are_named(prior, name):
    with pytest.raises(ValueError, match=rf"{type(prior).__name__}: {name} must be positive"):
        prior.conjugate_form()


@pytest.mark.parametrize("name", CASES)
def test_cloned(name):
    prior = CASES[name][0]
    assert clone(prior).get_params() == prior.get_params()
