"""The structured bound is the log evidence: against dense densities and adaptive quadrature."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skvi.priors import Flat, Gamma, HalfCauchy, HalfStudentT, Normal, Ridge
from tests.models.linear_regression import reference as ref

SIZES = [(20, 3), (5, 5), (6, 12)]


@pytest.mark.parametrize("square_root", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize(("n", "p"), SIZES)
def test_fixed_alpha_is_a_student_t_density(n, p, fit_intercept, square_root):
    X, y = ref.data(n, p)
    options = {"fit_intercept": fit_intercept, "square_root": square_root}
    *_, bounds = ref.fit(X, y, Ridge(0.7), Gamma(1.3, 0.4), **options)
    truth = ref.log_evidence_gamma(X, y, 0.7, 1.3, 0.4, fit_intercept)
    assert bounds[0] == pytest.approx(truth, rel=1e-10)


def log_hyperprior(u, X):
    """Density of u = log alpha: the share q / (1 + q) of a mean column is uniform on (0, 1)."""
    ratio = X.var(axis=0).mean() * np.exp(-u)
    share = ratio / (1.0 + ratio)
    return np.log(share) - np.log1p(ratio)  # d share / d u = share (1 - share)


@pytest.mark.parametrize(("n", "p"), SIZES)
def test_learned_alpha_is_an_integral_of_student_t_densities(n, p):
    X, y = ref.data(n, p)
    *_, bounds = ref.fit(X, y, Ridge(), Gamma(1.3, 0.4))
    dense = ref.DenseTargets(X, y, np.zeros(p), np.eye(p), True)
    at_one = dense.student_t(np.array([1 / 0.7]), 1.3, 0.4)[0]
    assert at_one == pytest.approx(ref.log_evidence_gamma(X, y, 0.7, 1.3, 0.4, True), rel=1e-12)

    def log_joint(u):
        return log_hyperprior(u, X) + dense.student_t(np.exp(-u), 1.3, 0.4)

    assert bounds[0] == pytest.approx(ref.integrate_log(log_joint, -80.0, 80.0), rel=1e-9)


NOISES = {
    "gamma": (Gamma(1.3, 0.4), None),
    "half_cauchy": (HalfCauchy(0.6), stats.halfcauchy(scale=0.6).logpdf),
    "half_normal": (HalfStudentT(np.inf, 0.6), stats.halfnorm(scale=0.6).logpdf),
    "half_t": (HalfStudentT(3.0, 0.6), lambda s: np.log(2) + stats.t(3, scale=0.6).logpdf(s)),
    "flat": (Flat(), lambda s: 0.0),
}


def log_noise(name, sigma):
    """Log prior density of sigma."""
    if name == "gamma":
        return stats.gamma(1.3, scale=1 / 0.4).logpdf(sigma**-2) + np.log(2.0 * sigma**-3)
    return NOISES[name][1](sigma)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(("n", "p"), SIZES)
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_absolute_normal_weights(n, p, noise, fit_intercept):
    X, y = ref.data(n, p)
    rng = np.random.RandomState(1)
    root = rng.standard_normal((p, p))
    mean, covariance = rng.standard_normal(p), root @ root.T / p + np.eye(p)
    prior = Normal(mean, covariance)
    if fit_intercept and p >= n and noise != "gamma":
        with pytest.raises(ValueError, match="evidence infinite"):
            ref.fit(X, y, prior, NOISES[noise][0])
        return
    *_, bounds = ref.fit(X, y, prior, NOISES[noise][0], fit_intercept=fit_intercept)
    dense = ref.DenseTargets(X, y, mean, covariance, fit_intercept)

    def log_joint(v):
        sigma = np.exp(0.5 * v)
        return dense.normal(sigma**2, 1.0) + log_noise(noise, sigma) + np.log(0.5 * sigma)

    assert bounds[0] == pytest.approx(ref.integrate_log(log_joint, -60.0, 60.0), rel=1e-9)


@pytest.mark.parametrize("noise", ["half_cauchy", "half_normal", "half_t", "flat"])
@pytest.mark.parametrize("learned", [False, True])
def test_ridge_with_other_noise(noise, learned):
    X, y = ref.data(15, 4)
    dense = ref.DenseTargets(X, y, np.zeros(4), np.eye(4), True)

    def given(alpha):
        def log_joint(v):
            sigma = np.exp(0.5 * v)
            likelihood = dense.normal(sigma**2, sigma**2 / alpha)
            return likelihood + log_noise(noise, sigma) + np.log(0.5 * sigma)

        return ref.integrate_log(log_joint, -12.0, 40.0, 0.05)

    truth = given(0.7)
    if learned:

        def log_joint(u):
            return log_hyperprior(u, X) + np.array([given(alpha) for alpha in np.exp(u)])

        truth = ref.integrate_log(log_joint, -20.0, 60.0, 0.1)
    *_, bounds = ref.fit(X, y, Ridge(None if learned else 0.7), NOISES[noise][0])
    assert bounds[0] == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize("noise", ["gamma", "half_cauchy", "flat"])
@pytest.mark.parametrize("fit_intercept", [False, True])
def test_flat_weights_are_the_limit_of_vague_normal_weights(noise, fit_intercept):
    X, y = ref.data(15, 3)
    *_, flat = ref.fit(X, y, Flat(), NOISES[noise][0], fit_intercept=fit_intercept)
    variance = 1e9
    *_, vague = ref.fit(X, y, Normal(0.0, variance), NOISES[noise][0], fit_intercept=fit_intercept)
    density_at_zero = -1.5 * np.log(2.0 * np.pi * variance)
    assert flat[0] + density_at_zero == pytest.approx(vague[0], abs=1e-6)


@pytest.mark.parametrize("noise", [None, Gamma(2.0, 1.0), HalfCauchy(1.0), Flat()])
@pytest.mark.parametrize("prior", [Ridge(), Ridge(2.0), Normal(0.1, 2.0), Flat()])
def test_terms_add_up_to_the_log_of_the_integral(prior, noise):
    from skvi.models.linear_regression.evidence import target_of
    from skvi.models.linear_regression.structured import integrate

    X, y = ref.data(25, 4)
    model, resolved, posterior, bounds = ref.fit(X, y, prior, noise)
    target = target_of(posterior.spectrum, resolved, 0, True)
    direct = integrate(target, resolved.weights).log_evidence
    assert bounds[0] == pytest.approx(direct, rel=1e-11)


def test_weights_are_repetitions():
    X, y = ref.data(12, 3)
    counts = np.random.RandomState(2).randint(0, 4, 12)
    for prior in (Ridge(), Normal(), Flat()):
        *_, once, repeated = ref.fit(np.repeat(X, counts, axis=0), np.repeat(y, counts), prior)
        *_, weighed, weighted = ref.fit(X, y, prior, weights=counts.astype(float))
        assert weighted[0] == pytest.approx(repeated[0], rel=1e-11)
        np.testing.assert_allclose(weighed.locations(0), once.locations(0), atol=1e-9)


@pytest.mark.parametrize("factor", [3.7, 1e-6])
def test_units(factor):
    X, y = ref.data(18, 4)
    *_, bounds = ref.fit(X, y, Ridge())
    *_, rescaled_y = ref.fit(X, factor * y, Ridge())
    *_, rescaled_x = ref.fit(factor * X, y, Ridge())
    assert rescaled_y[0] == pytest.approx(bounds[0] - 18 * np.log(factor), rel=1e-11)
    assert rescaled_x[0] == pytest.approx(bounds[0], rel=1e-11)


def test_targets_add():
    X, y = ref.data(18, 4)
    other = np.sin(7.0 * y)
    *_, both = ref.fit(X, np.column_stack([y, other]), Ridge())
    *_, first = ref.fit(X, y, Ridge())
    *_, second = ref.fit(X, other, Ridge())
    assert both[0] == pytest.approx(first[0] + second[0], rel=1e-12)
