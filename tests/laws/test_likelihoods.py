"""Laws of every likelihood: what expectations, starts, draws and arguments have to do."""

from __future__ import annotations

import inspect
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skvi import likelihoods
from skvi.likelihoods._base import Likelihood, LikelihoodError
from tests._cases.likelihoods import LIKELIHOODS

N = 24
# Expectations that are means over few nodes, and how far off they may be at the variances used
# here; that far, too, is their curvature from a derivative of their value in the variance.
INEXACT = {"Categorical": 5e-3}
# Arguments about columns of X, which whoever reads X has to check.
ELSEWHERE = {("Heteroscedastic", "variance_columns")}

every_case = pytest.mark.parametrize(
    ("kind", "case"),
    [
        pytest.param(kind, case, id=f"{kind}, {name}")
        for kind, cases in LIKELIHOODS.items()
        for name, case in cases.items()
    ],
)


class Rows:
    """Targets drawn from a case, with normal predictors about those they were drawn at."""

    def __init__(self, case, variance):
        rng = np.random.default_rng(0)
        self.likelihood, self.parameters = clone(case.likelihood), case.parameters
        d = self.likelihood.n_predictors
        shape = (N,) if d == 1 else (N, d)
        eta = np.asarray(case.location) + 0.5 * rng.normal(size=shape)
        drawn = self.likelihood.conditional(eta, self.parameters).rvs(random_state=1)
        self.raw = np.asarray(drawn, dtype=np.float64).reshape(N, -1)
        if self.likelihood.n_target_columns == 2:
            self.raw = np.column_stack([self.raw, rng.integers(0, 2, N)])
        self.y = self.likelihood.columns(self.raw)
        self.mean = eta + 0.3 * rng.normal(size=shape)
        self.weights = rng.uniform(0.5, 2.0, N)
        if d == 1:
            self.variance = variance * rng.uniform(0.5, 1.5, N)
        else:
            roots = np.eye(d) + 0.3 * rng.normal(size=(N, d, d))
            self.variance = variance * roots @ roots.transpose(0, 2, 1)

    def expectations(self, mean=None, variance=None, parameters=None):
        mean = self.mean if mean is None else mean
        variance = self.variance if variance is None else variance
        parameters = self.parameters if parameters is None else parameters
        return self.likelihood.expectations(self.y, mean, variance, parameters)

    def log_density(self, eta):
        return self.likelihood.log_density(self.y, eta, self.parameters)


def expected_on_the_line(rows):
    """Composite Gauss rule with a break at the target, where log densities may have a kink."""
    nodes, weights = np.polynomial.legendre.leggauss(10)
    sd = np.sqrt(rows.variance)
    ends = np.linspace(-10.0, 10.0, 101)[:, None] * sd + rows.mean
    kink = np.clip(rows.y[:, 0], ends[0], ends[-1])
    ends = np.sort(np.vstack([ends, kink]), axis=0)
    total = np.zeros(N)
    for left, right in zip(ends[:-1], ends[1:], strict=True):
        for node, weight in zip(nodes, weights, strict=True):
            eta = 0.5 * (left + right) + 0.5 * (right - left) * node
            density = np.exp(-0.5 * ((eta - rows.mean) / sd) ** 2) / np.sqrt(2.0 * np.pi) / sd
            total += 0.5 * (right - left) * weight * density * rows.log_density(eta)
    return total


def expected_in_the_plane(rows):
    """Tensor product of two Gauss-Hermite rules."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    roots = np.linalg.cholesky(rows.variance)
    total = np.zeros(N)
    for first, p in zip(nodes, weights, strict=True):
        for second, q in zip(nodes, weights, strict=True):
            if p * q > 1e-20:
                eta = rows.mean + roots @ np.array([first, second])
                total += p * q * rows.log_density(eta)
    return total / (2.0 * np.pi)


def basis(rows):
    """Directions in which the covariance of a row can move: symmetric, one entry or two."""
    d = rows.likelihood.n_predictors
    if d == 1:
        return [np.array(1.0)]
    units = [np.outer(a, b) for a in np.eye(d) for b in np.eye(d)]
    return [0.5 * (unit + unit.T) for unit in units]


def along(array, direction):
    """Entries of each row times a direction, summed."""
    return (array * direction).reshape(N, -1).sum(axis=1)


def test_every_likelihood_has_a_case():
    exported = {name for name in likelihoods.__all__ if inspect.isclass(getattr(likelihoods, name))}
    kinds = {name for name in exported if issubclass(getattr(likelihoods, name), Likelihood)}
    assert kinds == set(LIKELIHOODS)
    for name, cases in LIKELIHOODS.items():
        assert {type(case.likelihood).__name__ for case in cases.values()} == {name}


@every_case
def test_the_case_is_allowed_and_lists_the_free_hyper_parameters(kind, case):
    rows = Rows(case, 0.1)
    assert rows.likelihood.check() is None
    predictor, parameters = rows.likelihood.begin(rows.likelihood.statistics(rows.y, rows.weights))
    assert predictor.shape == (rows.likelihood.n_predictors,)
    assert parameters.shape == case.parameters.shape
    assert np.all(np.isfinite(predictor))
    assert np.all(np.isfinite(parameters))
    assert isinstance(rows.likelihood.named(parameters), dict)


@every_case
def test_without_variance_the_expectation_is_the_log_density(kind, case):
    rows = Rows(case, 0.0)
    np.testing.assert_allclose(
        rows.expectations()[0], rows.log_density(rows.mean), rtol=1e-8, atol=1e-8
    )


@every_case
@pytest.mark.parametrize("variance", [0.01, 0.3])
def test_the_expectation_is_that_of_quadrature(kind, case, variance):
    rows = Rows(case, variance)
    d = rows.likelihood.n_predictors
    value, _, curvature = rows.expectations()
    if d > 2:
        rows = Rows(case, 1e-4)
        value, _, curvature = rows.expectations()
        expected = rows.log_density(rows.mean) - 0.5 * along(curvature, rows.variance)
    else:
        expected = expected_on_the_line(rows) if d == 1 else expected_in_the_plane(rows)
    tolerance = INEXACT.get(kind, 1e-6)
    np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)


@every_case
def test_the_slope_is_the_derivative_in_the_mean(kind, case):
    rows = Rows(case, 0.2)
    _, slope, curvature = rows.expectations()
    step = 1e-4
    for unit in np.eye(rows.likelihood.n_predictors):
        move = step * unit if rows.mean.ndim > 1 else step
        ahead = rows.expectations(mean=rows.mean + move)
        behind = rows.expectations(mean=rows.mean - move)
        moved = along(slope, move / step)
        np.testing.assert_allclose(
            (ahead[0] - behind[0]) / (2.0 * step), moved, rtol=1e-6, atol=1e-6
        )
        row = curvature @ unit if rows.mean.ndim > 1 else curvature
        np.testing.assert_allclose((behind[1] - ahead[1]) / (2.0 * step), row, rtol=1e-5, atol=1e-5)


@every_case
def test_the_curvature_is_minus_twice_the_derivative_in_the_variance(kind, case):
    rows = Rows(case, 0.2)
    curvature = rows.expectations()[2]
    step = 1e-4
    tolerance = 4.0 * INEXACT.get(kind, 2.5e-7)
    for direction in basis(rows):
        ahead = rows.expectations(variance=rows.variance + step * direction)[0]
        behind = rows.expectations(variance=rows.variance - step * direction)[0]
        np.testing.assert_allclose(
            (behind - ahead) / step, along(curvature, direction), rtol=tolerance, atol=tolerance
        )


@every_case
def test_slopes_in_hyper_parameters_are_derivatives(kind, case):
    rows = Rows(case, 0.2)
    arguments = (rows.y, rows.mean, rows.variance)
    slope, curvature = rows.likelihood.parameter_slopes(*arguments, rows.parameters, rows.weights)
    assert slope.shape == rows.parameters.shape
    assert curvature.shape == rows.parameters.shape * 2
    for i, unit in enumerate(1e-3 * np.eye(len(rows.parameters))):
        ends = [rows.parameters + s * unit for s in (-2, -1, 1, 2)]
        values = [rows.weights @ rows.expectations(parameters=end)[0] for end in ends]
        slopes = [
            rows.likelihood.parameter_slopes(*arguments, end, rows.weights)[0] for end in ends
        ]
        rule = np.array([1.0, -8.0, 8.0, -1.0]) / (12.0 * 1e-3)
        np.testing.assert_allclose(slope[i], rule @ values, rtol=1e-6, atol=1e-5)
        np.testing.assert_allclose(curvature[i], -(rule @ slopes), rtol=1e-4, atol=1e-3)


@every_case
@pytest.mark.parametrize("variance", [0.0, 1e-8, 25.0, 1e3])
def test_no_predictor_gives_nan(kind, case, variance):
    rows = Rows(case, variance)
    for shift in (-600.0, -30.0, 0.0, 30.0, 600.0):
        for result in rows.expectations(mean=rows.mean + shift):
            assert not np.any(np.isnan(result))


@every_case
def test_results_are_new_arrays_of_the_shapes_of_the_inputs(kind, case):
    rows = Rows(case, 0.2)
    before = rows.y.copy(), rows.mean.copy(), rows.variance.copy()
    value, slope, curvature = rows.expectations()
    assert (value.shape, slope.shape) == ((N,), rows.mean.shape)
    assert curvature.shape == rows.variance.shape
    for array, kept in zip((rows.y, rows.mean, rows.variance), before, strict=True):
        np.testing.assert_array_equal(array, kept)
    some = slice(3, 8)
    part = rows.likelihood.expectations(
        rows.y[some], rows.mean[some], rows.variance[some], rows.parameters
    )
    for whole, piece in zip((value, slope, curvature), part, strict=True):
        np.testing.assert_allclose(piece, whole[some], rtol=1e-11, atol=1e-11)


@every_case
def test_statistics_add_over_rows(kind, case):
    rows = Rows(case, 0.1)
    whole = rows.likelihood.statistics(rows.y, rows.weights)
    if whole is None:
        return
    parts = [rows.likelihood.statistics(rows.y[s::3], rows.weights[s::3]) for s in range(3)]
    np.testing.assert_allclose(sum(parts), whole, rtol=1e-12)
    twice = rows.likelihood.statistics(rows.y, 2.0 * rows.weights)
    np.testing.assert_allclose(twice, 2.0 * whole, rtol=1e-12)


@every_case
def test_draws_are_reproducible_and_of_one_shape_with_the_predictors(kind, case):
    first, second = Rows(case, 0.1), Rows(case, 0.1)
    np.testing.assert_array_equal(first.raw, second.raw)
    assert len(first.raw) == N
    assert np.all(np.isfinite(first.raw))


@every_case
def test_copies_are_equal_and_arguments_only_stored(kind, case):
    likelihood = case.likelihood
    names = list(likelihood.get_params())
    assert sorted(vars(likelihood)) == sorted(names)
    for copy in (clone(likelihood), pickle.loads(pickle.dumps(likelihood))):
        assert type(copy) is type(likelihood)
        assert copy.get_params() == likelihood.get_params()
    marker = object()
    for name in names:
        assert getattr(clone(likelihood).set_params(**{name: marker}), name) is marker


@every_case
def test_an_argument_that_is_not_allowed_is_named(kind, case):
    for name in case.likelihood.get_params():
        if (kind, name) in ELSEWHERE:
            continue
        wrong = clone(case.likelihood).set_params(**{name: "nonsense"})
        with pytest.raises(LikelihoodError, match=rf"{kind}.*{name}.*'nonsense'"):
            wrong.check()
