"""Checks of expectations against the trapezoid rule and central differences."""

from __future__ import annotations

import numpy as np

VARIANCES = (0.0, 1e-8, 0.01, 0.3, 1.0, 4.0, 25.0)
NO_PARAMETERS = np.empty(0)


def rows(targets, means, variances=VARIANCES):
    """All combinations: targets of shape (n, n_target_columns), means and variances."""
    targets = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
    grid = np.meshgrid(np.arange(len(targets)), means, variances, indexing="ij")
    index, mean, variance = (axis.ravel() for axis in grid)
    return targets[index.astype(np.intp)], mean.astype(float), variance.astype(float)


def expected_log_density(likelihood, y, mean, variance, parameters=NO_PARAMETERS):
    """Trapezoid rule: right to rounding for functions analytic next to the real line."""
    z = 0.02 * np.arange(-1900, 1901)
    weight = 0.02 * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    result = np.empty(len(mean))
    for i in range(len(mean)):
        eta = mean[i] + np.sqrt(variance[i]) * z
        target = np.broadcast_to(y[i], (len(z), y.shape[1]))
        result[i] = weight @ likelihood.log_density(target, eta, parameters)
    return result


def assert_expectations(likelihood, raw, mean, variance, parameters=NO_PARAMETERS, **tolerance):
    """Compare the expectation with quadrature, slope and curvature with differences."""
    y = likelihood.columns(raw)
    value, slope, curvature = likelihood.expectations(y, mean, variance, parameters)
    expected = expected_log_density(likelihood, y, mean, variance, parameters)
    np.testing.assert_allclose(value, expected, **(tolerance or {"rtol": 1e-9, "atol": 1e-11}))

    def at(mean, variance):
        return likelihood.expectations(y, mean, variance, parameters)

    step, scale = 1e-4, 1e-6 * (1.0 + np.abs(value))
    ahead, behind = at(mean + step, variance), at(mean - step, variance)
    assert np.all(np.abs((ahead[0] - behind[0]) / (2.0 * step) - slope) <= scale)
    scale = 1e-6 * (1.0 + np.abs(slope))
    assert np.all(np.abs((behind[1] - ahead[1]) / (2.0 * step) - curvature) <= scale)
    wide = variance > 2.0 * step
    ahead, behind = at(mean, variance + step)[0], at(mean, np.maximum(variance - step, 0.0))[0]
    error = np.abs((behind - ahead) / step - curvature)
    scale = 1e-5 * (1.0 + np.abs(value) + np.abs(curvature))
    assert np.all(error[wide] <= scale[wide])


def assert_parameter_slopes(likelihood, raw, mean, variance, parameters):
    """Compare closed forms of slopes in hyper-parameters with those of differences."""
    y = likelihood.columns(raw)
    weights = np.linspace(0.5, 2.0, len(y))
    arguments = (y, mean, variance, parameters, weights)
    known = likelihood.parameter_slopes(*arguments)
    differences = super(type(likelihood), likelihood).parameter_slopes(*arguments)
    np.testing.assert_allclose(known[0], differences[0], rtol=1e-6)
    np.testing.assert_allclose(known[1], differences[1], rtol=1e-4)
