"""Laws of every distribution, over every case of the registry.

Where a law compares a sum of large terms that nearly cancel, the tolerance is a small multiple of
the rounding of its largest term: nothing in the comparison itself could be more exact.
"""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from tests._cases.families import FAMILIES

CASES = {
    f"{name}: {label}": case for name, cases in FAMILIES.items() for label, case in cases.items()
}
EXPONENTIAL = {key: case for key, case in CASES.items() if hasattr(case.distribution, "natural")}
CONJUGATE = {key: case for key, case in CASES.items() if case.evidence}
SAMPLED = {key: case for key, case in CASES.items() if case.can_sample}
ROUNDING = 256 * np.finfo(np.float64).eps
MATRICES = {"covariance", "inverse_scale", "scale_matrix"}


def over(cases):
    return pytest.mark.parametrize("case", list(cases.values()), ids=list(cases))


def batch_shape(distribution):
    return np.shape(distribution.entropy())


def neighbour(distribution, seed, size):
    """The same kind of distribution with every parameter moved by a relative ``size``."""
    rng = np.random.RandomState(seed)
    moved = {}
    for name, value in distribution._asdict().items():
        if name == "mean":
            moved[name] = value + size * rng.normal(size=value.shape)
        elif name in MATRICES:
            root = np.linalg.cholesky(value)
            noise = np.eye(value.shape[-1]) + size * rng.uniform(-0.3, 0.3, size=value.shape)
            root = root @ noise
            moved[name] = root @ np.swapaxes(root, -1, -2)
        elif name == "degrees_of_freedom":
            least = distribution[-1].shape[-1] - 1.0
            moved[name] = least + (value - least) * np.exp(size * rng.normal(size=value.shape))
        else:
            moved[name] = value * np.exp(size * rng.normal(size=value.shape))
    return type(distribution)(**moved)


def contract(first, second, shape):
    """Sum over event axes of products of two structures, and of their absolute values."""
    products = [
        np.broadcast_to(a * b, np.broadcast_shapes(a.shape, b.shape))
        for a, b in zip(first, second, strict=True)
    ]
    flat = np.concatenate([p.reshape(*shape, -1) for p in products], axis=-1)
    return flat.sum(axis=-1), np.abs(flat).sum(axis=-1)


def along(distribution, direction, step):
    natural = distribution.natural()
    moved = (n + step * d for n, d in zip(natural, direction, strict=True))
    return type(distribution).from_natural(*moved)


def pieces(value):
    return value if type(value) is tuple else (value,)


def standard_error(values):
    return values.std(axis=0) / np.sqrt(len(values))


# A huge offset leaves no digits of the scale in the natural parameters, hence none to differ.
@over({key: case for key, case in EXPONENTIAL.items() if "offset 1e+0" not in key})
def test_expected_statistics_are_the_gradient_of_the_log_normalizer(case):
    distribution = case.distribution
    shape = batch_shape(distribution)
    for seed in range(3):
        near = neighbour(distribution, seed, 1e-2)
        direction = [a - b for a, b in zip(near.natural(), distribution.natural(), strict=True)]
        far, close = (
            along(distribution, direction, step).log_normalizer()
            - along(distribution, direction, -step).log_normalizer()
            for step in (0.2, 0.1)
        )
        numerical = (8.0 * close - far) / 1.2
        expected, magnitude = contract(direction, distribution.expected_statistics(), shape)
        rounding = 100.0 * ROUNDING * np.abs(distribution.log_normalizer())
        np.testing.assert_array_less(
            np.abs(numerical - expected), 1e-8 * magnitude + rounding + 1e-15
        )


@over(EXPONENTIAL)
def test_divergence_vanishes_only_at_itself(case):
    distribution = case.distribution
    assert np.all(np.abs(distribution.kl(distribution)) <= 1e-13)
    has_freedom = np.shape(distribution[0])[-1] > 1 or type(distribution).__name__ != "Dirichlet"
    for seed, size in enumerate((1e-5, 1e-2, 1.0)):
        other = neighbour(distribution, seed, size)
        for divergence in (distribution.kl(other), other.kl(distribution)):
            assert np.all(divergence > 0.0) if has_freedom else np.all(divergence == 0.0)


@over(EXPONENTIAL)
def test_divergence_is_the_bregman_divergence_of_the_log_normalizer(case):
    distribution = case.distribution
    shape = batch_shape(distribution)
    for seed, size in enumerate((0.1, 1.0)):
        other = neighbour(distribution, seed, size)
        difference = [a - b for a, b in zip(other.natural(), distribution.natural(), strict=True)]
        statistics = distribution.expected_statistics()
        linear, _ = contract(difference, statistics, shape)
        bregman = other.log_normalizer() - distribution.log_normalizer() - linear
        magnitude = np.abs(other.log_normalizer()) + np.abs(distribution.log_normalizer())
        for natural in (other.natural(), distribution.natural()):
            magnitude = magnitude + contract(natural, statistics, shape)[1]
        error = np.abs(distribution.kl(other) - bregman)
        np.testing.assert_array_less(error, ROUNDING * (1.0 + magnitude))


@over({key: case for key, case in EXPONENTIAL.items() if case.can_sample})
def test_divergence_is_the_expected_log_ratio(case):
    distribution = case.distribution
    other = neighbour(distribution, 3, min(0.2, 1.0 / np.sqrt(np.max(distribution[-1]))))
    draws = distribution.sample(20000, np.random.RandomState(0))
    ratio = distribution.log_density(draws) - other.log_density(draws)
    error = np.abs(ratio.mean(axis=0) - distribution.kl(other))
    np.testing.assert_array_less(error, 5.0 * standard_error(ratio) + 1e-9)


@over(SAMPLED)
def test_entropy_is_the_expected_negative_log_density(case):
    draws = case.distribution.sample(20000, np.random.RandomState(1))
    density = case.distribution.log_density(draws)
    error = np.abs(density.mean(axis=0) + case.distribution.entropy())
    np.testing.assert_array_less(error, 5.0 * standard_error(density) + 1e-12)


@over(SAMPLED)
def test_sample_moments(case):
    distribution = case.distribution
    draws = pieces(distribution.sample(40000, np.random.RandomState(2)))
    means, variances = pieces(distribution.expected_value()), pieces(distribution.variance())
    for draw, mean, variance in zip(draws, means, variances, strict=True):
        assert draw.shape == (40000, *np.shape(mean)) == (40000, *np.shape(variance))
        error = np.abs((draw - mean).mean(axis=0))
        limit = 5.0 * np.maximum(np.sqrt(variance / 40000), standard_error(draw))
        assert np.all(error <= limit + 1e-12)
        square = (draw - mean) ** 2
        finite = np.isfinite(variance)
        error = np.abs(square.mean(axis=0) - variance)[finite]
        assert np.all(error <= 6.0 * standard_error(square)[finite] + 1e-12)


@over(EXPONENTIAL)
def test_natural_parameters_round_trip(case):
    distribution = case.distribution
    natural = distribution.natural()
    back = type(distribution).from_natural(*natural)
    for name, again in back._asdict().items():
        field = getattr(distribution, name)
        # Beside a mean, a scale comes back as the difference of two natural parameters.
        subtracted = "mean" in distribution._fields and name in {"rate", "scale_matrix"}
        size = np.max(np.abs(natural[-1] if subtracted else field))
        np.testing.assert_allclose(again, field, rtol=1e-12, atol=ROUNDING * size)


@over(CASES)
def test_pickle_round_trip(case):
    again = pickle.loads(pickle.dumps(case.distribution))
    assert type(again) is type(case.distribution)
    for field, other in zip(case.distribution, again, strict=True):
        np.testing.assert_array_equal(field, other)


@over(CASES)
def test_a_batch_is_its_members_one_by_one(case):
    distribution = case.distribution
    methods = ["entropy", "expected_value", "variance"]
    if hasattr(distribution, "natural"):
        methods += ["log_normalizer", "expected_statistics"]
    for k in range(len(distribution[0])):
        member = type(distribution)(*(field[k] for field in distribution))
        for method in methods:
            whole, alone = getattr(distribution, method)(), getattr(member, method)()
            for a, b in zip(pieces(whole), pieces(alone), strict=True):
                np.testing.assert_allclose(b, a[k], rtol=1e-12)


@over(SAMPLED)
def test_log_density_of_a_batch_is_that_of_its_members(case):
    distribution = case.distribution
    draws = distribution.sample(3, np.random.RandomState(4))
    whole = distribution.log_density(draws)
    for k in range(len(distribution[0])):
        member = type(distribution)(*(field[k] for field in distribution))
        part = tuple(d[:, k] for d in pieces(draws))
        alone = member.log_density(part if type(draws) is tuple else part[0])
        np.testing.assert_allclose(alone, whole[:, k], rtol=1e-12, atol=1e-12)


@over(CONJUGATE)
def test_conjugate_update_adds_statistics_to_natural_parameters(case):
    updated = case.distribution.updated(*case.evidence).natural()
    before = case.distribution.natural()
    for after, prior, statistic in zip(updated, before, case.statistics, strict=True):
        np.testing.assert_allclose(after, prior + statistic, rtol=1e-12, atol=1e-12)


@over(CONJUGATE)
def test_no_evidence_leaves_the_prior_exactly(case):
    nothing = []
    for evidence in case.evidence:
        if hasattr(evidence, "scaled"):
            nothing.append(evidence.scaled(0.0))
        else:
            nothing.append(np.zeros_like(evidence))
    updated = case.distribution.updated(*nothing)
    assert type(updated) is type(case.distribution)
    for field, prior in zip(updated, case.distribution, strict=True):
        np.testing.assert_array_equal(field, prior)
