"""Normal targets with a predictor of the log variance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from skvi.likelihoods import Heteroscedastic
from tests.likelihoods.normal_predictor import VARIANCES, check_additive

NOTHING = np.empty(0)
LIKELIHOOD = Heteroscedastic()


def rows(variances):
    """Targets, means and covariances of several correlations."""
    grid = np.meshgrid(
        [-1.5, 0.2, 2.0], [-1.0, 0.7], [-1.5, 0.5], variances, variances, [-0.8, 0.0, 0.6]
    )
    y, first, second, v, w, correlation = (x.ravel() for x in grid)
    both = correlation * np.sqrt(v * w)
    covariance = np.stack([np.stack([v, both], -1), np.stack([both, w], -1)], -1)
    return y[:, None], np.column_stack([first, second]), covariance


def test_log_density_is_that_of_scipy():
    y, mean, _ = rows([1.0])
    expected = norm.logpdf(y[:, 0], mean[:, 0], np.exp(0.5 * mean[:, 1]))
    millionth = 0.5e-6 * np.exp(-mean[:, 1])
    log_density = LIKELIHOOD.log_density(y, mean, NOTHING)
    np.testing.assert_allclose(log_density, expected - millionth, 1e-13)
    frozen = LIKELIHOOD.conditional(mean, NOTHING)
    np.testing.assert_allclose(frozen.logpdf(y[:, 0]), expected, 1e-13)
    np.testing.assert_allclose(frozen.mean(), mean[:, 0])
    np.testing.assert_allclose(frozen.var(), np.exp(mean[:, 1]))
    assert LIKELIHOOD.conditional(np.zeros((3, 4, 2)), NOTHING).cdf(0.0).shape == (3, 4)


def test_value_is_that_of_quadrature_in_two_dimensions():
    y, mean, covariance = rows(VARIANCES[:-1])
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    u, w = nodes[:, None, None], nodes[None, :, None]
    deviation = np.sqrt(covariance[:, 1, 1])
    safe = np.where(deviation > 0.0, deviation, 1.0)
    along = covariance[:, 0, 1] / safe
    rest = np.sqrt(np.maximum(covariance[:, 0, 0] - along**2, 0.0))
    eta = np.stack(
        np.broadcast_arrays(mean[:, 0] + along * w + rest * u, mean[:, 1] + deviation * w), -1
    )
    shape = eta.shape[:3]
    flat = np.broadcast_to(y[:, 0], shape).reshape(-1, 1)
    value = LIKELIHOOD.log_density(flat, eta.reshape(-1, 2), NOTHING).reshape(shape)
    expected = np.einsum("i,j,ijn->n", weights, weights, value)
    # Terms of either sign: errors are relative to the terms, not to their sum.
    np.testing.assert_allclose(
        LIKELIHOOD.expectations(y, mean, covariance, NOTHING)[0], expected, 1e-9, 1e-11
    )


def test_slopes_and_curvatures_are_differences():
    y, mean, covariance = rows([0.3, 1.0, 4.0])

    def results(m, c):
        return LIKELIHOOD.expectations(y, m, c, NOTHING)

    _, slope, curvature = results(mean, covariance)
    for j, step in enumerate(1e-5 * np.eye(2)):
        above, below = results(mean + step, covariance), results(mean - step, covariance)
        np.testing.assert_allclose(slope[:, j], (above[0] - below[0]) / 2e-5, 1e-6, 1e-6)
        np.testing.assert_allclose(curvature[:, j], (below[1] - above[1]) / 2e-5, 1e-6, 1e-6)
    for i, j, share in ((0, 0, 2.0), (1, 1, 2.0), (0, 1, 1.0)):
        step = np.zeros((2, 2))
        step[i, j] = step[j, i] = 1e-5
        change = results(mean, covariance + step)[0] - results(mean, covariance - step)[0]
        np.testing.assert_allclose(curvature[:, i, j], -share * change / 2e-5, 1e-6, 1e-6)


@pytest.mark.parametrize("log_variance", [-1e4, -800.0, 0.0, 800.0, 1e4])
@pytest.mark.parametrize("variance", [0.0, 1.0, 1e3, 1e6])
def test_nothing_is_nan(log_variance, variance):
    y = np.array([[0.0], [1.0], [-1e4]])
    mean = np.column_stack([np.zeros(3), np.full(3, log_variance)])
    covariance = np.tile(variance * np.eye(2), (3, 1, 1))
    for result in LIKELIHOOD.expectations(y, mean, covariance, NOTHING):
        assert not np.any(np.isnan(result))
    assert not np.any(np.isnan(LIKELIHOOD.log_density(y, mean, NOTHING)))


def test_begin_recovers_mean_and_log_variance():
    y = np.random.default_rng(0).normal(1.5, 0.3, (4000, 1))
    check_additive(LIKELIHOOD, y)
    predictor, parameters = LIKELIHOOD.begin(LIKELIHOOD.statistics(y, np.ones(len(y))))
    np.testing.assert_allclose(predictor, [1.5, 2.0 * np.log(0.3)], atol=0.1)
    assert parameters.shape == (0,)
    assert LIKELIHOOD.n_predictors == 2
    assert LIKELIHOOD.in_units_of_target
    LIKELIHOOD.check()
