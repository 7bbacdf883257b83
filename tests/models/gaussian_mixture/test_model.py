"""The bound against exact evidence and a term-by-term formula, and what must not matter."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
from scipy.special import logsumexp

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.monitor import State
from skvi.inference.summary import add, blend, scale, subtract
from skvi.models.gaussian_mixture import GaussianMixtureModel
from skvi.models.gaussian_mixture.kernels import label_statistics
from skvi.priors.dirichlet import Dirichlet
from skvi.priors.normal_wishart import NormalWishart
from tests.models.gaussian_mixture import reference
from tests.models.gaussian_mixture.small import clusters, fitted, lap, total_bound


@pytest.mark.parametrize("n_features", [1, 2, 5])
def test_one_component_gives_the_closed_form_evidence(structure, weight_prior, n_features):
    X = clusters(12, n_features)
    state = fitted(X, 1, structure, laps=1, weight_prior=weight_prior)
    plain = reference.plain_prior(state[1], structure)
    exact = reference.log_marginal(X, np.zeros(12, dtype=int), 1, plain, structure)
    assert total_bound(*state) == pytest.approx(exact, rel=1e-10)


def test_one_tied_component_is_one_full_component():
    X = clusters(30, 3)
    bounds = [total_bound(*fitted(X, 1, structure, laps=1)) for structure in ("full", "tied")]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-12)


@pytest.mark.parametrize(("n_rows", "n_components"), [(9, 2), (7, 3)])
def test_bound_is_below_the_enumerated_evidence(structure, weight_prior, n_rows, n_components):
    X = clusters(n_rows, 2, n_components, seed=3)
    state = fitted(X, n_components, structure, laps=30, weight_prior=weight_prior)
    prior = state[1]
    plain = reference.plain_prior(prior, structure)
    weights = prior.weights.distribution
    evidence = reference.log_evidence(X, n_components, plain, weights, structure)
    gap = evidence - total_bound(*state)
    assert 0.0 < gap < np.log(np.prod(np.arange(1.0, n_components + 1.0))) + 3.0


def test_bound_of_a_labeling_is_its_log_probability(structure, weight_prior):
    n_rows, n_components = 5, 3
    X = clusters(n_rows, 2, seed=5)
    model = GaussianMixtureModel(n_components, 2, structure, weight_prior=weight_prior)
    prior = model.prior(model.facts(ArrayBlocks(X)))
    plain, weights = reference.plain_prior(prior, structure), prior.weights.distribution
    orders = list(itertools.permutations(range(n_components)))
    bounds = []
    for labels in itertools.product(range(n_components), repeat=n_rows):
        labels = np.array(labels)
        summary = label_statistics(X, np.ones(n_rows), labels, X[0], structure, n_components)
        posterior = model.update(prior, summary)
        bounds.append(total_bound(model, prior, posterior, summary))
        # A labeling stands for all assignments of components to sticks; the best one is found.
        best = max(reference.log_prior_of_labels(labels, weights, order) for order in orders)
        marginal = reference.log_marginal(X, labels, n_components, plain, structure)
        assert bounds[-1] == pytest.approx(best + marginal, rel=1e-10)
    if isinstance(weight_prior, Dirichlet):
        evidence = reference.log_evidence(X, n_components, plain, weights, structure)
        assert logsumexp(bounds) == pytest.approx(evidence, rel=1e-10)


@pytest.mark.parametrize("laps", [1, 25])
def test_bound_is_the_naive_formula_term_by_term(structure, weight_prior, laps):
    X = clusters(40, 3, distance=1.5)
    w = np.random.RandomState(1).uniform(0.2, 3.0, 40)
    options = {"weights": w, "weight_prior": weight_prior}
    model, prior, posterior, _ = fitted(X, 3, structure, laps=laps, **options)
    plain = reference.plain_prior(prior, structure)
    expected_log_weights = posterior.weights.expected_log
    previous = [
        {"m": posterior.logits.mean[k], "beta": posterior.components.distribution.mean_precision[k]}
        for k in range(3)
    ]
    _complete(previous, posterior.components.distribution, structure)
    logits = reference.expected_log_densities(X, previous, structure) + expected_log_weights
    log_r = logits - logsumexp(logits, axis=1, keepdims=True)
    r = np.exp(log_r)
    posterior, summary = lap(model, ArrayBlocks(X, None, w), prior, posterior)
    components = reference.naive_posterior(X, w, r, 3, plain, structure)
    densities = reference.expected_log_densities(X, components, structure)
    weights = posterior.weights
    naive = {
        "expected_log_likelihood": np.sum(w[:, None] * r * densities),
        "expected_log_assignment": np.sum(w[:, None] * r * weights.expected_log),
        "entropy": -np.sum(w[:, None] * r * log_r),
        "weights": -reference.kl_weights(weights.distribution, prior.weights.distribution),
        "components": -reference.kl_components(components, plain, structure),
    }
    terms = model.bound(prior, posterior, summary)
    assert terms.keys() == naive.keys()
    size = abs(naive["expected_log_likelihood"])
    for name in naive:
        assert terms[name] == pytest.approx(naive[name], rel=1e-10, abs=1e-11 * size), name
    assert sum(terms.values()) == pytest.approx(sum(naive.values()), rel=1e-10)


def _complete(components, distribution, structure):
    for k, component in enumerate(components):
        if structure == "full":
            component.update(nu=distribution[2][k], Psi=distribution[3][k])
        elif structure == "tied":
            component.update(nu=distribution[2], Psi=distribution[3])
        else:
            component.update(a=distribution[2][k, 0], b=distribution[3][k])
        component["beta"] = np.ravel(component["beta"])[0]


def test_bound_never_falls(structure, weight_prior):
    X = clusters(80, 2, 3, distance=1.5)
    blocks = ArrayBlocks(X)
    model, prior, posterior, summary = fitted(X, 8, structure, laps=0, weight_prior=weight_prior)
    bounds = [total_bound(model, prior, posterior, summary)]
    for _ in range(150):
        posterior, summary = lap(model, blocks, prior, posterior)
        bounds.append(total_bound(model, prior, posterior, summary))
    assert np.all(np.diff(bounds) >= -1e-9 * (1.0 + abs(bounds[-1])))
    assert bounds[-1] > bounds[0]


@pytest.mark.parametrize("factors", [(2.0**40, 2.0**-70), (1e3, 1e-5), (1e150, 1e-140)])
def test_rescaling_columns_shifts_the_bound_by_the_log_jacobian(structure, factors):
    X = clusters(60, 2)
    factors = np.full(2, factors[0]) if structure == "spherical" else np.array(factors)
    first, second = (fitted(rows, 3, structure, laps=20) for rows in (X, X * factors))
    shift = total_bound(*second) - total_bound(*first)
    expected = -60 * np.log(factors).sum()
    assert shift == pytest.approx(expected, abs=1e-9 * abs(expected))
    np.testing.assert_allclose(second[3].moments.weight, first[3].moments.weight, rtol=1e-9)


def test_weight_two_is_a_row_twice_and_weight_zero_is_no_row(structure, weight_prior):
    X = clusters(50, 2)
    counts = np.random.RandomState(0).randint(0, 4, 50)
    options = {"laps": 12, "weight_prior": weight_prior}
    weighted = fitted(X, 3, structure, weights=counts.astype(float), **options)
    repeated = fitted(np.repeat(X, counts, axis=0), 3, structure, **options)
    assert total_bound(*weighted) == pytest.approx(total_bound(*repeated), rel=1e-12)
    np.testing.assert_allclose(weighted[2].logits.mean, repeated[2].logits.mean, rtol=1e-9)


def test_order_of_rows_does_not_matter(structure):
    X = clusters(70, 3)
    shuffled = X[np.random.RandomState(1).permutation(70)]
    bounds = [total_bound(*fitted(rows, 4, structure, laps=15)) for rows in (X, shuffled)]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-12)


def test_float32_rows_follow_float64(structure):
    X = clusters(60, 3).astype(np.float32)
    bounds = [total_bound(*fitted(X.astype(kind), 3, structure)) for kind in ("f4", "f8")]
    assert bounds[0] == pytest.approx(bounds[1], rel=1e-5)


@pytest.mark.parametrize("n_features", [12, 30])
def test_more_columns_than_rows(structure, n_features):
    X = clusters(8, n_features, 2)
    state = fitted(X, 2, structure, laps=10)
    assert np.isfinite(total_bound(*state))
    assert state[3].moments.weight.sum() == pytest.approx(8.0)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e12])
def test_constant_column(structure, value):
    X = clusters(40, 3)
    X[:, 1] = value
    model, prior, posterior, summary = fitted(X, 3, structure, laps=10)
    assert np.isfinite(total_bound(model, prior, posterior, summary))
    occupied = summary.moments.weight > 1.0
    np.testing.assert_allclose(posterior.logits.mean[occupied, 1], value, atol=1e-6, rtol=1e-9)


@pytest.mark.parametrize("n_distinct", [1, 2])
def test_fewer_distinct_rows_than_components(structure, n_distinct):
    X = np.repeat(clusters(n_distinct, 2), 5, axis=0)
    state = fitted(X, 4, structure, laps=5)
    assert np.isfinite(total_bound(*state))


def test_more_components_than_rows_leaves_prior_components(structure):
    X = clusters(4, 2)
    model, prior, posterior, summary = fitted(X, 9, structure, laps=300)
    assert np.isfinite(total_bound(model, prior, posterior, summary))
    empty = summary.moments.weight < 1e-8
    assert empty.any()
    shift = posterior.logits.mean - prior.components.distribution.mean
    share = summary.moments.weight / prior.components.distribution.mean_precision.min()
    assert np.all(np.abs(shift[empty]) <= share[empty, None] * np.ptp(X, axis=0) + 1e-12)


def test_bound_is_complete_for_a_component_with_next_to_no_rows(structure):
    X = clusters(30, 2)
    model, prior, _, _ = fitted(X, 2, structure, laps=0)
    tiny = 1e-9
    r = np.array([[1.0 - tiny / 30, tiny / 30]] * 30)
    summary = label_statistics(X, np.ones(30), r, X[0], structure)
    posterior = model.update(prior, summary)
    plain = reference.plain_prior(prior, structure)
    components = reference.naive_posterior(X, np.ones(30), r[:, :1], 1, plain, structure)
    plain = dict(plain, n=0.0)
    if structure == "tied":
        plain.update(nu=components[0]["nu"], Psi=components[0]["Psi"])
    densities = reference.expected_log_densities(X, [*components, plain], structure)
    terms = model.bound(prior, posterior, summary)
    assert terms["expected_log_likelihood"] == pytest.approx(np.sum(r * densities), rel=1e-12)
    kept = reference.kl_components(components, reference.plain_prior(prior, structure), structure)
    assert terms["components"] == pytest.approx(-kept, rel=1e-9)


def test_summaries_blend_and_subtract(structure):
    X = clusters(64, 2)
    model, prior, posterior, whole = fitted(X, 3, structure, laps=3)
    halves = [
        model.summarize(next(iter(ArrayBlocks(rows))), posterior) for rows in (X[:20], X[20:])
    ]
    joined = model.update(prior, add(*halves))
    again = model.summarize(next(iter(ArrayBlocks(X))), posterior)
    direct = model.update(prior, again)
    np.testing.assert_allclose(joined.logits.factor, direct.logits.factor, rtol=1e-10)
    rest = subtract(again, halves[0])
    np.testing.assert_allclose(rest.moments.weight, halves[1].moments.weight, atol=1e-11)
    np.testing.assert_allclose(rest.moments.scatter, halves[1].moments.scatter, atol=1e-8)
    estimate = scale(halves[0], 64.0 / 20.0)
    blended = blend(whole, estimate, 0.3)
    expected = 0.7 * whole.moments.weight + 0.3 * estimate.moments.weight
    np.testing.assert_allclose(blended.moments.weight, expected, rtol=1e-12)
    assert np.isfinite(total_bound(model, prior, model.update(prior, blended), blended))


def test_ordered_sorts_and_keeps_the_bound(structure, weight_prior):
    X = clusters(90, 2, 4)
    model, prior, posterior, summary = fitted(X, 5, structure, laps=8, weight_prior=weight_prior)
    before = total_bound(model, prior, posterior, summary)
    _, posterior, summary, _ = model.ordered(State(prior, posterior, summary, {}))
    assert total_bound(model, prior, posterior, summary) == pytest.approx(before, rel=1e-12)
    assert np.all(np.diff(summary.moments.weight) <= 0.0)


def test_location_is_means_and_weights_with_positive_spread(structure, weight_prior):
    X = clusters(50, 2)
    model, prior, posterior, _ = fitted(X, 3, structure, weight_prior=weight_prior)
    mean, sd = model.location(posterior)
    assert mean.shape == sd.shape == (3 * 2 + 3,)
    assert np.all(sd > 0.0)
    assert mean[-3:].sum() == pytest.approx(1.0)


def test_given_priors_are_used_and_models_pickle(structure):
    X = clusters(20, 2)
    component_prior = NormalWishart([1.0, 2.0], 0.5, 7.0, 2.0)
    model = GaussianMixtureModel(2, 2, structure, component_prior, Dirichlet(3.0))
    facts = model.facts(ArrayBlocks(X))
    first, second = model.prior(facts), pickle.loads(pickle.dumps(model)).prior(facts)
    plain = reference.plain_prior(first, structure)
    np.testing.assert_array_equal(plain["m"], [1.0, 2.0])
    assert plain["beta"] == 0.5
    np.testing.assert_array_equal(first.weights.distribution[0], [3.0, 3.0])
    for a, b in zip(first.components[0], second.components[0], strict=True):
        np.testing.assert_array_equal(a, b)


def test_facts_are_the_moments_of_the_rows(structure):
    X = clusters(5000, 3)
    w = np.random.RandomState(0).uniform(size=5000)
    model = GaussianMixtureModel(2, 3, structure)
    facts = model.facts(ArrayBlocks(X, None, w))
    covariance = np.cov(X.T, aweights=w, ddof=0)
    if structure in ("diag", "spherical"):
        covariance = covariance.diagonal()
    assert facts.weight == pytest.approx(w.sum())
    np.testing.assert_allclose(facts.mean, np.average(X, axis=0, weights=w))
    np.testing.assert_allclose(facts.scatter / facts.weight, covariance)
