"""The screened pass against array code that takes every component for every row."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from numba import njit

from skvi.inference.blocks import ArrayBlocks
from skvi.inference.reading import summarize_all
from skvi.inference.summary import total
from skvi.models.gaussian_mixture import GaussianMixtureModel
from skvi.models.gaussian_mixture.kernels import Logits, api, exact
from skvi.models.gaussian_mixture.kernels import plan as plan_module
from skvi.models.gaussian_mixture.kernels.screened import screened_pass
from skvi.models.gaussian_mixture.kernels.screened.member_products import SPARE_ROWS, row_stride
from skvi.models.gaussian_mixture.kernels.screened.member_sums import (
    add_moments,
    row_distances,
    take_differences,
    total_count,
)
from skvi.models.gaussian_mixture.kernels.screened.near_statistics import NearStatistics
from skvi.models.gaussian_mixture.kernels.screened.screened_pass import NearPass, screen_of
from skvi.models.gaussian_mixture.kernels.screened.softmax import keep_logits, share_rows
from skvi.numerics.frozen import frozen

needs_compiler = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")
SHAPES = [(1, 9), (3, 8), (8, 16), (16, 12), (33, 9)]


def make_case(structure, n_rows, n_features, n_components, separation, seed=0):
    rng = np.random.default_rng(seed)
    mean = separation * rng.normal(size=(n_components, n_features)) + 3.0
    X = mean[rng.integers(n_components, size=n_rows)] + rng.normal(size=(n_rows, n_features))
    if structure == "full":
        factor = 0.3 * np.tril(rng.normal(size=(n_components, n_features, n_features)), -1)
        factor += np.eye(n_features) * rng.uniform(0.5, 2.0, size=(n_components, n_features, 1))
        factor = factor.swapaxes(1, 2) if seed % 2 else factor
    else:
        factor = rng.uniform(0.5, 2.0, size=(n_components, n_features))
        factor = factor[:, 0] if structure == "spherical" else factor
    return X, Logits(rng.normal(size=n_components), mean, factor)


def agree(ours, reference, tolerance=1e-12):
    # The mean of a component nearly without rows is not determined to all digits; its sum is.
    for moments in ours.moments, reference.moments:
        moments.mean[:] *= moments.weight[:, None]
    for a, b in zip(ours.moments, reference.moments, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max())
    assert ours.log_normalizer == pytest.approx(reference.log_normalizer, rel=tolerance)
    scale = tolerance * max(1.0, reference.moments.weight.sum())
    assert ours.entropy == pytest.approx(reference.entropy, rel=tolerance, abs=scale)


@pytest.mark.parametrize("structure", ["full", "diag", "spherical"])
@pytest.mark.parametrize(("n_features", "n_components"), SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_statistics_equal_those_of_all_pairs(structure, n_features, n_components, dtype):
    n_rows = 1000 if not numba.config.DISABLE_JIT else 100
    for seed in (0, 1):
        X, logits = make_case(structure, n_rows, n_features, n_components, 4.0, seed)
        X = np.ascontiguousarray(X, dtype=dtype)
        weights = np.random.default_rng(5).choice([0.0, 0.5, 1.0, 3.0], size=n_rows)
        X[weights == 0.0] = np.nan
        center = np.full(n_features, 3.0)
        screen = screen_of(logits, center, structure)._replace(capacity=10**6)
        work = NearPass(screen, structure)
        assert work.add(frozen(X), frozen(weights)) == n_rows
        agree(work.statistics().settled(), exact.statistics(X, weights, logits, structure))


def test_components_left_out_have_no_part(monkeypatch):
    X, logits = make_case("full", 900, 8, 16, 1.5)
    center = np.full(8, 3.0)
    screen = screen_of(logits, center, "full")._replace(capacity=10**6, rows=960)
    monkeypatch.setattr(screened_pass, "_KEPT", screened_pass._Kept())
    work = NearPass(screen, "full")
    work.add(frozen(X), frozen(np.ones(900)))
    listed = np.zeros((900, 16), dtype=bool)
    for k, count in enumerate(work.work.counts):
        rows = work.work.members[k, :count]
        assert np.all(np.diff(rows.astype(int)) > 0)
        listed[rows, k] = True
    log_share = exact.softmax(logits.constant - 0.5 * exact.squared_distances(X, logits, "full"))[0]
    assert np.all(log_share[~listed] < -37.0)
    assert 0.1 < listed.mean() < 0.9
    # Nothing much further away is gone on with.
    assert np.all(log_share[listed] > -39.0)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_ill_conditioned_components_are_judged_by_differences(offset):
    X, logits = make_case("full", 600, 6, 10, 4.0)
    stretch = np.geomspace(1.0, 1e-4, 6)
    X, mean = X * stretch + offset, logits.mean * stretch + offset
    logits = Logits(logits.constant, mean, logits.factor / stretch)
    center = mean.mean(axis=0)
    screen = screen_of(logits, center, "full")._replace(capacity=10**6)
    work = NearPass(screen, "full")
    weights = np.ones(600)
    assert work.add(frozen(X), frozen(weights)) == 600
    tolerance = 1e-9 if offset else 1e-12
    agree(work.statistics().settled(), exact.statistics(X, weights, logits, "full"), tolerance)


def test_a_row_out_of_reach_stops_the_pass():
    X, logits = make_case("diag", 2000, 4, 10, 3.0)
    X[1500] = 1e12
    center = np.full(4, 3.0)
    screen = screen_of(logits, center, "diag")._replace(capacity=10**6)
    work = NearPass(screen, "diag")
    done = work.add(frozen(X), frozen(np.ones(2000)))
    assert done == 1500 // screen.rows * screen.rows
    used = slice(done)
    agree(work.statistics().settled(), exact.statistics(X[used], np.ones(done), logits, "diag"))


@needs_compiler
@pytest.mark.parametrize("structure", ["full", "diag"])
def test_blocks_that_change_on_the_way(structure, monkeypatch):
    """Rows near one component, rows near all, rows near one again: both passes have a share."""
    rng = np.random.default_rng(0)
    mean = rng.normal(size=(20, 16))
    mean = 3.0 + 14.0 * mean / np.linalg.norm(mean, axis=1, keepdims=True)
    factor = np.tile(np.eye(16), (20, 1, 1)) if structure == "full" else np.ones((20, 16))
    logits = Logits(np.zeros(20), mean, factor)
    X = mean[rng.integers(20, size=12_000)] + rng.normal(size=(12_000, 16))
    X[4000:6000] = 3.0 + 0.1 * rng.normal(size=(2000, 16))
    X[7000] = 1e9
    weights = np.random.default_rng(2).uniform(0.0, 2.0, size=12_000)
    calls = []
    dense = api._dense_statistics
    monkeypatch.setattr(
        api, "_dense_statistics", lambda X, *rest: calls.append(len(X)) or dense(X, *rest)
    )
    ours = api.expectation_statistics(X, weights, logits, np.full(16, 3.0), structure)
    assert 0 < sum(calls) < 12_000
    agree(ours.settled(), exact.statistics(X, weights, logits, structure), 1e-10)


def parts_of(X, weights, logits, structure, n_parts):
    """Statistics of a screened pass over each of some parts of the rows, in the same scratch."""
    screen = screen_of(logits, np.full(X.shape[1], 3.0), structure)
    screen = screen._replace(capacity=screen.rows * len(logits.mean))
    parts, scratch = [], []
    for rows in np.array_split(np.arange(len(X)), n_parts):
        work = NearPass(screen, structure)
        assert work.add(frozen(X[rows]), frozen(weights[rows])) == len(rows)
        parts.append(work.statistics())
        scratch.append(work.numbers)
    assert all(numbers is scratch[0] for numbers in scratch)
    return parts


@pytest.mark.parametrize("structure", ["full", "diag", "spherical"])
def test_parts_add_up_whatever_their_kind(structure):
    n_rows = 600 if not numba.config.DISABLE_JIT else 90
    X, logits = make_case(structure, n_rows, 5, 9, 4.0)
    weights = np.random.default_rng(3).uniform(0.0, 2.0, size=n_rows)
    first, second, third = parts_of(X, weights, logits, structure, 3)
    sums = first.merged(second).merged(third)
    assert isinstance(sums, NearStatistics)
    agree(sums.settled(), exact.statistics(X, weights, logits, structure))
    # sums about other means, and moments, are merged as moments
    elsewhere = logits._replace(mean=logits.mean + 0.3)
    rows = np.array_split(np.arange(n_rows), 3)
    for middle, theirs in (
        (parts_of(X, weights, elsewhere, structure, 3)[1], elsewhere),
        (second.settled(), logits),
    ):
        for near in (
            first.merged(middle).merged(third),
            middle.settled().merged(first).merged(third),
        ):
            expected = [
                exact.statistics(X[part], weights[part], each, structure)
                for part, each in zip(rows, (logits, theirs, logits), strict=True)
            ]
            agree(near, total(expected))


@needs_compiler
@pytest.mark.parametrize("structure", ["full", "diag"])
def test_a_pass_over_screened_blocks_is_the_same_for_any_number_of_threads(structure):
    X, _ = make_case(structure, 10_240, 16, 32, 4.0)
    blocks, model = ArrayBlocks(X), GaussianMixtureModel(32, 16, structure)
    prior = model.prior(model.facts(blocks))
    posterior = model.update(prior, model.start(blocks, np.random.RandomState(0)))
    assert all(isinstance(model.summarize(block, posterior), NearStatistics) for block in blocks)
    one, two = (summarize_all(model, blocks, posterior, n_threads) for n_threads in (1, 2))
    for a, b in zip(one.moments, two.moments, strict=True):
        np.testing.assert_array_equal(a, b)
    assert one.entropy == two.entropy
    assert len(blocks) > 3
    agree(one, exact.statistics(X, np.ones(10_240), posterior.logits, structure), 1e-10)


@needs_compiler
@pytest.mark.parametrize(("structure", "screened"), [("full", True), ("tied", False)])
def test_preparing_works_out_what_blocks_need(structure, screened, monkeypatch):
    _, logits = make_case("full", 1, 16, 32, 4.0)
    if structure == "tied":
        logits = logits._replace(factor=logits.factor[0])
    center = np.full(16, 3.0)
    api.prepare(logits, center, structure)
    plan = api.plan_of(logits, center, structure)
    monkeypatch.setattr(plan_module, "screen_of", None)
    monkeypatch.setattr(plan.__class__, "_new_form", None)
    assert (plan.screen() if screened else plan.form()) is not None


@needs_compiler
def test_the_screened_pass_is_used_where_it_pays():
    assert 300 < screened_pass.fewest_rows(16, 32, "full") < 2000
    assert screened_pass.fewest_rows(32, 50, "diag") < 2000
    assert screened_pass.fewest_rows(16, 32, "tied") == np.inf
    assert screened_pass.fewest_rows(16, 3, "full") == np.inf


@needs_compiler
@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_logits_beyond_single_precision_are_screened_in_other_units(scale):
    X, logits = make_case("full", 800, 8, 16, 4.0)
    scaled = Logits(logits.constant, logits.mean * scale, logits.factor / scale)
    center = np.full(8, 3.0) * scale
    screen = screen_of(scaled, center, "full")._replace(capacity=10**6)
    work = NearPass(screen, "full")
    assert work.add(frozen(X * scale), frozen(np.ones(800))) == 800
    agree(work.statistics().settled(), exact.statistics(X * scale, np.ones(800), scaled, "full"))


def test_logits_that_single_precision_cannot_hold_are_not_screened():
    _, logits = make_case("diag", 10, 2, 9, 1.0)
    assert screen_of(logits._replace(constant=logits.constant - 1e40), np.zeros(2), "diag") is None


@needs_compiler
def test_kept_memory_is_that_of_the_last_sizes():
    kept = screened_pass._Kept()
    near_kept, screened_pass._KEPT = screened_pass._KEPT, kept
    try:
        layout = screened_pass.layout_of("full", 3, 9, np.float32)
        first = screened_pass._kept(layout, 64, 50, (9, 3, True))
        assert screened_pass._kept(layout, 64, 50, (9, 3, True)) is first
        assert screened_pass._kept(layout, 64, 50, (9, 3, False)) is not first
        large = screened_pass._kept(layout, 64, 10**6, (9, 3, True))
        assert screened_pass._kept(layout, 64, 10**6, (9, 3, True)) is not large
    finally:
        screened_pass._KEPT = near_kept


# What the compiled forms do is what their array forms say.


def make_members(n_features, seed=0):
    rng = np.random.default_rng(seed)
    stride, padded = row_stride(n_features), -(-n_features // 4) * 4
    differences = np.zeros((40 + SPARE_ROWS, stride))
    differences[:, :n_features] = rng.normal(size=(40 + SPARE_ROWS, n_features))
    return rng, stride, padded, differences


@needs_compiler
@pytest.mark.parametrize("n_features", [1, 2, 4, 7, 8, 12, 16, 21, 32, 64])
@pytest.mark.parametrize("kind", ["lower", "upper", "diagonal"])
def test_row_distances(n_features, kind):
    rng, stride, padded, differences = make_members(n_features)
    if kind == "diagonal":
        factor = np.zeros((3, padded))
        factor[:, :n_features] = rng.normal(size=(3, n_features))
    else:
        factor = np.zeros((3, n_features, stride))
        triangles = rng.normal(size=(3, n_features, n_features))
        triangles = np.tril(triangles) if kind == "lower" else np.triu(triangles)
        factor[:, :, :n_features] = triangles.swapaxes(1, 2)
    out, expected = np.zeros(40 + SPARE_ROWS), np.zeros(40 + SPARE_ROWS)
    compiled = njit(lambda a, b, c, count, lower: row_distances(a, b, c, 1, 7, count, lower))
    for count in (0, 1, 5, 16):
        compiled(factor, differences, out, count, int(kind == "lower"))
        row_distances.by_arrays(factor, differences, expected, 1, 7, count, 0)
        np.testing.assert_allclose(out[7 : 7 + count], expected[7 : 7 + count], rtol=1e-13)
        assert np.all(out[:7] == 0.0)


@needs_compiler
@pytest.mark.parametrize("n_features", [1, 2, 4, 7, 8, 12, 16, 21, 32, 64])
@pytest.mark.parametrize("matrices", [True, False])
def test_add_moments(n_features, matrices):
    rng, stride, padded, differences = make_members(n_features)
    shares = rng.uniform(size=40 + SPARE_ROWS)
    shape = (3, padded + SPARE_ROWS, padded) if matrices else (3, padded)
    ours, theirs = ([np.zeros(3), np.zeros((3, padded)), np.zeros(shape)] for _ in range(2))
    weighted = np.zeros((20, stride))
    compiled = njit(lambda a, b, c, d, e, f, count: add_moments(a, b, c, d, e, f, 1, 7, count))
    for count in (0, 1, 5, 16):
        compiled(shares, differences, weighted, *ours, count)
        add_moments.by_arrays(shares, differences, weighted, *theirs, 1, 7, count)
    if matrices:
        upper = np.triu(np.ones((n_features, n_features), dtype=bool))
        for sums in ours, theirs:
            assert np.all(sums[2][[0, 2]] == 0.0)
            sums[2] = sums[2][1, :n_features, :n_features][upper]
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


@needs_compiler
def test_total_count():
    counts = np.array([3, 0, 5], dtype=np.int64)
    assert njit(lambda counts: total_count(counts))(counts) == total_count.by_arrays(counts) == 8


@needs_compiler
@pytest.mark.parametrize("n_features", [1, 3, 4, 9, 16, 33])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_take_differences(n_features, dtype):
    rng, stride, _, _ = make_members(n_features)
    X = rng.normal(size=(50, n_features)).astype(dtype)
    members = rng.integers(41, size=(3, 20)).astype(np.uint32)
    mean = rng.normal(size=(3, n_features))
    out, expected = np.full((2, 30, stride), 7.0)
    njit(lambda a, b, c, d: take_differences(a, b, c, d, 9, 1, 4, 11))(X, members, mean, out)
    take_differences.by_arrays(X, members, mean, expected, 9, 1, 4, 11)
    np.testing.assert_array_equal(out, expected)


@needs_compiler
@pytest.mark.parametrize("n_pairs", [1, 6, 23])
def test_softmax_over_pairs(n_pairs):
    rng = np.random.default_rng(n_pairs)
    members = rng.integers(9, size=(2, 30)).astype(np.uint32)
    constant, weights = rng.normal(size=2), rng.choice([0.0, 0.3, 2.0], size=9)
    distances = rng.uniform(0.0, 60.0, size=40)
    logits_of = njit(lambda a, b, c, d, e, n: keep_logits(a, b, c, d, e, 1, 0, n))
    shares_of = njit(lambda a, b, c, d, e, f, g, h, n: share_rows(a, b, c, d, e, f, g, h, n))
    results = []
    for first, second in (logits_of, shares_of), (None, None):
        rows, logits, top = np.zeros(40, np.uint32), distances.copy(), np.full(12, -1e300)
        shares, total, cross, totals = np.zeros(40), np.zeros(12), np.zeros(12), np.ones(2)
        if first is None:
            keep_logits.by_arrays(constant, members, logits, rows, top, 1, 0, n_pairs)
            # One at a time: numpy forgets all but one of equal rows.
            for i in range(n_pairs):
                top[rows[i]] = max(top[rows[i]], logits[i])
            share_rows.by_arrays(rows, logits, shares, weights, top, total, cross, totals, n_pairs)
        else:
            first(constant, members, logits, rows, top, n_pairs)
            second(rows, logits, shares, weights, top, total, cross, totals, n_pairs)
        results.append([rows[:n_pairs], logits[:n_pairs], top, shares[:n_pairs], totals])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-13)
