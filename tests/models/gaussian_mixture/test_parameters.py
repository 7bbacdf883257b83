"""Published point values."""

from __future__ import annotations

import numpy as np

from skvi.models.gaussian_mixture import published
from tests.models.gaussian_mixture.small import clusters, fitted


def test_shapes_and_conventions_are_those_of_scikit_learn(structure, weight_prior):
    X = clusters(60, 2)
    posterior = fitted(X, 3, structure, weight_prior=weight_prior)[2]
    values = published(posterior, structure)
    shape = {"full": (3, 2, 2), "tied": (2, 2), "diag": (3, 2), "spherical": (3,)}[structure]
    assert values.covariances.shape == values.precisions.shape == shape
    np.testing.assert_allclose(values.weights.sum(), 1.0, rtol=1e-12)
    factor = values.precisions_cholesky
    if structure in ("full", "tied"):
        np.testing.assert_array_equal(factor, np.triu(factor))
        np.testing.assert_allclose(factor @ np.swapaxes(factor, -1, -2), values.precisions)
        product = values.covariances @ values.precisions
        np.testing.assert_allclose(product, np.broadcast_to(np.eye(2), shape), atol=1e-10)
    else:
        np.testing.assert_allclose(factor**2, values.precisions)
        np.testing.assert_allclose(values.covariances * values.precisions, 1.0)


def test_covariance_is_the_inverse_of_the_expected_precision():
    X = clusters(60, 2)
    posterior = fitted(X, 3, "full")[2]
    _, expected_precision = posterior.components.distribution.expected_value()
    np.testing.assert_allclose(published(posterior, "full").precisions, expected_precision)
