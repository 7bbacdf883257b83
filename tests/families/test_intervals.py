"""Central intervals against those of scipy."""

from __future__ import annotations

import numpy as np
from scipy import stats

from skvi.families.compound import CompoundDistribution
from skvi.families.discrete_compound import DiscreteCompound
from skvi.families.student_t_mixture import StudentTMixture
from skvi.predictive import StackedDistribution

MEAN = np.array([-0.5, 2.0])


def mixture():
    return StudentTMixture(np.ones((1, 1)), MEAN[:, None], np.ones((2, 1)), np.full((1, 1), 5.0))


def test_ends_are_those_of_scipy():
    for confidence in (0.5, 0.95):
        law = CompoundDistribution(lambda eta: stats.norm(eta, 0.6), MEAN, np.full(2, 0.64))
        exact = stats.norm(MEAN, 1.0).interval(confidence)
        np.testing.assert_allclose(law.interval(confidence), exact, rtol=1e-9)
        exact = stats.t(5.0, MEAN).interval(confidence)
        np.testing.assert_allclose(mixture().interval(confidence), exact, rtol=1e-9)
        counts = DiscreteCompound(lambda eta: stats.poisson(np.exp(eta)), MEAN, np.zeros(2))
        exact = stats.poisson(np.exp(MEAN)).interval(confidence)
        np.testing.assert_array_equal(counts.interval(confidence), exact)


def test_several_targets_have_intervals_side_by_side():
    low, high = StackedDistribution([mixture(), mixture()]).interval(0.9)
    one = mixture().interval(0.9)
    np.testing.assert_array_equal(low, np.stack([one[0]] * 2, axis=-1))
    np.testing.assert_array_equal(high, np.stack([one[1]] * 2, axis=-1))
