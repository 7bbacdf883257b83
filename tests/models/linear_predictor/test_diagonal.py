"""Independent weights: a stationary point of the exact bound, below that of the full family."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skvi.inference.monitor import Monitor
from skvi.models.linear_predictor.quasi_newton import quasi_newton_ascent
from skvi.priors import Normal, Ridge
from tests.models.linear_predictor.problems import PROBLEMS, Fitted, blocks_of

PRIORS = {"fixed": Ridge(2.0), "learned": Ridge(), "normal": Normal(0.3, 2.0)}

every_case = pytest.mark.parametrize(
    ("name", "prior"), [(name, prior) for name in PROBLEMS for prior in PRIORS]
)


def fit_of(name, prior="fixed", *, kind=np.asarray, diagonal=True, zeros=0.0, **options):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(150, 8)
    X = X * (np.random.RandomState(9).uniform(size=X.shape) >= zeros)
    blocks = blocks_of(likelihood, kind(X), y, weights)
    return Fitted(likelihood, PRIORS[prior], blocks, diagonal=diagonal, **options)


@every_case
def test_the_bound_never_falls(name, prior):
    fit = fit_of(name, prior)
    history = np.array(fit.monitor.history)
    assert fit.monitor.converged
    assert len(history) > 3
    assert np.diff(history).min() >= -1e-11 * (1.0 + np.abs(history).max())


@every_case
def test_the_bound_is_below_that_of_the_full_family(name, prior):
    fit, full = fit_of(name, prior), fit_of(name, prior, diagonal=False)
    assert fit.state.bound < full.state.bound
    matrix = fit.posterior._replace(root=np.diag(fit.posterior.root))
    assert full.at(matrix).bound == pytest.approx(fit.state.bound, rel=1e-10)
    assert np.all(fit.posterior.sds() < full.posterior.sds() * (1.0 + 1e-6))


@every_case
def test_the_end_is_a_stationary_point_of_the_exact_bound(name, prior):
    fit = fit_of(name, prior)
    posterior, sd = fit.posterior, fit.posterior.root
    step = 1e-3
    for j in range(len(sd)):
        unit = np.eye(len(sd))[j]
        ends = [fit.at(posterior._replace(mean=posterior.mean + s * sd * unit)).bound
                for s in (-step, step)]  # fmt: skip
        assert abs(ends[1] - ends[0]) / (2.0 * step) < 2e-4  # nats per standard deviation
        assert max(ends) < fit.state.bound
        ends = [fit.at(posterior._replace(root=sd * np.exp(s * unit))).bound
                for s in (-step, step)]  # fmt: skip
        assert abs(ends[1] - ends[0]) / (2.0 * step) < 2e-4
        assert max(ends) < fit.state.bound


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("name", PROBLEMS)
def test_sparse_rows_are_the_same_as_dense_ones(name, centred):
    """Columns of a sparse table are not moved: nor are those that they are compared with here."""
    likelihood, make = PROBLEMS[name]
    X, y, weights = make(150, 8)
    X *= np.random.RandomState(9).uniform(size=X.shape) >= 0.5
    if centred:
        X = X - np.average(X, axis=0, weights=weights)
    fits = []
    for kind in (np.asarray, sparse.csr_array):
        blocks = blocks_of(likelihood, kind(X), y, weights)
        fits.append(Fitted(likelihood, Ridge(2.0), blocks, diagonal=True))
    dense, rows = fits
    if centred:
        assert rows.state.bound == pytest.approx(dense.state.bound, rel=1e-9)
        np.testing.assert_allclose(rows.posterior.mean, dense.posterior.mean, atol=1e-5)
        np.testing.assert_allclose(rows.posterior.root, dense.posterior.root, rtol=1e-5)
    else:
        assert rows.monitor.converged
        full = fit_of(name, diagonal=False, zeros=0.5)
        assert rows.state.bound < full.state.bound


def test_many_columns_of_text():
    """More weights than rows, most of them of rare columns: monotone, to the end."""
    rng = np.random.RandomState(0)
    rows = sparse.random_array((300, 900), density=0.02, random_state=rng, format="csr")
    eta = rows @ rng.standard_normal(900)
    likelihood = PROBLEMS["logistic"][0]
    blocks = blocks_of(likelihood, sparse.csr_array(rows), (eta > 0.0).astype(float))
    fit = Fitted(likelihood, Ridge(), blocks, diagonal=True, tol=1e-3)
    assert fit.monitor.converged
    assert np.diff(fit.monitor.history).min() >= -1e-9
    precision = fit.state.summary.precision + fit.prior.fixed
    precision += fit.posterior.scale.precision * fit.prior.scaled
    np.testing.assert_allclose(fit.posterior.root, precision**-0.5, rtol=1e-3)


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_posterior_far_away_ends_at_the_same_optimum(name):
    fit = fit_of(name)
    mean = fit.posterior.mean + 1.0
    state = fit.at(fit.posterior._replace(mean=mean, root=0.1 * fit.posterior.root))
    monitor = Monitor(1e-8, 3000, fit.blocks.total_weight)
    again = quasi_newton_ascent(fit.model, fit.blocks, fit.prior, state, monitor)
    assert again.bound == pytest.approx(fit.state.bound, rel=1e-9)
    np.testing.assert_allclose(again.posterior.mean, fit.posterior.mean, atol=1e-5)


def test_no_tolerance_runs_all_iterations():
    fit = fit_of("logistic", tol=0.0, max_iter=5)
    assert len(fit.monitor.history) == 5
    assert not fit.monitor.converged
