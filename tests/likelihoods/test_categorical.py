"""Categorical likelihood against tensor quadrature, differences and the softmax itself."""

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import log_softmax, softmax

from skvi.likelihoods import Bernoulli, Categorical
from skvi.likelihoods.categorical import contrasts, expected_probabilities

NONE = np.empty(0)


def cases(n_classes, scale, n=24, seed=0):
    """Codes, means and variances of predictors."""
    rng = np.random.default_rng(seed)
    d = n_classes - 1
    factor = rng.standard_normal((n, d, d + 2)) / np.sqrt(d + 2.0)
    variance = scale**2 * factor @ factor.transpose(0, 2, 1)
    return rng.integers(0, n_classes, (n, 1)).astype(float), rng.standard_normal((n, d)), variance


def exact(y, mean, variance, n_nodes=60):
    """Value, slope, curvature and probabilities of three classes by a product rule."""
    nodes, weights = hermegauss(n_nodes)
    z = np.stack(np.meshgrid(nodes, nodes), -1).reshape(-1, 2)
    weight = np.outer(weights, weights).ravel() / (2.0 * np.pi)
    eta = mean[:, None] + z @ np.linalg.cholesky(variance).transpose(0, 2, 1)
    log_p = log_softmax(eta @ contrasts(3).T, axis=-1)
    p = np.exp(log_p)
    mean_p = np.einsum("r,nrk->nk", weight, p)
    spread = np.einsum("r,nrk,nrj->nkj", weight, p, p)
    code = y[:, 0].astype(int)
    value = log_p[np.arange(len(y)), :, code] @ weight
    slope = (np.eye(3)[code] - mean_p) @ contrasts(3)
    middle = mean_p[:, :, None] * np.eye(3) - spread
    return value, slope, contrasts(3).T @ middle @ contrasts(3), mean_p


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_contrasts_are_orthonormal(n_classes):
    c = contrasts(n_classes)
    np.testing.assert_allclose(c.T @ c, np.eye(n_classes - 1), atol=1e-15)
    np.testing.assert_allclose(c.sum(axis=0), 0.0, atol=1e-15)
    assert np.all(np.diag(c, -1) > 0.0)


@pytest.mark.parametrize("n_classes", [3, 7, 40])
def test_no_variance_gives_the_log_density_and_its_derivatives(n_classes):
    y, mean, variance = cases(n_classes, 0.0)
    likelihood = Categorical(n_classes)
    value, slope, curvature = likelihood.expectations(y, mean, variance, NONE)
    np.testing.assert_allclose(value, likelihood.log_density(y, mean, NONE), rtol=1e-12)
    c = contrasts(n_classes)
    p = softmax(mean @ c.T, axis=-1)
    np.testing.assert_allclose(p, expected_probabilities(mean, variance), rtol=1e-12)
    target = np.eye(n_classes)[y[:, 0].astype(int)]
    np.testing.assert_allclose(slope, (target - p) @ c, atol=1e-14)
    middle = p[:, :, None] * np.eye(n_classes) - p[:, :, None] * p[:, None, :]
    np.testing.assert_allclose(curvature, c.T @ middle @ c, atol=1e-14)


@pytest.mark.parametrize(
    ("scale", "errors"),
    [
        (1e-4, (1e-14, 1e-14, 1e-14)),
        (0.1, (1e-5, 1e-5, 2e-5)),
        (0.5, (4e-3, 3e-3, 8e-3)),
        (1.0, (3e-2, 2e-2, 3e-2)),
        (2.0, (0.1, 0.1, 0.1)),
    ],
)
def test_expectations_of_three_classes(scale, errors):
    y, mean, variance = cases(3, scale)
    got = Categorical(3).expectations(y, mean, variance, NONE)
    *reference, p = exact(y, mean, variance)
    for ours, theirs, error in zip(got, reference, errors, strict=True):
        assert np.abs(ours - theirs).max() < error
    assert np.abs(expected_probabilities(mean, variance) - p).max() < 0.6 * errors[1]


@pytest.mark.parametrize("n_classes", [3, 10, 40])
def test_second_moments_are_exact(n_classes):
    y, mean, variance = cases(n_classes, 1e-3)
    likelihood = Categorical(n_classes)
    value, slope, curvature = likelihood.expectations(y, mean, variance, NONE)
    _, _, hessian = likelihood.expectations(y, mean, 0.0 * variance, NONE)
    expected = likelihood.log_density(y, mean, NONE) - 0.5 * np.einsum(
        "nij,nij->n", hessian, variance
    )
    np.testing.assert_allclose(value, expected, atol=1e-11)


@pytest.mark.parametrize("n_classes", [3, 10])
@pytest.mark.parametrize("scale", [0.1, 1.0, 5.0])
def test_slope_is_the_derivative_of_the_value(n_classes, scale):
    y, mean, variance = cases(n_classes, scale)
    likelihood, step = Categorical(n_classes), 1e-5
    slope = likelihood.expectations(y, mean, variance, NONE)[1]
    for j, unit in enumerate(step * np.eye(n_classes - 1)):
        ahead, behind = (
            likelihood.expectations(y, mean + sign * unit, variance, NONE) for sign in (1.0, -1.0)
        )
        np.testing.assert_allclose(slope[:, j], (ahead[0] - behind[0]) / (2 * step), atol=1e-9)


@pytest.mark.parametrize("n_classes", [3, 10])
def test_curvature_of_small_variances_is_the_derivative_of_the_slope(n_classes):
    y, mean, variance = cases(n_classes, 0.1)
    likelihood, step = Categorical(n_classes), 1e-5
    curvature = likelihood.expectations(y, mean, variance, NONE)[2]
    for j, unit in enumerate(step * np.eye(n_classes - 1)):
        ahead, behind = (
            likelihood.expectations(y, mean + sign * unit, variance, NONE) for sign in (1.0, -1.0)
        )
        slope = (behind[1] - ahead[1]) / (2 * step)
        np.testing.assert_allclose(curvature[:, j], slope, atol=1e-9)
    assert np.linalg.eigvalsh(curvature).min() > -1e-15


@pytest.mark.parametrize("n_classes", [4, 10, 26])
@pytest.mark.parametrize("scale", [1.0, 5.0])
def test_curvature_of_many_classes_is_the_slope_in_the_variance(n_classes, scale):
    y, mean, variance = cases(n_classes, scale)
    likelihood = Categorical(n_classes)
    curvature = likelihood.expectations(y, mean, variance, NONE)[2]
    direction = cases(n_classes, scale, seed=1)[2]
    step = 1e-6
    ahead, behind = (
        likelihood.expectations(y, mean, variance + sign * step * direction, NONE)[0]
        for sign in (1.0, -1.0)
    )
    expected = -0.5 * np.einsum("nij,nij->n", curvature, direction)
    np.testing.assert_allclose((ahead - behind) / (2 * step), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("scale", "error"), [(0.5, 1e-3), (1.0, 4e-3), (2.0, 2e-2), (4.0, 4e-2), (8.0, 4e-2)]
)
def test_expectations_of_many_classes_are_those_of_draws(scale, error):
    y, mean, variance = cases(10, scale)
    mean = (0.5 + scale) * mean
    z = np.random.default_rng(5).standard_normal((100_000, 9))
    likelihood, expected, errors = Categorical(10), [], []
    for code, centre, matrix in zip(y[:, 0].astype(int), mean, variance, strict=True):
        drawn = z @ np.linalg.cholesky(matrix).T
        logs = [
            log_softmax((centre + e) @ contrasts(10).T, axis=1)[:, code] for e in (drawn, -drawn)
        ]
        expected.append(0.5 * np.mean(logs[0] + logs[1]))
        errors.append(0.5 * np.std(logs[0] + logs[1]) / np.sqrt(len(z)))
    found = likelihood.expectations(y, mean, variance, NONE)[0]
    gap = found - expected
    assert np.sqrt(np.mean(np.square(errors))) < 0.5 * error
    assert np.sqrt(np.mean(gap**2)) < error
    assert abs(gap.mean()) < 0.5 * error


@pytest.mark.parametrize("scale", [0.4, 1.0, 4.0, 12.0])
def test_two_classes_far_from_the_others_are_bernoulli(scale):
    rng = np.random.default_rng(3)
    logits = np.r_[0.0, 0.0, np.full(8, -100.0)] + np.outer(rng.normal(size=9), [1, -1] + [0] * 8)
    mean = logits @ contrasts(10)
    variance = np.broadcast_to(scale**2 * np.eye(9), (9, 9, 9))
    y = (np.arange(9.0) % 2)[:, None]
    value, slope, curvature = Categorical(10).expectations(y, mean, variance, NONE)
    moments = logits[:, 1] - logits[:, 0], np.full(9, 2.0 * scale**2)
    peer = Bernoulli().expectations(Bernoulli().columns(y), *moments, NONE)
    np.testing.assert_allclose(value, peer[0], atol=1e-7)
    difference = contrasts(10)[1] - contrasts(10)[0]
    np.testing.assert_allclose(slope, np.outer(peer[1], difference), atol=1e-6)
    square = np.outer(difference, difference)
    np.testing.assert_allclose(curvature, peer[2][:, None, None] * square, atol=1e-5)


def test_curvature_is_near_the_derivative_in_the_variance():
    y, mean, variance = cases(3, 0.3)
    likelihood, step = Categorical(3), 1e-5
    curvature = likelihood.expectations(y, mean, variance, NONE)[2]
    for i, j in ((0, 0), (1, 1), (0, 1)):
        unit = np.zeros((2, 2))
        unit[i, j] = unit[j, i] = step
        ahead, behind = (
            likelihood.expectations(y, mean, variance + sign * unit, NONE)[0]
            for sign in (1.0, -1.0)
        )
        times = 1.0 if i == j else 2.0
        slope = -2.0 * (ahead - behind) / (2 * step) / times
        np.testing.assert_allclose(curvature[:, i, j], slope, atol=1.5e-2)


@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_two_classes_are_bernoulli(scale):
    y, mean, variance = cases(2, scale)
    mean, variance = mean[:, 0], variance[:, 0, 0]
    likelihood, peer = Categorical(2), Bernoulli()
    np.testing.assert_allclose(
        likelihood.log_density(y, mean, NONE),
        peer.log_density(peer.columns(y), np.sqrt(2.0) * mean, NONE),
        rtol=1e-13,
    )
    got = likelihood.expectations(y, mean, variance, NONE)
    reference = peer.expectations(peer.columns(y), np.sqrt(2.0) * mean, 2.0 * variance, NONE)
    for ours, theirs, factor in zip(got, reference, (1.0, np.sqrt(2.0), 2.0), strict=True):
        assert ours.shape == mean.shape
        np.testing.assert_allclose(ours, factor * theirs, atol=1e-5 if scale < 1.0 else 1e-2)
    assert expected_probabilities(mean, variance).shape == (len(mean), 2)


def test_singular_and_large_variances():
    y, mean, _ = cases(4, 1.0)
    direction = np.array([1.0, -2.0, 0.5])
    likelihood = Categorical(4)
    variance = np.broadcast_to(np.outer(direction, direction), (len(y), 3, 3))
    value, _, curvature = likelihood.expectations(y, mean, variance, NONE)
    nearby = likelihood.expectations(y, mean, variance + 1e-10 * np.eye(3), NONE)[0]
    np.testing.assert_allclose(value, nearby, atol=1e-4)
    for size in (1e3, 1e300):
        results = likelihood.expectations(y, mean, size * variance, NONE)
        assert all(np.isfinite(result).all() for result in results)
    assert np.linalg.eigvalsh(curvature).min() > -1e-15


def test_conditional_and_log_density():
    _, mean, _ = cases(5, 1.0)
    likelihood = Categorical(5)
    distribution = likelihood.conditional(mean, NONE)
    np.testing.assert_allclose(distribution.probabilities().sum(axis=-1), 1.0, rtol=1e-14)
    for code in range(5):
        log_density = likelihood.log_density(np.full((len(mean), 1), float(code)), mean, NONE)
        np.testing.assert_allclose(distribution.logpmf(code), log_density, rtol=1e-12)
    assert likelihood.conditional(np.zeros((3, 6, 4)), NONE).rvs(random_state=0).shape == (3, 6)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_begin_recovers_the_shares(n_classes):
    likelihood = Categorical(n_classes)
    eta = np.linspace(-0.5, 1.0, n_classes - 1)
    at = eta if n_classes > 2 else eta[0]
    y = likelihood.conditional(at, NONE).rvs(50000, random_state=1)[:, None].astype(float)
    first, second = (likelihood.statistics(part, np.ones(len(part))) for part in (y[:9], y[9:]))
    predictor, parameters = likelihood.begin(first + second)
    np.testing.assert_allclose(predictor, eta, atol=0.04)
    assert parameters.shape == (0,)
