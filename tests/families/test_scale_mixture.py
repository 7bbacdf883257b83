"""Normal weights with scales from a grid: densities, factors and draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.special import exp1, logsumexp

from skvi.families.scale_mixture import ScaleMixture, normalised
from skvi.priors import Horseshoe, Laplace, SpikeSlab, StudentT
from skvi.priors._base import DesignFacts

ONE = DesignFacts(1, 1.0, np.ones(1))
POINTS = np.array([-6.0, -2.3, -0.4, 0.02, 0.7, 3.1])


def small():
    """Two nodes, two values of the common parameter."""
    log_weight = normalised(np.log([[0.7, 0.3], [0.2, 0.8]]))
    return ScaleMixture(
        np.array([2.0, 1.0, 0.5]),
        np.array([0.5, 3.0]),
        log_weight,
        np.log([0.4, 0.6]),
        np.array([1.0, 2.0]),
    )


def at_common(mixture, value):
    """The mixture with the common parameter given."""
    index = int(np.argmin(np.abs(mixture.common - value)))
    assert mixture.common[index] == pytest.approx(value, rel=1e-12)
    return mixture._replace(
        log_weight=mixture.log_weight[[index]], log_common=np.zeros(1), common=np.array([value])
    )


@pytest.mark.parametrize("df", [1.0, 3.0, 10.0, 40.0])
def test_student_t_is_student_t(df):
    mixture = StudentT(df, 1.5).scale_mixture(ONE)
    np.testing.assert_allclose(
        mixture.log_density(POINTS), stats.t(df, 0.0, 1.5).logpdf(POINTS), atol=1e-4
    )


def test_laplace_is_laplace():
    mixture = Laplace(0.7).scale_mixture(ONE)
    exact = stats.laplace(0.0, 0.7).logpdf(POINTS)
    np.testing.assert_allclose(mixture.log_density(POINTS), exact, atol=4e-4)


def test_horseshoe_is_the_exponential_integral():
    # p(w) = exp(c) E1(c) / sqrt(2 pi^3) with c = w^2 / 2 where tau is one
    mixture = Horseshoe(0.5).scale_mixture(ONE)
    mixture = at_common(mixture, 1.0)
    c = 0.5 * POINTS**2
    exact = c + np.log(exp1(c)) - 0.5 * np.log(2.0 * np.pi**3)
    np.testing.assert_allclose(mixture.log_density(POINTS), exact, atol=1e-4)


def test_cauchy_slab():
    mixture = SpikeSlab(0.3, slab=2.0).scale_mixture(ONE)
    exact = np.log(0.3) + stats.cauchy(0.0, 2.0).logpdf(POINTS)
    np.testing.assert_allclose(mixture.log_density(POINTS), exact, atol=1e-4)
    assert mixture.log_density(np.zeros(1))[0] == np.inf


def test_shrinkage_is_the_posterior_mean():
    mixture = StudentT(3.0, 1.0).scale_mixture(ONE)
    for estimate, precision in ((0.3, 1.0), (4.0, 1.0), (-1.2, 9.0)):

        def joint(w, power, at=estimate, t=precision):
            return w**power * np.exp(mixture.log_density(w) - 0.5 * t * (at - w) ** 2)

        limits = estimate - 40.0, estimate + 40.0
        mass, first = (
            integrate.quad(joint, *limits, args=(power,), limit=500, epsabs=0.0, epsrel=1e-10)[0]
            for power in (0, 1)
        )
        assert mixture.shrunk(estimate, precision) == pytest.approx(first / mass, rel=1e-6)


def test_the_factor_of_the_common_parameter_by_enumeration():
    mixture, counts = small(), np.array([1.2, 1.8])
    log_joint = mixture.log_common + mixture.log_weight @ counts
    weight, log_weight, value = mixture.common_factor(counts)
    np.testing.assert_allclose(weight, np.exp(log_joint - logsumexp(log_joint)), rtol=1e-12)
    np.testing.assert_allclose(log_weight, weight @ mixture.log_weight, rtol=1e-12)
    divergence = weight @ (np.log(weight) - mixture.log_common)
    assert value == pytest.approx(counts @ log_weight - divergence, rel=1e-12)


def test_learned_shares_are_the_counts():
    mixture, counts = small()._replace(learned=True), np.array([1.0, 3.0])
    _, log_weight, value = mixture.common_factor(counts)
    np.testing.assert_allclose(np.exp(log_weight), [0.25, 0.75])
    assert value == pytest.approx(np.log(0.25) + 3.0 * np.log(0.75))


def test_impossible_values_of_the_common_parameter_count_for_nothing():
    mixture = small()._replace(log_weight=np.array([[-np.inf, 0.0], [np.log(0.5), np.log(0.5)]]))
    weight, log_weight, _ = mixture.common_factor(np.array([2.0, 1.0]))
    np.testing.assert_allclose(weight, [0.0, 1.0])
    np.testing.assert_allclose(log_weight, np.log([0.5, 0.5]))


def test_draws_follow_the_density():
    mixture = small()
    draws = mixture.sample(40_000, np.random.RandomState(0)) / mixture.unit
    for column in draws.T:
        below = [np.mean(column < point) for point in POINTS]
        weight = np.exp(mixture.log_common) @ np.exp(mixture.log_weight)
        exact = stats.norm.cdf(POINTS[:, None] / mixture.sd) @ weight
        np.testing.assert_allclose(below, exact, atol=0.01)
    # nodes have the common parameter in common: squares are dependent
    assert stats.spearmanr(np.abs(draws[:, 0]), np.abs(draws[:, 1])).statistic > 0.02


def test_groups_share_their_nodes():
    mixture = small()._replace(groups=np.array([0, 1, 0]), sd=np.array([1e-6, 1e6]))
    draws = np.abs(mixture.sample(500, np.random.RandomState(1)) / mixture.unit) > 1.0
    np.testing.assert_array_equal(draws[:, 0], draws[:, 2])
    assert np.any(draws[:, 0] != draws[:, 1])
    np.testing.assert_array_equal(mixture.sizes, [2.0, 1.0])
    np.testing.assert_array_equal(mixture.gathered(np.array([1.0, 2.0, 4.0])), [5.0, 2.0])
    np.testing.assert_array_equal(mixture.spread(np.array([3.0, 7.0])), [3.0, 7.0, 3.0])
