import numpy as np
import pytest

from skvi.families import Beta, Dirichlet, StickBreaking

OPEN = StickBreaking(np.array([[1.0, 2.0, 3.0]]), np.array([[4.0, 1.5, 0.7]]))
TRUNCATED = OPEN._replace(failure=np.array([[4.0, 1.5, 0.0]]))


def test_sticks_are_independent_betas():
    betas = Beta(*OPEN)
    for method in ("log_normalizer", "entropy"):
        np.testing.assert_allclose(getattr(OPEN, method)(), getattr(betas, method)().sum(axis=-1))


@pytest.mark.parametrize("method", ["log_normalizer", "entropy"])
def test_a_truncated_stick_contributes_exactly_nothing(method):
    without_last = StickBreaking(*(field[:, :-1] for field in TRUNCATED))
    value, expected = getattr(TRUNCATED, method)(), getattr(without_last, method)()
    np.testing.assert_array_equal(value, expected)


def test_a_truncated_stick_has_no_divergence():
    other = StickBreaking(TRUNCATED.success * 3.0, TRUNCATED.failure * 2.0)
    first, second = (StickBreaking(*(f[:, :-1] for f in d)) for d in (TRUNCATED, other))
    np.testing.assert_array_equal(TRUNCATED.kl(other), first.kl(second))
    last_only = TRUNCATED._replace(success=TRUNCATED.success * [[1.0, 1.0, 9.0]])
    assert last_only.kl(TRUNCATED) == 0.0


@pytest.mark.parametrize("distribution", [OPEN, TRUNCATED], ids=["open", "truncated"])
def test_expected_weights_and_log_weights_are_those_of_draws(distribution):
    weights = distribution.sample_weights(40000, np.random.RandomState(0))
    for values, expected in (
        (weights, distribution.expected_weights()),
        (np.log(weights), distribution.expected_log()),
    ):
        error = np.abs(values.mean(axis=0) - expected)
        assert np.all(error < 5.0 * values.std(axis=0) / np.sqrt(40000))


def test_truncated_weights_sum_to_one():
    np.testing.assert_allclose(TRUNCATED.expected_weights().sum(axis=-1), 1.0, rtol=1e-15)
    draws = TRUNCATED.sample_weights(50, np.random.RandomState(0))
    np.testing.assert_allclose(draws.sum(axis=-1), 1.0, rtol=1e-14)


def test_a_dirichlet_is_a_truncated_stick_breaking():
    concentration = np.array([2.0, 0.7, 3.0, 1.1])
    later = np.append(np.cumsum(concentration[:0:-1])[::-1], 0.0)
    sticks, dirichlet = StickBreaking(concentration, later), Dirichlet(concentration)
    counts = np.array([5.0, 0.0, 11.0, 2.0])
    np.testing.assert_allclose(sticks.expected_log(), dirichlet.expected_log(), rtol=1e-12)
    np.testing.assert_allclose(sticks.expected_weights(), dirichlet.expected_value(), rtol=1e-14)
    np.testing.assert_allclose(sticks.log_normalizer(), dirichlet.log_normalizer(), rtol=1e-12)
    divergence = sticks.updated(counts).kl(sticks)
    np.testing.assert_allclose(divergence, dirichlet.updated(counts).kl(dirichlet), rtol=1e-12)


def test_update_counts_later_components_as_failures():
    updated = TRUNCATED.updated(np.array([[5.0, 1.0, 2.0]]))
    np.testing.assert_array_equal(updated.success, [[6.0, 3.0, 5.0]])
    np.testing.assert_array_equal(updated.failure, [[7.0, 3.5, 0.0]])


@pytest.mark.parametrize("last_failure", [0.0, 0.7])
def test_weight_covariance_is_that_of_drawn_weights(last_failure):
    sticks = StickBreaking(np.array([3.0, 1.5, 8.0, 2.0]), np.array([4.0, 6.0, 2.0, last_failure]))
    draws = sticks.sample_weights(400_000, np.random.RandomState(0))
    centred = draws - sticks.expected_weights()
    products = centred[:, :, None] * centred[:, None, :]
    error = products.std(axis=0) / np.sqrt(len(draws))
    gap = np.abs(products.mean(axis=0) - sticks.weight_covariance())
    assert np.all(gap < 5.0 * error + 1e-12)
    if last_failure == 0.0:
        np.testing.assert_allclose(sticks.weight_covariance().sum(axis=0), 0.0, atol=1e-15)
