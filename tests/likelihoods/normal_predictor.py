"""References for expectations under a normal predictor, and what every likelihood's must meet."""

from __future__ import annotations

import numpy as np

VARIANCES = np.array([0.0, 1e-8, 0.01, 0.3, 1.0, 4.0, 25.0])
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_GRADES = 2.0 ** np.arange(-40.0, 12.0)


def grid(targets, means, variances=VARIANCES):
    """All combinations as columns of shape (n, 1), (n,) and (n,)."""
    y, mean, variance = (x.ravel() for x in np.meshgrid(targets, means, variances, indexing="ij"))
    return y[:, None], mean, variance


def expected(function, mean, variance, centre):
    """Expectation by Gauss-Legendre rules on panels that shrink towards ``centre``."""
    if variance == 0.0:
        return function(np.array([mean]))[0]
    deviation = np.sqrt(variance)
    lower, upper = mean - 12.0 * deviation, mean + 12.0 * deviation
    graded = np.concatenate([centre - _GRADES, [centre], centre + _GRADES])
    edges = np.unique(np.concatenate([np.linspace(lower, upper, 33), graded]).clip(lower, upper))
    half = 0.5 * np.diff(edges)[:, None]
    x = (0.5 * (edges[1:] + edges[:-1]))[:, None] + half * _NODES
    density = np.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * np.sqrt(2.0 * np.pi))
    weights = (half * _WEIGHTS * density).ravel()
    return weights @ function(x.ravel()) / weights.sum()


def reference(likelihood, y, mean, variance, parameters):
    """Expected log densities, a row at a time, panels shrinking towards the first column."""

    def row(target, m, v):
        def function(eta):
            return likelihood.log_density(np.tile(target, (len(eta), 1)), eta, parameters)

        return expected(function, m, v, target[0])

    return np.array([row(*each) for each in zip(y, mean, variance, strict=True)])


def check_derivatives(likelihood, y, mean, variance, parameters, rtol=1e-6, atol=1e-7):
    """Slope and curvature are differences of the value; the curvature is those of the slope too."""

    def results(m, v):
        return likelihood.expectations(y, m, v, parameters)

    step = 1e-4 * np.sqrt(variance.clip(0.01, 1.0))
    _, slope, curvature = results(mean, variance)
    above, below = results(mean + step, variance), results(mean - step, variance)
    np.testing.assert_allclose(slope, (above[0] - below[0]) / (2.0 * step), rtol, atol)
    np.testing.assert_allclose(curvature, (below[1] - above[1]) / (2.0 * step), rtol, atol)
    wide = variance >= 0.01
    step = np.where(wide, 1e-3 * variance, 0.0)
    above, below = results(mean, variance + step)[0], results(mean, variance - step)[0]
    differences = (below - above)[wide] / step[wide]
    np.testing.assert_allclose(curvature[wide], differences, 10 * rtol, 10 * atol)


def check_parameter_slopes(likelihood, y, mean, variance, parameters):
    """Slopes in the hyper-parameters are differences of the weighted sum of values."""
    weights = np.linspace(0.5, 2.0, len(y))
    slope, curvature = likelihood.parameter_slopes(y, mean, variance, parameters, weights)
    assert slope.shape == parameters.shape
    assert curvature.shape == parameters.shape * 2

    def total(*steps):
        moved = np.add.reduce([parameters, *steps])
        return weights @ likelihood.expectations(y, mean, variance, moved)[0]

    units = 1e-3 * np.eye(len(parameters))
    for i, a in enumerate(units):
        np.testing.assert_allclose(slope[i], (total(a) - total(-a)) / 2e-3, 1e-5, 1e-5)
        for j, b in enumerate(units):
            second = total(a, b) - total(a, -b) - total(-a, b) + total(-a, -b)
            np.testing.assert_allclose(curvature[i, j], -second / 4e-6, 1e-3, 1e-3)


def check_finite(likelihood, y, parameters, largest=1e4):
    """No result is NaN, however far the mean and however large the variance."""
    means = np.array([-largest, -800.0, -40.0, -1e-300, 0.0, 40.0, 800.0, largest])
    rows = np.arange(len(y))
    k, mean, variance = (x.ravel() for x in np.meshgrid(rows, means, [0.0, 1e-12, 1.0, 1e3, 1e8]))
    for result in likelihood.expectations(y[k], mean, variance, parameters):
        assert not np.any(np.isnan(result))


def check_additive(likelihood, y):
    """Statistics of two parts add up to those of the whole; weights count rows."""
    weights = np.arange(len(y)) % 3 + 1.0
    whole = likelihood.statistics(y, weights)
    first = likelihood.statistics(y[:3], weights[:3])
    np.testing.assert_allclose(first + likelihood.statistics(y[3:], weights[3:]), whole, 1e-12)
    repeated = np.repeat(y, weights.astype(int), axis=0)
    np.testing.assert_allclose(likelihood.statistics(repeated, np.ones(len(repeated))), whole)


def check_density(likelihood, parameters, predictors, points):
    """``conditional`` has the log density, of one predictor at a time, and its distribution.

    Its density sums to one over nodes shrinking towards the predictor, its moments fit, and
    ``cdf`` is its integral.
    """
    for predictor in predictors:
        eta = np.full(len(points), predictor)
        frozen = likelihood.conditional(eta, parameters)
        log_density = likelihood.log_density(points[:, None], eta, parameters)
        np.testing.assert_allclose(frozen.logpdf(points), log_density, 1e-11, 1e-12)
        levels = frozen.cdf(points)
        inside = np.abs(levels - 0.5) < 0.499999
        np.testing.assert_allclose(frozen.ppf(levels)[inside], points[inside], 1e-7, 1e-9)
        between = [
            _integral(likelihood, parameters, predictor, lower, upper)
            for lower, upper in zip(points[:-1], points[1:], strict=True)
        ]
        np.testing.assert_allclose(np.diff(levels), between, 1e-9, 1e-12)


def _integral(likelihood, parameters, predictor, lower, upper):
    graded = np.concatenate([predictor - _GRADES, [predictor], predictor + _GRADES])
    edges = np.unique(np.append(graded, [lower, upper]).clip(lower, upper))
    half = 0.5 * np.diff(edges)[:, None]
    y = ((0.5 * (edges[1:] + edges[:-1]))[:, None] + half * _NODES).ravel()
    log_density = likelihood.log_density(y[:, None], np.full(len(y), predictor), parameters)
    return (half * _WEIGHTS).ravel() @ np.exp(log_density)
