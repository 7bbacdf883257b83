"""Posteriors without a row, by further steps, against fits of the other rows."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import VariationalLogisticRegression
from skvi.inference.blocks import ArrayBlocks
from skvi.models.linear_predictor import refits as module
from skvi.models.linear_predictor.posterior import in_table_units
from skvi.models.linear_predictor.refits import Refits
from skvi.models.linear_predictor.response import responded
from skvi.models.linear_predictor.robust import robust_covariance
from skvi.priors import Ridge
from tests.models.linear_predictor.problems import PROBLEMS, Fitted, blocks_of


def refits_of(fit, tol=1e-6):
    return Refits(fit.model, fit.blocks, fit.state, tol, 1000)


def fit_of(name, prior=None, n_rows=40, weights=None):
    likelihood, make = PROBLEMS[name]
    X, y, _ = make(n_rows, 3)
    blocks = blocks_of(likelihood, X, y, weights)
    return Fitted(likelihood, prior or Ridge(), blocks, tol=1e-6), X, y


def fit_like(fit, X, y, weights=None):
    """The fit of other rows, with the prior of a known one."""
    likelihood = fit.model.likelihood
    return Fitted(
        likelihood, fit.model.weights_prior, blocks_of(likelihood, X, y, weights), tol=1e-6
    )


@pytest.mark.parametrize("name", PROBLEMS)
def test_they_are_fits_of_the_other_rows(name):
    fit, X, y = fit_of(name)
    for i, (row, without) in enumerate(refits_of(fit)):
        np.testing.assert_array_equal(row.X, fit.blocks.X[i : i + 1])
        if i % 13:
            continue
        keep = np.arange(len(X)) != i
        other = fit_like(fit, X[keep], y[keep])
        known = responded(other.model, other.blocks, other.state).posterior
        sds = known.sds()[:3]  # the prior of the intercept and the unit of columns move a little
        expected = in_table_units(known, known.flat_mean())[0, :3]
        found = in_table_units(without, without.flat_mean())[0, :3]
        np.testing.assert_allclose(found / sds, expected / sds, atol=0.01)
        np.testing.assert_allclose(without.parameters, known.parameters, atol=0.02)


def test_a_row_of_weight_two_loses_one():
    weights = np.where(np.arange(40) < 10, 2.0, 1.0)
    fit, X, y = fit_of("logistic", Ridge(1.0), weights=weights)
    _, without = next(iter(refits_of(fit)))
    rows = np.repeat(np.arange(40), weights.astype(int))[1:]
    other = fit_like(fit, X[rows], y[rows]).posterior
    found, expected = (in_table_units(q, q.flat_mean()) for q in (without, other))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_fractions_of_rows_are_left_out_whole():
    weights = np.where(np.arange(40) < 10, 0.5, 1.0)
    fit, X, y = fit_of("logistic", Ridge(1.0), weights=weights)
    _, without = next(iter(refits_of(fit)))
    other = fit_like(fit, X[1:], y[1:], weights[1:]).posterior
    found, expected = (in_table_units(q, q.flat_mean()) for q in (without, other))
    np.testing.assert_allclose(found, expected, atol=2e-3)


def test_the_jackknife_is_close_to_the_infinitesimal_one_of_many_rows():
    fit, _, _ = fit_of("logistic", Ridge(1.0), n_rows=200)
    jackknife = np.sqrt(np.diag(refits_of(fit).covariance_of_means()))
    infinitesimal = np.sqrt(np.diag(robust_covariance(fit.model, fit.blocks, fit.posterior)))
    np.testing.assert_allclose(jackknife, infinitesimal, rtol=0.05)
    assert np.any(np.abs(jackknife / infinitesimal - 1.0) > 1e-6)


def test_fewer_rows_than_columns_are_left_out_in_their_own_basis():
    rng = np.random.RandomState(0)
    X = rng.standard_normal((12, 400))
    y = (X[:, 0] > 0.0) + 0.0
    fitted = VariationalLogisticRegression().fit(X, y)
    refits = Refits(fitted._model, fitted._rows, fitted._state, 1e-6, 1000)
    for _, without in refits:
        assert without.units.basis is None
        assert len(without.mean) < 20
    covariance = refits.covariance_of_means()
    means = []
    for i in range(12):
        keep = np.arange(12) != i
        other = VariationalLogisticRegression(tol=1e-6).fit(X[keep], y[keep])
        means.append(np.append(other.coef_, other.intercept_))
    spread = np.sum((means - np.append(fitted.coef_, fitted.intercept_)) ** 2, axis=0)
    assert covariance.shape == (401, 401)
    # Of fewer rows the prior of the precision has another centre.
    assert np.mean(np.sqrt(np.diag(covariance) / spread)) == pytest.approx(1.0, abs=0.1)


def test_they_are_quick_for_few_rows(monkeypatch):
    fit, _, _ = fit_of("logistic")
    assert Refits.are_quick(fit.model, fit.blocks, fit.state)
    one = ArrayBlocks(fit.blocks.X[:1], fit.blocks.y[:1])
    assert not Refits.are_possible(fit.model, one, fit.state)
    for limit in ("_MOST_ROWS", "_MOST_PRODUCTS"):
        with monkeypatch.context() as patch:
            patch.setattr(module, limit, 9)
            assert not Refits.are_quick(fit.model, fit.blocks, fit.state)
            assert Refits.are_possible(fit.model, fit.blocks, fit.state)


def test_an_interrupt_is_passed_on(monkeypatch):
    fit, _, _ = fit_of("logistic")
    refits = iter(refits_of(fit))
    next(refits)

    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(type(fit.model), "bound", interrupted)
    with pytest.raises(KeyboardInterrupt):
        next(refits)
