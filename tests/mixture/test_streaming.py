"""Warm starts, partial fits and chunks of a mixture."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from skvi import (
    SVI,
    Dirichlet,
    DirichletProcess,
    Memoized,
    NormalWishart,
    VariationalGaussianMixture,
)
from tests.mixture.samples import clusters

SHAPES = ["full", "tied", "diag", "spherical"]
every_shape = pytest.mark.parametrize("covariance_type", SHAPES)


def small(n_components=3, **options):
    return VariationalGaussianMixture(n_components, **{"n_init": 3, "random_state": 0, **options})


@every_shape
@pytest.mark.parametrize("weight_prior", ["dirichlet", "dirichlet_process"])
def test_a_warm_start_goes_on_where_the_last_fit_ended(covariance_type, weight_prior):
    X, _ = clusters()
    options = {"covariance_type": covariance_type, "weight_prior": weight_prior}
    cold = small(5, warm_start=True, n_init=1, **options).fit(X)
    n_iter, bound = cold.n_iter_, cold.elbo_
    warm = cold.fit(X)
    assert warm.n_iter_ <= min(3, n_iter)
    assert warm.elbo_ >= bound - 1e-9 * abs(bound)
    assert np.all(np.diff(warm.weights_) <= 1e-12)


def test_a_warm_start_follows_new_rows_and_a_new_number_of_components():
    X, labels = clusters()
    fitted = small(warm_start=True).fit(X)
    fitted.fit(X + 0.1)
    assert fitted.n_iter_ < 30
    assert adjusted_rand_score(labels, fitted.predict(X + 0.1)) > 0.95
    fitted.set_params(n_components=4).fit(X)
    assert fitted.means_.shape == (4, 2)
    fitted.fit(np.column_stack([X, X[:, 0]]))
    assert fitted.means_.shape == (4, 3)


@every_shape
def test_partial_fits_come_near_the_batch_fit(covariance_type):
    X, labels = clusters(600)
    batch = small(covariance_type=covariance_type).fit(X)
    streamed = small(covariance_type=covariance_type)
    for rows in np.array_split(np.arange(600), 4):
        streamed.partial_fit(X[rows])
        assert np.all(np.diff(streamed.weights_) <= 1e-12)
        assert streamed.elbo_ == pytest.approx(sum(streamed.elbo_terms_.values()), rel=1e-12)
    np.testing.assert_allclose(streamed.means_, batch.means_, atol=0.1)
    np.testing.assert_allclose(streamed.weights_, batch.weights_, atol=0.02)
    assert adjusted_rand_score(labels, streamed.predict(X)) > 0.95


@every_shape
def test_the_bound_of_a_stream_is_a_bound_for_all_its_rows(covariance_type):
    """At the streamed posterior a sweep over all rows under the same prior can only go up."""
    from skvi.inference.blocks import ArrayBlocks
    from skvi.inference.monitor import evaluate
    from skvi.inference.reading import summarize_all

    X, _ = clusters(300)
    streamed = small(covariance_type=covariance_type).partial_fit(X[:100])
    streamed.partial_fit(X[100:200]).partial_fit(X[200:])
    model, state = streamed._model, streamed._state
    summary = summarize_all(model, ArrayBlocks(X), state.posterior)
    np.testing.assert_allclose(summary.moments.weight.sum(), state.summary.moments.weight.sum())
    swept = evaluate(model, state.prior, summary)
    assert streamed.elbo_ <= swept.bound + 1e-9 * abs(swept.bound)
    assert streamed.elbo_ > swept.bound - 0.02 * len(X)


def test_forgetting_lets_the_mixture_follow_a_drift():
    X, _ = clusters()
    remembering = small(1).fit(X).partial_fit(X + 5.0)
    forgetting = small(1).fit(X).partial_fit(X + 5.0, forgetting_factor=0.1)
    weights = np.r_[np.full(300, 0.1), np.ones(300)]
    centre = np.average(np.vstack([X, X + 5.0]), axis=0, weights=weights)
    np.testing.assert_allclose(forgetting.means_[0], centre, rtol=1e-3)
    assert np.all(forgetting.means_ > remembering.means_ + 1.0)
    with pytest.raises(ValueError, match="forgetting_factor=0"):
        small(1).partial_fit(X, forgetting_factor=0)


def test_partial_fit_takes_weights_and_refuses_other_columns():
    X, _ = clusters()
    fitted = small().fit(X)
    weighted = small().fit(X).partial_fit(X[:50], sample_weight=np.full(50, 2.0))
    doubled = small().fit(X).partial_fit(np.repeat(X[:50], 2, axis=0))
    assert weighted.elbo_ == pytest.approx(doubled.elbo_, rel=1e-9)
    with pytest.raises(ValueError, match="X has 1 features, but"):
        fitted.partial_fit(X[:, :1])


class Chunks:
    """Made anew on every pass."""

    def __init__(self, X, weights, size):
        self.X, self.weights, self.size = X, weights, size

    def __iter__(self):
        for low in range(0, len(self.X), self.size):
            part = slice(low, low + self.size)
            yield self.X[part].copy(), None, self.weights[part].copy()


@pytest.mark.parametrize("solver", ["cavi", Memoized(n_batches=3), SVI(batch_size=500)], ids=str)
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_chunks_are_their_union(solver, n_jobs):
    X, labels = clusters(5000)
    weights = np.random.RandomState(0).randint(0, 3, size=5000).astype(float)
    options = {"solver": solver, "n_jobs": n_jobs, "max_iter": 20, "tol": 1e-6}
    if isinstance(solver, SVI):
        options["tol"] = 0.0
    union = small(**options).fit(X, sample_weight=weights)
    chunked = small(**options).fit(Chunks(X, weights, 1700))
    # mini-batches of chunks are other mini-batches: near the same optimum, not at the same bits
    nats = 0.5 if isinstance(solver, SVI) else 1e-2
    assert chunked.elbo_ == pytest.approx(union.elbo_, abs=nats)
    assert adjusted_rand_score(labels, chunked.predict(X)) > 0.95


@pytest.mark.parametrize("decades", [4.0, 12.0])
@every_shape
def test_batches_of_very_unequal_weight_never_lower_the_bound(covariance_type, decades):
    X, _ = clusters()
    # beyond eight decades full covariances lose digits: a fall by more than 1e-11 is not recorded
    rounding = 1.1e-11 if (covariance_type, decades) == ("full", 12.0) else 1e-12
    weights = 10.0 ** np.random.RandomState(1).uniform(-decades, decades, len(X))
    solver = Memoized(n_batches=4)
    fitted = small(
        4, covariance_type=covariance_type, solver=solver, max_iter=40, tol=1e-9, n_init=1
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted.fit(X, sample_weight=weights)
    assert np.all(np.diff(fitted.elbo_history_) >= -rounding * np.abs(fitted.elbo_history_[1:]))


@pytest.mark.parametrize(
    "changed",
    [
        {"n_components": 3},
        {"covariance_type": "diag"},
        {"prior": NormalWishart(mean_precision=-50.0)},
        {"prior": NormalWishart(scale_matrix=np.eye(2))},
        {"weight_prior": Dirichlet(-1.0)},
        {"weight_prior": "dirichlet"},
    ],
)
def test_partial_fit_of_another_model_is_refused(changed):
    X, _ = clusters()
    fitted = VariationalGaussianMixture(2, random_state=0).fit(X)
    fitted.set_params(**changed)
    with pytest.raises(ValueError, match=f"(?s){next(iter(changed))}=.* cannot change"):
        fitted.partial_fit(X)
    fitted.set_params(n_components=2, covariance_type="full", prior=None)
    fitted.set_params(weight_prior=DirichletProcess()).partial_fit(X)


def test_partial_fit_notices_a_parameter_of_a_prior():
    X, _ = clusters()
    fitted = VariationalGaussianMixture(2, prior=NormalWishart(), random_state=0).fit(X)
    fitted.partial_fit(X).set_params(prior__mean_precision=3.0)
    with pytest.raises(ValueError, match="prior=.* cannot change"):
        fitted.partial_fit(X)
