"""Natural-gradient ascent against the formulas of its step, and what it must never do."""

from __future__ import annotations

import numpy as np
import pytest

from skvi.inference.monitor import Monitor, State
from skvi.inference.natural_gradient import exact_state, natural_gradient_ascent
from skvi.inference.summary import blend
from skvi.likelihoods import Categorical
from skvi.priors import Normal, Ridge
from tests.models.linear_predictor.problems import (
    PROBLEMS,
    Fitted,
    blocks_of,
    explicit,
    poisson_problem,
)

every_problem = pytest.mark.parametrize("name", PROBLEMS)


def fit_of(name, prior=None, **options):
    likelihood, make = PROBLEMS[name]
    X, y, weights = make()
    return Fitted(likelihood, prior or Ridge(1.0), blocks_of(likelihood, X, y, weights), **options)


class Explicit:
    """Expectations, prior and posterior of one fit as plain matrices."""

    def __init__(self, fit, posterior):
        self.design = explicit(fit.blocks.X, fit.prior.units).astype(float)
        self.prior_precision = np.diag(fit.prior.fixed + fit.prior.alpha * fit.prior.scaled)
        self.prior_mean = fit.prior.mean
        self.mean = posterior.mean
        self.precision = np.linalg.inv(posterior.root.T @ posterior.root)
        eta = self.design @ posterior.mean
        variance = np.sum((self.design @ posterior.root.T) ** 2, axis=1)
        moments = fit.blocks.y, eta, variance, np.empty(0)
        weights = fit.blocks.weights
        values = fit.model.likelihood.expectations(*moments)
        self.value, self.slope, self.curvature = (weights * each for each in values)

    def step(self, rho):
        """Mean and precision after a natural-gradient step of length rho."""
        A = self.design
        target = self.prior_precision + A.T @ (self.curvature[:, None] * A)
        precision = (1.0 - rho) * self.precision + rho * target
        pull = A.T @ self.slope - self.prior_precision @ (self.mean - self.prior_mean)
        return self.mean + rho * np.linalg.solve(precision, pull), precision

    def bound(self):
        """The exact bound by its formula."""
        covariance = np.linalg.inv(self.precision)
        apart = self.mean - self.prior_mean
        ratio = self.prior_precision @ covariance
        divergence = np.trace(ratio) + apart @ self.prior_precision @ apart - len(apart)
        return self.value.sum() - 0.5 * (divergence - np.linalg.slogdet(ratio)[1])


@pytest.mark.parametrize("rho", [1.0, 0.5, 0.1])
@every_problem
def test_a_blend_of_sites_is_a_natural_gradient_step(name, rho):
    fit = fit_of(name)
    rows = exact_state(fit.model, fit.blocks, fit.prior, fit.begin.posterior).summary
    summary = blend(fit.begin.summary, rows, rho)
    posterior = fit.model.update(fit.prior, summary, fit.begin.posterior)
    mean, precision = Explicit(fit, fit.begin.posterior).step(rho)
    np.testing.assert_allclose(posterior.mean, mean, rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(
        posterior.root.T @ posterior.root, np.linalg.inv(precision), rtol=1e-8
    )


@every_problem
def test_the_bound_is_that_of_the_formula(name):
    fit = fit_of(name)
    state = fit.at(fit.begin.posterior)
    assert state.bound == pytest.approx(Explicit(fit, fit.begin.posterior).bound(), rel=1e-11)


@every_problem
def test_the_end_is_a_fixed_point_of_the_formula(name):
    fit = fit_of(name)
    assert fit.monitor.converged
    mean, precision = Explicit(fit, fit.posterior).step(1.0)
    sd = fit.posterior.sds()
    assert np.max(np.abs(mean - fit.posterior.mean) / sd) < 1e-7
    covariance = fit.posterior.root.T @ fit.posterior.root
    np.testing.assert_allclose(covariance @ precision, np.eye(len(sd)), atol=1e-4)


def counting_steps(monkeypatch):
    """Lengths of the steps that were tried."""
    sizes = []

    def counted(summary, estimate, step):
        sizes.append(step)
        return blend(summary, estimate, step)

    monkeypatch.setattr("skvi.inference.natural_gradient.blend", counted)
    return sizes


@pytest.mark.parametrize("seed", range(3))
def test_steps_are_halved_rather_than_let_the_bound_fall(seed, monkeypatch):
    X, y, _ = poisson_problem(25, 60, seed=seed)
    sizes = counting_steps(monkeypatch)
    likelihood = PROBLEMS["poisson"][0]
    fit = Fitted(likelihood, Normal(0.0, 100.0), blocks_of(likelihood, X, y), tol=1e-4)
    history = np.array(fit.monitor.history)
    assert min(sizes) < 1.0
    assert np.diff(history).min() >= -1e-11 * (1.0 + np.abs(history).max())
    assert fit.monitor.converged
    # From another side: the same optimum.
    far = exact_state(fit.model, fit.blocks, fit.prior, fit.posterior)
    assert far.bound == pytest.approx(history[-1], rel=1e-12)


def test_a_bound_that_is_not_finite_is_a_rejected_step():
    class Overflowing:
        """Whole steps lead where nothing is finite; half steps do not."""

        def __init__(self, inner, begin):
            self.inner, self.begin, self.tried = inner, begin, []

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def update(self, prior, summary, posterior=None):
            return self.inner.update(prior, summary, posterior)

        def bound(self, prior, posterior, summary):
            terms = self.inner.bound(prior, posterior, summary)
            self.tried.append(posterior)
            if len(self.tried) in (2, 3, 4):
                return {**terms, "coef": np.nan}
            return terms

    fit = fit_of("poisson")
    model = Overflowing(fit.model, fit.begin.posterior)
    monitor = Monitor(1e-8, 100, fit.blocks.total_weight)
    state = natural_gradient_ascent(model, fit.blocks, fit.prior, fit.begin, monitor)
    assert np.all(np.isfinite(monitor.history))
    assert state.bound == pytest.approx(fit.state.bound, rel=1e-9)


def test_rows_kept_as_a_site_are_not_read_again():
    likelihood, make = PROBLEMS["logistic"]
    X, y, weights = make(300)
    whole = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y, weights))
    first, second = slice(0, 150), slice(150, 300)
    parts = [blocks_of(likelihood, X[s], y[s], weights[s]) for s in (first, second)]
    past = exact_state(whole.model, parts[0], whole.prior, whole.posterior).summary
    monitor = Monitor(1e-10, 500, 1.0)
    state = natural_gradient_ascent(
        whole.model, parts[1], whole.prior, whole.begin, monitor, past=past
    )
    # The site touches the bound of its rows where the whole fit ended, so that is the end here.
    np.testing.assert_allclose(state.posterior.mean, whole.posterior.mean, atol=1e-5)
    assert state.bound == pytest.approx(whole.state.bound, rel=1e-8)


def test_no_tolerance_runs_all_iterations():
    fit = fit_of("logistic", tol=0.0, max_iter=7)
    assert len(fit.monitor.history) == 7
    assert not fit.monitor.converged


def test_threads_change_no_bit():
    likelihood, make = PROBLEMS["logistic"]
    X, y, weights = make(9000, 9)
    fit = Fitted(likelihood, Ridge(1.0), blocks_of(likelihood, X, y, weights), tol=1e-3)
    assert len(fit.blocks) > 1
    monitor = Monitor(1e-3, 3000, fit.blocks.total_weight)
    arguments = fit.model, fit.blocks, fit.prior, fit.begin, monitor
    state = natural_gradient_ascent(*arguments, n_threads=2)
    np.testing.assert_array_equal(state.posterior.mean, fit.posterior.mean)
    assert monitor.history == fit.monitor.history


def test_an_interrupt_leaves_the_last_complete_iteration():
    fit = fit_of("logistic")

    class Interrupting:
        calls = 0

        def __getattr__(self, name):
            return getattr(fit.model, name)

        def summarize(self, block, posterior, spread=None):
            self.calls += 1
            if self.calls == 3:
                raise KeyboardInterrupt
            return fit.model.summarize(block, posterior, spread)

    monitor = Monitor(1e-8, 100, fit.blocks.total_weight)
    arguments = Interrupting(), fit.blocks, fit.prior, fit.begin, monitor
    state = natural_gradient_ascent(*arguments)
    assert isinstance(state, State)
    assert monitor.interrupted
    assert monitor.history == fit.monitor.history[:2]
    assert state is monitor.state


def test_convergence_is_by_movement_and_by_gain():
    """A looser tolerance ends sooner, and still within a per cent of a standard deviation."""
    tight = fit_of("poisson")
    loose = fit_of("poisson", tol=1e-3)
    assert len(loose.monitor.history) < len(tight.monitor.history)
    moved = (loose.posterior.mean - tight.posterior.mean) / tight.posterior.sds()
    assert np.abs(moved).max() < 1e-2
    np.testing.assert_allclose(loose.posterior.sds(), tight.posterior.sds(), rtol=0.02)


def test_separable_classes_take_few_readings(monkeypatch):
    from sklearn.datasets import load_iris

    X, y = load_iris(return_X_y=True)
    readings = []

    def counted(*args, **options):
        readings.append(1)
        return exact_state(*args, **options)

    monkeypatch.setattr("skvi.inference.natural_gradient.exact_state", counted)
    likelihood = Categorical(3)
    fit = Fitted(likelihood, Ridge(), blocks_of(likelihood, X, y.astype(float)), tol=1e-3)
    assert fit.monitor.converged
    assert len(readings) <= 45  # by plain steps and their halves, 127
    history = np.array(fit.monitor.history)
    assert np.diff(history).min() >= -1e-11 * (1.0 + np.abs(history).max())
