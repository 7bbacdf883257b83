import numpy as np
import pytest
from scipy import stats

from skvi.families import IndependentStudentT, MultivariateStudentT, NormalGamma
from skvi.numerics.moments import Moments

DIAGONAL = NormalGamma(
    np.array([1.0, -2.0]), np.array([0.5]), np.array([2.0, 3.0]), np.array([1.0, 4.0])
)
SPHERICAL = DIAGONAL._replace(shape=np.array([2.0]), rate=np.array([3.0]))


def moments_of(rows):
    mean = rows.mean(axis=0)
    return Moments(np.array(float(len(rows))), mean, ((rows - mean) ** 2).sum(axis=0))


@pytest.mark.parametrize("distribution", [DIAGONAL, SPHERICAL], ids=["diagonal", "spherical"])
def test_density_is_the_product_of_scipys(distribution):
    means, precisions = distribution.sample(5, np.random.RandomState(0))
    gamma = stats.gamma(distribution.shape, scale=1.0 / distribution.rate)
    normal = stats.norm(distribution.mean, 1.0 / np.sqrt(0.5 * precisions))
    expected = gamma.logpdf(precisions).sum(axis=-1) + normal.logpdf(means).sum(axis=-1)
    np.testing.assert_allclose(distribution.log_density((means, precisions)), expected, rtol=1e-12)


def test_density_integrates_to_one():
    one = NormalGamma(np.array([1.0]), np.array([0.5]), np.array([2.0]), np.array([1.0]))
    u = np.linspace(-18.0, 4.5, 401)
    z = np.linspace(-9.0, 9.0, 201)
    tau = np.exp(u)[:, None]
    mean = 1.0 + z / np.sqrt(0.5 * tau)
    density = np.exp(one.log_density((mean[..., None], tau[..., None])))
    total = (density * tau / np.sqrt(0.5 * tau)).sum() * (u[1] - u[0]) * (z[1] - z[0])
    np.testing.assert_allclose(total, 1.0, rtol=1e-10)


@pytest.mark.parametrize("prior", [DIAGONAL, SPHERICAL], ids=["diagonal", "spherical"])
def test_log_evidence_is_the_chain_of_predictive_densities(prior):
    rows = np.random.RandomState(1).normal(size=(6, 2)) * [1.0, 3.0]
    distribution, evidence = prior, 0.0
    for row in rows:
        evidence += distribution.predictive().log_density(row)
        distribution = distribution.updated(moments_of(row[None]))
    posterior = prior.updated(moments_of(rows))
    difference = posterior.log_normalizer() - prior.log_normalizer() - 6 * np.log(2.0 * np.pi)
    np.testing.assert_allclose(difference, evidence, rtol=1e-12)
    for one_by_one, at_once in zip(distribution, posterior, strict=True):
        np.testing.assert_allclose(one_by_one, at_once, rtol=1e-12)


def test_predictive_families():
    assert isinstance(DIAGONAL.predictive(), IndependentStudentT)
    assert isinstance(SPHERICAL.predictive(), MultivariateStudentT)


def test_diagonal_columns_are_separate():
    other = DIAGONAL._replace(mean=np.zeros(2), shape=np.array([1.0, 5.0]))
    columns = [
        tuple(
            NormalGamma(d.mean[[j]], d.mean_precision, d.shape[[j]], d.rate[[j]])
            for d in (DIAGONAL, other)
        )
        for j in range(2)
    ]
    np.testing.assert_allclose(DIAGONAL.kl(other), sum(p.kl(q) for p, q in columns), rtol=1e-13)
    np.testing.assert_allclose(DIAGONAL.entropy(), sum(p.entropy() for p, _ in columns), rtol=1e-13)


@pytest.mark.parametrize("distribution", [DIAGONAL, SPHERICAL], ids=["diagonal", "spherical"])
def test_expected_log_determinant_is_that_of_the_matrix(distribution):
    _, precisions = distribution.sample(40000, np.random.RandomState(2))
    values = np.log(np.broadcast_to(precisions, (40000, 2))).sum(axis=-1)
    error = abs(values.mean() - distribution.expected_log_determinant())
    assert error < 5.0 * values.std() / 200.0


@pytest.mark.parametrize("offset", [1e6, 1e10])
def test_a_huge_offset_costs_no_digits(offset):
    moments = Moments(np.array(6.0), np.array([0.25, 0.5]), np.array([3.0, 9.0]))
    for prior in (DIAGONAL, SPHERICAL):
        shifted_prior = prior._replace(mean=prior.mean + offset)
        posterior = prior.updated(moments)
        shifted = shifted_prior.updated(moments._replace(mean=moments.mean + offset))
        np.testing.assert_array_equal(shifted.rate, posterior.rate)
        error = offset * 1e-15
        np.testing.assert_allclose(shifted.kl(shifted_prior), posterior.kl(prior), atol=error)


def test_variance_of_the_mean_needs_a_shape_above_one():
    heavy = DIAGONAL._replace(shape=np.array([1.0, 3.0]))
    np.testing.assert_allclose(heavy.variance()[0], [np.inf, 4.0 / (0.5 * 2.0)])


def test_draws_are_numbers_where_precisions_vanish():
    vague = DIAGONAL._replace(shape=np.full(2, 1e-20))
    means, precisions = vague.sample(50, np.random.RandomState(0))
    assert precisions.min() == 0.0
    assert np.all(np.isfinite(means))
