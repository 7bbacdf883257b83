"""The compiled density of a learned prior precision against array code."""

from __future__ import annotations

import numpy as np
import pytest

from skvi import Gamma, Ridge
from skvi.models.linear_regression.compiled_evidence import LogJoint
from skvi.models.linear_regression.evidence import conjugate_evidence, target_of
from skvi.numerics.log_sum import log_sum
from skvi.priors.ridge import log_density_of_log_precision
from tests.models.linear_regression.reference import data, fit


@pytest.mark.parametrize("noise", [None, Gamma(2.0, 3.0)], ids=["pieces", "one"])
@pytest.mark.parametrize("shape", [(30, 1), (40, 5), (90, 60), (12, 30)])
def test_the_density_is_that_of_array_code(shape, noise):
    X, y = data(*shape)
    model, prior, posterior, _ = fit(X, y, Ridge(), noise)
    target, location = target_of(posterior.spectrum, prior, 0, model.fit_intercept), 0.7
    position = np.linspace(-50.0, 50.0, 201)
    evidence = conjugate_evidence(target, target.shrinkage(np.exp(position)))[0]
    expected = log_sum(evidence) + log_density_of_log_precision(position, location)
    found = LogJoint(target, location)(position)
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-12)


def test_far_positions_have_finite_densities():
    X, y = data(20, 15)
    model, prior, posterior, _ = fit(X, y, Ridge(), None)
    target = target_of(posterior.spectrum, prior, 0, model.fit_intercept)
    found = LogJoint(target, 0.0)(np.array([-1e9, -700.0, 700.0, 1e9]))
    assert np.all(np.isfinite(found))
    assert found[0] < found[1]
    assert found[3] < found[2]
