"""Mixture kernels against the same sums in extended precision, written without any trick."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba import njit, types
from numba.extending import intrinsic

from skvi.inference.summary import add, subtract
from skvi.models.gaussian_mixture.kernels import (
    STRUCTURES,
    Logits,
    api,
    exact,
    expectation_statistics,
    given,
    label_statistics,
    log_responsibilities,
    row_moments,
    squared_distances,
)
from skvi.models.gaussian_mixture.kernels.dense import row_pass
from skvi.models.gaussian_mixture.kernels.dense.prepare import (
    Sums,
    coefficients_of,
    layout_of,
    packed_rows,
    pass_scratch,
    precision_norm,
    precisions_of,
)
from skvi.models.gaussian_mixture.kernels.dense.row_pass import accumulate
from skvi.models.gaussian_mixture.kernels.dense.transcendental import exp_negative, log_at_least_one
from skvi.numerics.tiles import Code

needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


def make_logits(rng, n_components, n_features, structure):
    shape = {
        "full": (n_components, n_features, n_features),
        "tied": (n_features, n_features),
        "diag": (n_components, n_features),
        "spherical": (n_components,),
    }[structure]
    factor = 0.3 * rng.normal(size=shape) / np.sqrt(n_features)
    if structure in ("full", "tied"):
        factor = np.triu(factor) + 0.7 * np.eye(n_features)
    else:
        factor = 0.3 + np.abs(factor)
    mean = rng.normal(size=(n_components, n_features))
    return Logits(rng.normal(size=n_components), mean, factor)


def make_case(structure, n_rows, n_features, n_components, seed=0):
    rng = np.random.default_rng(seed)
    logits = make_logits(rng, n_components, n_features, structure)
    label = rng.integers(n_components, size=n_rows)
    X = logits.mean[label] + rng.normal(size=(n_rows, n_features))
    weights = rng.uniform(0.0, 2.0, size=n_rows) * (rng.uniform(size=n_rows) > 0.1)
    return X, weights, logits


def reference_distances(X, logits, structure):
    wide = np.longdouble
    difference = X.astype(wide)[:, None, :] - logits.mean.astype(wide)
    factor = logits.factor.astype(wide)
    if structure == "full":
        scaled = np.stack([difference[:, k] @ a.T for k, a in enumerate(factor)], axis=1)
    elif structure == "tied":
        scaled = difference @ factor.T
    else:
        scaled = difference * factor.reshape(len(factor), -1)
    return np.sum(scaled**2, axis=2)


def reference_softmax(X, logits, structure):
    values = logits.constant - reference_distances(X, logits, structure) / 2
    largest = values.max(axis=1, keepdims=True)
    log_normalizer = largest[:, 0] + np.log(np.exp(values - largest).sum(axis=1))
    return values - log_normalizer[:, None], log_normalizer


def reference_moments(X, weighted, structure):
    X = X.astype(np.longdouble)
    weight = weighted.sum(axis=0)
    mean = (weighted.T @ X) / weight[:, None]
    scatter = []
    for k in range(len(weight)):
        difference = X - mean[k]
        scatter.append((difference * weighted[:, k, None]).T @ difference)
    scatter = np.stack(scatter)
    if structure == "tied":
        return weight, mean, scatter.sum(axis=0)
    if structure == "full":
        return weight, mean, scatter
    diagonal = np.einsum("kii->ki", scatter)
    return weight, mean, diagonal if structure == "diag" else diagonal.sum(axis=1, keepdims=True)


def reference_statistics(X, weights, logits, structure):
    log_share, log_normalizer = reference_softmax(X, logits, structure)
    share = np.exp(log_share)
    entropy = -weights @ np.sum(share * log_share, axis=1)
    moments = reference_moments(X, share * weights[:, None], structure)
    return moments, float(entropy), float(weights @ log_normalizer)


def assert_statistics(actual, expected, relative):
    moments, entropy, log_normalizer = expected
    for value, target in zip(actual.moments, moments, strict=True):
        target = np.asarray(target, dtype=np.float64)
        np.testing.assert_allclose(value, target, rtol=0, atol=relative * np.abs(target).max())
    total = float(moments[0].sum())
    assert actual.entropy == pytest.approx(entropy, rel=0, abs=relative * (total + entropy))
    assert actual.log_normalizer == pytest.approx(log_normalizer, rel=relative, abs=relative)


@pytest.mark.parametrize("n_components", [1, 2, 3, 7, 32])
@pytest.mark.parametrize("n_features", [1, 2, 3, 5, 16, 33])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_statistics_match_extended_precision(structure, n_features, n_components):
    X, weights, logits = make_case(structure, 257, n_features, n_components)
    actual = expectation_statistics(X, weights, logits, X.mean(axis=0), structure)
    assert_statistics(actual, reference_statistics(X, weights, logits, structure), 1e-11)


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("n_rows", [1, 2, 119, 120, 121, 600])
def test_any_number_of_rows(structure, n_rows):
    X, _, logits = make_case(structure, n_rows, 4, 5)
    ones = np.ones(n_rows)
    actual = expectation_statistics(X, ones, logits, np.zeros(4), structure)
    expected = reference_statistics(X, ones, logits, structure)
    np.testing.assert_allclose(actual.moments.weight, expected[0][0].astype(float), rtol=1e-11)
    np.testing.assert_allclose(actual.moments.mean, expected[0][1].astype(float), atol=1e-10)
    assert actual.log_normalizer == pytest.approx(expected[2], rel=1e-12)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_large_offset_costs_nothing(structure):
    X, weights, logits = make_case(structure, 400, 5, 3)
    X = np.round(X * 2.0**20) / 2.0**20
    moved = logits._replace(mean=np.round(logits.mean * 2.0**20) / 2.0**20 + 1e6)
    center = np.full(5, 1e6)
    actual = expectation_statistics(X + 1e6, weights, moved, center, structure)
    moments, entropy, log_normalizer = reference_statistics(X + 1e6, weights, moved, structure)
    for value, target in zip(actual.moments, moments, strict=True):
        target = target.astype(float)
        np.testing.assert_allclose(value, target, rtol=0, atol=1e-11 * np.abs(target).max())
    assert actual.entropy == pytest.approx(entropy, rel=1e-11)
    assert actual.log_normalizer == pytest.approx(log_normalizer, rel=1e-12)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("structure", ["full", "tied"])
def test_ill_conditioned_precision_and_either_triangle(structure, lower, compiled, monkeypatch):
    monkeypatch.setattr(api, "_FEW_MULTIPLICATIONS", 0 if compiled else 1 << 24)
    X, weights, logits = make_case(structure, 300, 9, 3)
    stretch = np.logspace(0, 4, 9)
    factor = logits.factor * stretch[:, None]
    if lower:
        factor = np.ascontiguousarray(factor[..., ::-1, ::-1])
    logits = logits._replace(factor=factor)
    center = X.mean(axis=0)
    actual, normalizer = log_responsibilities(X, logits, center, structure)
    expected, target = reference_softmax(X, logits, structure)
    scale = float(np.abs(target).max())
    np.testing.assert_allclose(actual, expected.astype(float), rtol=0, atol=1e-14 * scale)
    np.testing.assert_allclose(normalizer, target.astype(float), rtol=1e-13)
    statistics = expectation_statistics(X, weights, logits, center, structure)
    assert_statistics(statistics, reference_statistics(X, weights, logits, structure), 1e-10)


# Sums about a common centre lose eps * separation^2; beyond 1e5 every component has its own.
@pytest.mark.parametrize(("separation", "loss"), [(1e4, 2.3e-16 * 1e8), (1e7, 1e-12)])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_scatter_survives_separation(structure, separation, loss):
    X, _, logits = make_case(structure, 500, 3, 2)
    shift = np.where(np.arange(500)[:, None] % 2 == 0, 0.0, separation)
    logits = logits._replace(mean=np.array([[0.0] * 3, [separation] * 3]))
    X = X + shift
    ones = np.ones(500)
    actual = expectation_statistics(X, ones, logits, X.mean(axis=0), structure)
    moments, _, _ = reference_statistics(X, ones, logits, structure)
    target = moments[2].astype(float)
    atol = loss * np.abs(target).max()
    np.testing.assert_allclose(actual.moments.scatter, target, rtol=0, atol=atol)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_rows_of_weight_zero_are_not_looked_at(structure):
    X, weights, logits = make_case(structure, 300, 3, 4)
    weights[::7] = 0.0
    center = X.mean(axis=0)
    expected = expectation_statistics(X, weights, logits, center, structure)
    X = X.copy()
    X[::7] = np.nan
    X[0] = np.inf
    actual = expectation_statistics(X, weights, logits, center, structure)
    for value, target in zip(actual.moments, expected.moments, strict=True):
        np.testing.assert_array_equal(value, target)
    assert actual[1:] == expected[1:]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_far_rows_get_finite_answers(structure, dtype):
    X, _, logits = make_case(structure, 50, 3, 4)
    X = X.astype(dtype)
    X[3] = 1e30
    X[4] = -1e15
    log_share, normalizer = log_responsibilities(X, logits, np.zeros(3), structure)
    assert np.isfinite(log_share).all()
    assert np.isfinite(normalizer).all()
    np.testing.assert_allclose(np.exp(log_share).sum(axis=1), 1.0, rtol=1e-12)
    statistics = expectation_statistics(X, np.ones(50), logits, np.zeros(3), structure)
    assert np.isfinite(statistics.log_normalizer)
    assert statistics.moments.weight.sum() == pytest.approx(50.0, rel=1e-12)


@pytest.mark.parametrize("n_features", [3, 16, 40])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_float32_follows_float64(structure, n_features):
    X, weights, logits = make_case(structure, 1500, n_features, 5)
    X = X.astype(np.float32)
    expected = reference_statistics(X, weights, logits, structure)
    actual = expectation_statistics(X, weights, logits, X.mean(axis=0), structure)
    assert_statistics(actual, expected, 1e-9)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_blocks_add_and_subtract(structure):
    X, weights, logits = make_case(structure, 700, 4, 3)
    center = X.mean(axis=0)
    whole = expectation_statistics(X, weights, logits, center, structure)
    first = expectation_statistics(X[:300], weights[:300], logits, center, structure)
    second = expectation_statistics(X[300:], weights[300:], logits, center + 0.3, structure)
    for combined, target in ((add(first, second), whole), (subtract(whole, second), first)):
        for value, expected in zip(combined.moments, target.moments, strict=True):
            np.testing.assert_allclose(value, expected, rtol=0, atol=1e-10)
        np.testing.assert_allclose(combined[1:], target[1:], rtol=1e-11)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_distances_match_extended_precision(structure, compiled, monkeypatch):
    monkeypatch.setattr(api, "_FEW_MULTIPLICATIONS", 0 if compiled else 1 << 24)
    X, _, logits = make_case(structure, 130, 6, 5)
    actual = squared_distances(X, logits, X.mean(axis=0), structure)
    expected = reference_distances(X, logits, structure).astype(float)
    np.testing.assert_allclose(actual, expected, rtol=1e-12)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_given_responsibilities(structure):
    X, weights, logits = make_case(structure, 300, 3, 4)
    log_share, _ = log_responsibilities(X, logits, X.mean(axis=0), structure)
    share = np.exp(log_share)
    actual = label_statistics(X + 1e6, weights, share, np.full(3, 1e6), structure)
    moments = reference_moments(X + 1e6, share * weights[:, None], structure)
    entropy = -weights @ np.sum(share * log_share, axis=1)
    assert_statistics(actual, (moments, entropy, 0.0), 1e-11)


@pytest.mark.parametrize("structure", ["full", "diag"])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_moments_of_all_rows(structure, offset):
    X, weights, _ = make_case("full", 9000, 3, 2)
    X = X + offset
    X[weights == 0.0] = np.nan
    actual = row_moments(X, weights, structure)
    used = weights > 0.0
    expected = reference_moments(X[used], weights[used, None], structure)
    for value, target in zip(actual, expected, strict=True):
        target = target.astype(float)
        np.testing.assert_allclose(value, target, rtol=0, atol=1e-11 * np.abs(target).max())


@pytest.mark.parametrize("structure", STRUCTURES)
def test_a_centre_far_from_the_rows_costs_no_digits(structure):
    X, weights, logits = make_case(structure, 300, 3, 4)
    X, logits = 1e-8 * X, logits._replace(mean=1.0 + 1e-8 * logits.mean)
    share = np.exp(log_responsibilities(X, logits, X.mean(axis=0), structure)[0])
    expected = reference_moments(X, share * weights[:, None], structure)[2].astype(float)
    actual = exact.statistics(X, weights, logits, structure).moments.scatter
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize("few", [(0, 0), (10**6, 0), (10**6, 10**6)])
@pytest.mark.parametrize("structure", STRUCTURES)
def test_given_labels_and_an_empty_component(structure, few, monkeypatch):
    monkeypatch.setattr(given, "_FEW_INDICATORS", few[0])
    monkeypatch.setattr(given, "_FEW_PRODUCTS", few[1])
    X, weights, _ = make_case("full", 90, 2, 3)
    labels, center = np.random.default_rng(1).integers(3, size=90), np.full(2, 0.5)
    X += 1e6 * labels[:, None]
    weights[:5], X[:5] = 0.0, np.nan
    share = np.zeros((90, 4))
    share[np.arange(90), labels] = 1.0
    actual = label_statistics(X, weights, labels, center, structure, n_components=4)
    expected = label_statistics(X, weights, share, center, structure)
    for value, target in zip(actual.moments, expected.moments, strict=True):
        np.testing.assert_allclose(value, target, rtol=1e-14, atol=1e-14 * np.abs(target).max())
    assert actual.entropy == 0.0
    np.testing.assert_array_equal(actual.moments.mean[3], center)


def vectorised(emitted):
    """Apply a function written as vector code to whole vectors of an array."""

    @intrinsic
    def apply(typingctx, x, out):
        def codegen(context, builder, signature, arguments):
            pointers = [
                context.make_array(kind)(context, builder, array).data
                for kind, array in zip(signature.args, arguments, strict=True)
            ]
            size = context.make_array(signature.args[0])(context, builder, arguments[0]).nitems
            code = Code(builder, context.get_data_type(signature.args[0].dtype))
            with code.loop(0, code.index(size), code.lanes) as i:
                code.store(emitted(code.load(pointers[0], i)), pointers[1], i)
            return context.get_dummy_value()

        return types.void(x, out), codegen

    @njit
    def run(x, out):
        apply(x, out)

    return run


@needs_compiler
def test_exponential_is_accurate_and_cut():
    x = np.concatenate([np.linspace(-199.999, 0.0, 100_006), [-200.1, -1e30]])
    out = np.empty_like(x)
    vectorised(exp_negative)(x, out)
    expected = np.exp(x[:-2].astype(np.longdouble))
    error = np.abs(out[:-2] / expected - 1)
    assert float(error.max()) < 2 * np.finfo(np.float64).eps
    np.testing.assert_array_equal(out[-2:], 0.0)


@needs_compiler
def test_logarithm_is_accurate():
    x = np.concatenate([1.0 + np.logspace(-15, 0, 1000), np.logspace(0, 6, 3000)])
    out = np.empty_like(x)
    vectorised(log_at_least_one)(x, out)
    expected = np.log(x.astype(np.longdouble))
    error = np.abs(out - expected) / np.where(expected == 0.0, 1.0, expected)
    assert float(error.max()) < 2 * np.finfo(np.float64).eps


# 40 columns have too many products for one panel; 3, 6, 9 components take blocks of 1, 2 and 3
# vectors.
@needs_compiler
@pytest.mark.parametrize("n_features", [1, 6, 40])
@pytest.mark.parametrize("n_components", [1, 3, 6, 9, 17, 40])
@pytest.mark.parametrize("given", [False, True])
def test_pass_matches_its_python_source(given, n_components, n_features):
    X, weights, logits = make_case("full", 150, n_features, n_components)
    layout = layout_of("full", n_features, n_components, np.float64)
    center, limit = X.mean(axis=0), 1e9
    precision = precisions_of(logits.factor, "full")
    table = packed_rows(coefficients_of(logits, center, "full", precision)).reshape(-1)
    if given:
        table = np.random.default_rng(5).normal(size=(150, n_components))
    results = []
    for function in (accumulate, row_pass._pass.by_arrays):
        sums = Sums.zeros(layout)
        done = function(
            X, weights, center, table, layout.pairs, pass_scratch(layout), *sums,
            layout.first, layout.panel, layout.rows, n_components, limit,
        )  # fmt: skip
        assert done == 150
        results.append((sums.features[: layout.n_features, :n_components], sums.totals))
    tolerance = 200 * np.finfo(np.float64).eps
    for value, expected in zip(*results, strict=True):
        np.testing.assert_allclose(value, expected, atol=tolerance * np.abs(expected).max())


@needs_compiler
@pytest.mark.parametrize("bad", [1e6, np.inf, np.nan])
def test_pass_stops_before_the_first_tile_beyond_the_limit(bad):
    X, weights, logits = make_case("diag", 1000, 4, 3)
    layout = layout_of("diag", 4, 3, np.float64)
    weights[700], X[700, 2] = 1.0, bad
    center = np.zeros(4)
    precision = precisions_of(logits.factor, "diag")
    table = packed_rows(coefficients_of(logits, center, "diag", precision)).reshape(-1)
    work, sums = pass_scratch(layout), Sums.zeros(layout)
    done = accumulate(
        X, weights, center, table, layout.pairs, work, *sums, layout.first, layout.panel,
        layout.rows, 3, 1e4,
    )  # fmt: skip
    assert done == 700 // layout.rows * layout.rows
    assert sums.features[0].sum() == pytest.approx(weights[:done].sum(), rel=1e-13)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e100])
def test_precision_norm_bounds_the_spectral_norm(scale):
    rng = np.random.default_rng(4)
    factor = np.triu(rng.normal(size=(5, 8, 8))) * scale
    largest = max(np.linalg.norm(a / scale, 2) for a in factor) ** 2
    precision = precisions_of(factor, "full")
    for squarings, excess in (3, 1.1), (1, 1.5):
        bound = precision_norm(precision, "full", squarings) / scale / scale
        assert largest * (1 - 1e-12) <= bound <= largest * excess
